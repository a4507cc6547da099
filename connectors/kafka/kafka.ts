import type { UsageSource } from '../../src/ports/usage-source.ts'
import { readGroup } from './read-group.ts'
import type { KafkaSettings } from './settings.ts'

/** Usage from topics of a Kafka cluster, read as a member of a consumer group. Nothing is connected before it is read. */
export function createKafkaSource(settings: KafkaSettings): UsageSource {
  return { name: 'kafka', read: (keeper, signal) => readGroup(settings, keeper, signal) }
}
