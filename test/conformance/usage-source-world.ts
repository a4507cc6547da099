import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import {
  readUsageSources,
  type SourcesAtWork,
  type SourcesContext,
} from '../../src/jobs/read-usage-sources.ts'
import { passEveryCheckpoint } from '../../src/ports/checkpoint.ts'
import { systemClock } from '../../src/ports/clock.ts'
import type { UsageSource } from '../../src/ports/usage-source.ts'
import { ensureCustomer } from '../../src/store/customers.ts'
import { listRefusedUsage } from '../../src/store/refused-usage.ts'
import { usageOfMonth } from '../../src/store/usage-windows.ts'
import { ownStore, start, type OwnStore } from '../store/store.ts'

/** What a stream of events must offer so that its source can be put through the claims. It has three partitions. */
export type Stream = {
  /** A reader of the stream, as a process of its own would make it. */
  source(): UsageSource
  append(partition: number, texts: readonly string[]): Promise<void>
  /** Deletes what lies before the record with this number, as retention does. */
  deleteBefore(partition: number, record: number): Promise<void>
  close(): Promise<void>
}

/** A stream, and a hub's database with one customer who is known as `acme`. */
export type SourceWorld = {
  readonly own: OwnStore
  readonly stream: Stream
  readonly customerId: string
  /** Starts a hub's reading of the stream; it is stopped at the end of the test at the latest. */
  read(changes?: Partial<SourcesContext>): Reader
  close(): Promise<void>
}

export type Reader = SourcesAtWork & { readonly reports: readonly unknown[] }

/** Makes a world of its own for one test. */
export async function sourceWorld(stream: Stream): Promise<SourceWorld> {
  const own = await ownStore()
  const wanted = { crm: 'salesforce', org: '00D', crmAccountId: 'acme', entity: 'us', name: 'Acme' } as const
  const { customerId } = await own.store.unitOfWork((unit) => ensureCustomer(unit, wanted, start))
  const readers: Reader[] = []
  return {
    own,
    stream,
    customerId,
    read: (changes = {}) => {
      const reader = startReader(own, stream.source(), changes)
      readers.push(reader)
      return reader
    },
    close: async () => {
      await Promise.all(readers.map((reader) => reader.stop()))
      await stream.close()
      await own.close()
    },
  }
}

function startReader(own: OwnStore, source: UsageSource, changes: Partial<SourcesContext>): Reader {
  const reports: unknown[] = []
  const context = {
    store: own.store,
    doorbell: silentDoorbell,
    // Events lie in the test's March; pauses are as long as they are.
    clock: { now: () => own.clock.now(), sleep: systemClock.sleep },
    checkpoint: passEveryCheckpoint,
    report: (error: unknown) => void reports.push(error),
    ...changes,
  }
  return { ...readUsageSources([source], context), reports }
}

/** JSON text of one event of the customer; `id` and what it counts. */
export function eventText(id: string, value = '1', changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: 'acme/gateway',
    type: 'tokens',
    subject: 'acme',
    time: '2026-03-01T10:15:00Z',
    data: { value },
    ...changes,
  })
}

/** Events with the ids `<prefix>-0` and so on. */
export function eventTexts(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => eventText(`${prefix}-${index}`))
}

/** What the customer has used in March, as text. */
export function used({ own, customerId }: SourceWorld): Promise<string> {
  const [from, to] = [new Date('2026-03-01T00:00:00Z'), new Date('2026-04-01T00:00:00Z')]
  return usageOfMonth(own.store.read, customerId, 'tokens', from, to)
}

/** How many events are stored, whoever's they are. */
export async function storedCount({ own }: SourceWorld): Promise<number> {
  const [row] = await own.owner<{ count: number }[]>`select count(*)::int as count from usage_event`
  return row?.count ?? 0
}

/** The counts of refused events by code. */
export async function refusedCounts({ own }: SourceWorld): Promise<Record<string, bigint | number>> {
  const rows = await listRefusedUsage(own.store.read)
  return Object.fromEntries(rows.map(({ code, eventCount }) => [code, Number(eventCount)]))
}

const patienceMilliseconds = 25_000

/** Waits until something holds; throws with its last value when it does not in time. */
export async function until<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const endsAt = systemClock.now().getTime() + patienceMilliseconds
  for (;;) {
    const value = await look()
    if (holds(value)) return value
    if (systemClock.now().getTime() > endsAt)
      throw new Error(`Waited in vain, last: ${JSON.stringify(value)}`)
    await systemClock.sleep(30)
  }
}

/** Waits until this many events are stored. */
export async function untilStored(world: SourceWorld, count: number): Promise<void> {
  await until(
    () => storedCount(world),
    (stored) => stored >= count,
  )
}
