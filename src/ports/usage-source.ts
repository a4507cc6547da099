import type { EventFault } from '../domain/event-reading.ts'

/**
 * One event as a source has it: JSON text of a CloudEvent, a CloudEvent already put together from its parts, or something that cannot be
 * an event at all. `place` is where a person finds it again, such as `usage/0 at 17`.
 */
export type RawEvent = { readonly place: string } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'parts'; readonly event: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unreadable'; readonly found: string; readonly fault: EventFault }
)

/**
 * What a source read from one partition in one go. `position` is the source's own word for where to read on; `after` is the one it read
 * from, null where none was stored.
 */
export type UsageBatch = {
  readonly partition: string
  readonly after: string | null
  readonly position: string
  readonly events: readonly RawEvent[]
  /** What was lost before it could be read, in words; it is shown to people. */
  readonly gap?: string
}

/** Whether a batch was stored; `stale` when another reader has moved the position since, and nothing of the batch was stored. */
export type Kept = 'kept' | 'stale'

/** Where a source's events go. */
export interface UsageKeeper {
  /** The stored positions of those partitions that have one. */
  positionsOf(partitions: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Stores events and position in one unit of work. Throws when the database does not answer: nothing is stored then. */
  keep(batch: UsageBatch): Promise<Kept>
}

/** Where usage comes from besides HTTP: partitions, each read in order from a position that is stored with the events. */
export interface UsageSource {
  /** Names the source in positions and exceptions; must stay the same over restarts. */
  readonly name: string
  /**
   * Reads from the stored positions until the signal aborts, or until there is nothing more for good. Hands over one batch of a partition
   * at a time, a thousand events at most, and tells the other side that it has them only after they were kept. Throws when it cannot go on;
   * whoever runs it calls again later.
   */
  read(keeper: UsageKeeper, signal: AbortSignal): Promise<void>
}
