import { batchType, structuredType } from '../../src/http/event-forms.ts'
import type { PlainRoute } from './plain-process.ts'
import type { RawCopy } from './raw-copy.ts'
import { eventText, framings, usageLoad, type UsageLoad } from './usage-load.ts'
import type { UsageWorld } from './usage-world.ts'

/** One way to bring usage in: what is done once, and how many do so at the same time. */
export type Variant = {
  readonly name: string
  readonly atOnce: number
  readonly events: number
  /** Whose processor time and memory count as Node's. */
  readonly pids: readonly number[]
  /** What was sent to hubs; none where no hub was sent anything. */
  readonly load: UsageLoad | null
  once(): Promise<unknown>
  /** What is done before a round, and not measured. */
  before?(): Promise<void>
}

/** Names that figures are looked up by. */
export const names = {
  raw: 'raw COPY, 1,000 rows a commit',
  plain: 'plain route, one Drizzle insert a request',
  batches: 'batches of 1,000',
  batchesRepeated: 'batches of 1,000, 10 % sent before',
  stream: 'NDJSON stream',
} as const

const linesAStream = 20_000
const linesAChunk = 1_000

/** All of them, in the order in which they take turns. */
export function usageVariants(
  world: UsageWorld,
  { raw, plain, at }: { readonly raw: RawCopy; readonly plain: PlainRoute; readonly at: Date },
): Variant[] {
  const plainLoad = usageLoad(eventText('plain', world.subjects, at), framings.single)
  return [
    {
      name: names.raw,
      atOnce: 2,
      events: 1_000,
      pids: [],
      load: null,
      before: () => raw.grow(),
      once: () => raw.copy(1_000),
    },
    {
      name: names.plain,
      atOnce: 64,
      events: 1,
      pids: [plain.pid],
      load: null,
      once: () => plain.sender.post('/v1/events', 'application/json', plainLoad.next(1)),
    },
    ...[0, 0.01, 0.1].map((share) => singles(world, at, share)),
    ...[0, 0.01, 0.1].map((share) => batches(world, at, { size: 100, atOnce: 16, share })),
    ...[0, 0.01, 0.1].map((share) => batches(world, at, { size: 1_000, atOnce: 12, share })),
    streams(world, at),
    twoHubs(world, at),
  ]
}

function singles({ hubs: [hub], subjects }: UsageWorld, at: Date, share: number): Variant {
  const load = usageLoad(eventText(`one-${share}`, subjects, at), framings.single)
  return {
    name: `single events${repeated(share)}`,
    atOnce: 64,
    events: 1,
    pids: pidsOf(hub),
    load,
    once: async () => hub?.sender.post('/v1/events', structuredType, load.next(1, share)),
  }
}

type Batching = { readonly size: number; readonly atOnce: number; readonly share: number }

function batches(
  { hubs: [hub], subjects }: UsageWorld,
  at: Date,
  { size, atOnce, share }: Batching,
): Variant {
  const load = usageLoad(eventText(`of-${size}-${share}`, subjects, at), framings.batch)
  return {
    name: `batches of ${size.toLocaleString('en-US')}${repeated(share)}`,
    atOnce,
    events: size,
    pids: pidsOf(hub),
    load,
    once: async () => hub?.sender.post('/v1/events', batchType, load.next(size, share)),
  }
}

function streams({ hubs: [hub], subjects }: UsageWorld, at: Date): Variant {
  const load = usageLoad(eventText('line', subjects, at), framings.lines)
  async function* lines() {
    for (let sent = 0; sent < linesAStream; sent += linesAChunk) yield load.next(linesAChunk)
  }
  return {
    name: names.stream,
    atOnce: 2,
    events: linesAStream,
    pids: pidsOf(hub),
    load,
    once: async () => hub?.sender.post('/v1/events/stream', 'application/x-ndjson', lines()),
  }
}

function twoHubs({ hubs, subjects }: UsageWorld, at: Date): Variant {
  const load = usageLoad(eventText('two', subjects, at), framings.batch)
  let turn = 0
  return {
    name: `${names.batches}, two hubs`,
    atOnce: 8,
    events: 1_000,
    pids: hubs.map(({ pid }) => pid),
    load,
    once: async () => hubs[++turn % hubs.length]?.sender.post('/v1/events', batchType, load.next(1_000)),
  }
}

function pidsOf(hub: UsageWorld['hubs'][number] | undefined): number[] {
  return hub === undefined ? [] : [hub.pid]
}

function repeated(share: number): string {
  return share === 0 ? '' : `, ${share * 100} % sent before`
}
