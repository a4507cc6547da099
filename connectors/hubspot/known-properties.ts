import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Connection } from './connection.ts'

/** The kinds of record we read. */
export type RecordKind = 'deals' | 'companies' | 'contacts' | 'line_items'

/** The names of the properties a portal has for a kind of record. */
export type KnownProperties = (
  kind: RecordKind,
  wanted: readonly string[],
) => Promise<Answer<ReadonlySet<string>>>

const lifeMilliseconds = { whole: 600_000, lacking: 10_000 }

/**
 * Answers which properties there are, since HubSpot leaves unknown ones out of its answers without a word. Read again every ten
 * minutes, and after ten seconds while a wanted one is lacking: somebody may just be creating it.
 */
export function knownProperties(connection: Connection): KnownProperties {
  const cache = new Map<RecordKind, { names: ReadonlySet<string>; readAt: number }>()
  return async (kind, wanted) => {
    const now = connection.clock.now().getTime()
    const known = cache.get(kind)
    if (known !== undefined) {
      const lacks = wanted.some((name) => !known.names.has(name))
      if (now - known.readAt < lifeMilliseconds[lacks ? 'lacking' : 'whole']) return answered(known.names)
    }
    const reply = await connection.call(() => connection.properties.getAll(kind))
    if (reply.kind !== 'ok') return reply
    if (!Array.isArray(reply.value.results))
      return { kind: 'broken', detail: `No list of ${kind} properties` }
    const names = new Set(reply.value.results.map(({ name }) => name))
    cache.set(kind, { names, readAt: now })
    return answered(names)
  }
}
