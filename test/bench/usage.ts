import { systemClock } from '../../src/ports/clock.ts'
import type { BenchServer } from './bench-server.ts'
import { boundBy, type Effort } from './bound.ts'
import { measureEffort, totalEffort } from './effort.ts'
import { latencies, median, type BenchReport, type Breakdown } from './figures.ts'
import { startPlainRoute, type PlainRoute } from './plain-process.ts'
import { usageOf } from './process-tree.ts'
import { openRawCopy, type RawCopy } from './raw-copy.ts'
import { repeatFor } from './repeat.ts'
import { measureEntitlements, measurePaced } from './usage-latency.ts'
import { summaryOf, usageFigures, type UsageMeasures } from './usage-figures.ts'
import type { UsageLoad } from './usage-load.ts'
import { names, usageVariants, type Variant } from './usage-variants.ts'
import { openUsageWorld, type UsageWorld } from './usage-world.ts'

/** How often each variant has its turn, and for how long. */
export type Rounds = { readonly rounds: number; readonly seconds: number }

const customers = 500

/** One variant over all its rounds. */
type Played = {
  readonly variant: Variant
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly effort: Effort
  readonly events: number
  readonly residentMegabytes: number
}

/** Usage into the hub in every form, beside raw COPY into the same key and beside the route one would write first, in one run. */
export async function benchUsage(server: BenchServer, cores: number, turns: Rounds): Promise<BenchReport> {
  const world = await openUsageWorld(server, { customers, hubs: 2 })
  const at = new Date(systemClock.now().getTime() - 60_000)
  const raw = await openRawCopy(world.url, world.subjects, at)
  const plain = await startPlainRoute(server)
  try {
    const variants = usageVariants(world, { raw, plain, at })
    const played = await playAll(variants, server, turns)
    const measures = await measure(world, played, at, turns)
    return {
      bench: 'usage',
      what:
        `events of ${customers} customers from another process into hubs as \`npm start\` runs them, PostgreSQL writing durably, raw COPY into a table of as many rows as the hub's, all on ${cores} cores; ` +
        `median of ${turns.rounds} ${turns.rounds === 1 ? 'round' : 'rounds'} of ${turns.seconds} s in turn`,
      figures: usageFigures(measures),
      breakdowns: [tableOf(played, cores)],
      summary: summaryOf(measures),
      differences: [
        ...world.troubles(),
        ...plain.sender.refusals.slice(0, 5),
        ...(await miscounts(world, [...loadsOf(variants), measures.paced.load])),
      ],
    }
  } finally {
    await closeAll(raw, plain, world)
  }
}

async function closeAll(raw: RawCopy, plain: PlainRoute, world: UsageWorld): Promise<void> {
  await raw.close()
  await plain.stop()
  await world.close()
}

async function playAll(
  variants: readonly Variant[],
  server: BenchServer,
  { rounds, seconds }: Rounds,
): Promise<Played[]> {
  const played = new Map<Variant, Round[]>(variants.map((variant) => [variant, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const variant of variants) {
      await variant.before?.()
      const result = await playRound(variant, server, seconds)
      // The first round warms up.
      if (round > 0) played.get(variant)?.push(result)
    }
  }
  return [...played].map(([variant, results]) => playedOf(variant, results))
}

type Round = {
  readonly perSecond: number
  readonly milliseconds: readonly number[]
  readonly effort: Effort
  readonly residentMegabytes: number
}

async function playRound(variant: Variant, server: BenchServer, seconds: number): Promise<Round> {
  const { atOnce, events, once, pids } = variant
  const measured = measureEffort(pids, server.pid)
  const milliseconds = await repeatFor(seconds * 1_000, atOnce, async () => {
    await once()
  })
  const effort = measured()
  const resident = pids.map((pid) => usageOf(pid)?.residentMegabytes ?? 0)
  return {
    perSecond: (milliseconds.length * events) / effort.wallSeconds,
    milliseconds,
    effort,
    residentMegabytes: Math.max(0, ...resident),
  }
}

function playedOf(variant: Variant, results: readonly Round[]): Played {
  const took = results.map(({ milliseconds }) => latencies(milliseconds))
  return {
    variant,
    perSecond: median(results.map(({ perSecond }) => perSecond)),
    p50: median(took.map(({ p50 }) => p50)),
    p99: median(took.map(({ p99 }) => p99)),
    effort: totalEffort(results.map(({ effort }) => effort)),
    events: results.reduce((sum, { milliseconds }) => sum + milliseconds.length * variant.events, 0),
    residentMegabytes: median(results.map(({ residentMegabytes }) => residentMegabytes)),
  }
}

async function measure(
  world: UsageWorld,
  played: readonly Played[],
  at: Date,
  turns: Rounds,
): Promise<UsageMeasures> {
  const rateOf = (name: string) => played.find(({ variant }) => variant.name === name)?.perSecond ?? 0
  const paced = await measurePaced(world, at, rateOf(names.batches) * 0.8, turns)
  const entitlement = await measureEntitlements(world, turns)
  return {
    rateOf,
    paced,
    entitlement,
    stored: await world.stored(),
    peakMegabytes: Math.max(...world.hubs.map(({ pid }) => usageOf(pid)?.peakMegabytes ?? 0)),
  }
}

function tableOf(played: readonly Played[], cores: number): Breakdown {
  const head = [
    'way in',
    'events/s',
    'p50 ms',
    'p99 ms',
    'Node µs an event',
    'PostgreSQL µs',
    'load µs',
    'resident MB',
  ]
  const rows = played.map(({ variant, perSecond, p50, p99, effort, events, residentMegabytes }) => {
    const micro = (seconds: number) => (seconds / events) * 1_000_000
    const { hubSeconds, databaseSeconds, loadSeconds = 0 } = effort
    return [
      variant.name,
      perSecond,
      p50,
      p99,
      ...(variant.pids.length === 0 ? ['–'] : [micro(hubSeconds)]),
      micro(databaseSeconds),
      micro(loadSeconds),
      ...(variant.pids.length === 0 ? ['–'] : [residentMegabytes]),
      boundBy(effort, cores),
    ]
  })
  return { title: 'each way in, p50 and p99 until acknowledged', rows: [[...head, 'bound by'], ...rows] }
}

function loadsOf(variants: readonly Variant[]): UsageLoad[] {
  return variants.flatMap(({ load }) => (load === null ? [] : [load]))
}

/** Every event sent is to be acknowledged once as new, and stored; every one sent again, as a duplicate. */
async function miscounts(world: UsageWorld, loads: readonly UsageLoad[]): Promise<string[]> {
  const made = (pick: 'distinct' | 'repeats') => loads.reduce((sum, load) => sum + load[pick], 0)
  const acknowledged = (pick: 'accepted' | 'duplicates') =>
    world.hubs.reduce((sum, { sender }) => sum + sender.acknowledged[pick], 0)
  const pairs = [
    ['new events sent', made('distinct'), acknowledged('accepted')],
    ['events sent again', made('repeats'), acknowledged('duplicates')],
    ['acknowledged events', acknowledged('accepted'), await world.stored()],
  ] as const
  return pairs.flatMap(([what, expected, found]) =>
    expected === found ? [] : [`${what}: ${expected}, found ${found}`],
  )
}
