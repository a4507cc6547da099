import { Admin } from '@platformatic/kafka'
import { answered, type Answer } from '../../src/ports/answer.ts'
import { consumerOptions, type KafkaSettings } from './settings.ts'
import { explained } from './trouble.ts'

/** A topic as the cluster shows it to us. */
export type TopicSeen = { readonly topic: string; readonly partitions: number }

/** Looks at the topics that are to be read, and joins no group. One that does not exist is a refusal, and so is one we may not read. */
export async function inspectTopics(settings: KafkaSettings): Promise<Answer<TopicSeen[]>> {
  const { groupId: _group, ...options } = consumerOptions(settings)
  const admin = new Admin({ ...options, retries: 0 })
  try {
    const { topics } = await admin.metadata({ topics: [...settings.topics] })
    return answered(
      settings.topics.map((topic) => ({ topic, partitions: topics.get(topic)?.partitionsCount ?? 0 })),
    )
  } catch (error) {
    const told = explained(error)
    if (!(told instanceof Error)) throw error
    return classified(told)
  } finally {
    await admin.close().catch(() => undefined)
  }
}

function classified({ message }: Error): Answer<never> {
  if (/authenticat|SASL/i.test(message)) return { kind: 'auth', detail: message }
  if (/unknown topic|not authorized/i.test(message))
    return { kind: 'rejected', code: 'topic', detail: message, field: null }
  return { kind: 'transient', detail: message }
}
