import type { UsageSource } from '../../src/ports/usage-source.ts'
import type { KafkaSettings } from './settings.ts'

/** Usage from topics of a Kafka cluster, read as a member of a consumer group. Nothing is connected before it is read. */
export function createKafkaSource(settings: KafkaSettings): UsageSource {
  return {
    name: 'kafka',
    read: async (keeper, signal) => {
      // The client takes most of a second to load, and few hubs read from Kafka.
      const { readGroup } = await import('./read-group.ts')
      await readGroup(settings, keeper, signal)
    },
  }
}
