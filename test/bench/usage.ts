import postgres from 'postgres'
import { batchType, structuredType } from '../../src/http/event-forms.ts'
import { quickSocket } from '../../src/store/quick-socket.ts'
import { boundBy, type Effort } from './bound.ts'
import { measureEffort, totalEffort } from './effort.ts'
import type { BenchReport, Figure } from './figures.ts'
import { latencies, median } from './figures.ts'
import { usageOf } from './process-tree.ts'
import { repeatFor } from './repeat.ts'
import type { BenchServer } from './bench-server.ts'
import { usageLoad, type UsageLoad, type UsageSender } from './usage-load.ts'
import { openUsageWorld, type UsageWorld } from './usage-world.ts'

const rounds = 5
const roundMilliseconds = 2_000
const customers = 500

/** What a variant does once, and how many do so at the same time. */
type Variant = {
  readonly name: string
  readonly atOnce: number
  readonly events: number
  /** Whose processor time is the hub's, where it is not the first one's. */
  readonly pids?: readonly number[]
  once(): Promise<unknown>
}

/** Usage into the hub in every form, beside raw COPY into the same key and beside the route one would write first, in one run. */
export async function benchUsage(server: BenchServer, cores: number): Promise<BenchReport> {
  const world = await openUsageWorld(server, customers)
  // Without Nagle's algorithm, as the hub connects: else raw COPY would mostly wait.
  const options = { max: 2, onnotice: () => undefined, socket: quickSocket }
  const database = postgres(world.url, options as postgres.Options<never>)
  try {
    const load = usageLoad(world.subjects, new Date(world.now().getTime() - 60_000))
    const variants = [...(await rawVariants(database, load)), ...hubVariants(world, load)]
    const played = new Map<string, Round[]>()
    for (let round = 0; round <= rounds; round++) {
      for (const variant of variants) {
        const result = await playRound(variant, world, server)
        // The first round warms up.
        if (round > 0) played.set(variant.name, [...(played.get(variant.name) ?? []), result])
      }
    }
    const figures = variants.flatMap((variant) => figuresOf(variant, played.get(variant.name) ?? [], cores))
    const paced = await pacedLatency(world.senders[0], load, rateOf(figures, 'batches of 1,000') * 0.8)
    const entitlement = await entitlementLatency(world)
    return {
      bench: 'usage',
      what: `events of ${customers} customers from another process into hubs as \`npm start\` runs them, PostgreSQL writing durably; median of ${rounds} rounds of ${roundMilliseconds / 1000} s in turn`,
      figures: [...figures, ...ratios(figures), ...paced, ...entitlement, ...memory(world)],
      differences: [...world.troubles(), ...world.senders.flatMap(({ refusals }) => refusals.slice(0, 5))],
    }
  } finally {
    await database.end()
    await world.close()
  }
}

/** COPY of the same rows into a table of the same key, through two connections as the hub has. */
async function rawVariants(database: postgres.Sql, load: UsageLoad): Promise<Variant[]> {
  await database`create table raw_usage (like usage_event, primary key (event_key))`
  const rows = (text: string) =>
    (JSON.parse(text) as { id: string; subject: string; time: string; data: { value: string } }[]).map(
      ({ id, subject, time, data: { value } }) =>
        `2026-11-30\t${keyOf(id)}\tbench/gateway\t${id}\tcus_${subject}\ttokens\t${subject}\t${time}\t${time}\t${value}\t{"region": "eu"}\n`,
    )
  return [
    {
      name: 'raw COPY, 1,000 rows a commit',
      atOnce: 2,
      events: 1_000,
      once: () =>
        database.begin(async (sql) => {
          const stream = await sql`copy raw_usage from stdin`.writable()
          await new Promise<void>((resolve, reject) => {
            stream.once('error', reject).once('finish', resolve)
            stream.end(rows(load.batch(1_000, 0).body).join(''))
          })
        }),
    },
  ]
}

/** A key as evenly spread as a hash, at no cost. */
function keyOf(id: string): string {
  let [low, high] = [2_166_136_261, 40_503]
  for (let index = 0; index < id.length; index++) {
    low = Math.imul(low ^ id.charCodeAt(index), 16_777_619) >>> 0
    high = Math.imul(high + id.charCodeAt(index) + low, 2_654_435_761) >>> 0
  }
  const hex = (number: number) => number.toString(16).padStart(8, '0')
  return `${hex(low)}${hex(high)}${hex(Math.imul(low, high) >>> 0)}${hex((low ^ high) >>> 0)}`
}

function hubVariants({ senders, plain, pids }: UsageWorld, load: UsageLoad): Variant[] {
  const [first, second] = senders
  const batches = (name: string, size: number, atOnce: number, share = 0): Variant => ({
    name,
    atOnce,
    events: size,
    once: () => first.post('/v1/events', batchType, load.batch(size, share).body),
  })
  let turn = 0
  return [
    {
      name: 'plain route, an event a request',
      atOnce: 32,
      events: 1,
      pids: [plain.pid],
      once: () => plain.sender.post('/v1/events', 'application/json', load.line()),
    },
    {
      name: 'single events',
      atOnce: 32,
      events: 1,
      once: () => first.post('/v1/events', structuredType, load.line()),
    },
    batches('batches of 100', 100, 16),
    batches('batches of 1,000', 1_000, 6),
    batches('batches of 1,000, 1 % sent before', 1_000, 6, 0.01),
    batches('batches of 1,000, 10 % sent before', 1_000, 6, 0.1),
    {
      name: 'streams of 20,000 lines',
      atOnce: 2,
      events: 20_000,
      once: () => first.post('/v1/events/stream', 'application/x-ndjson', linesOf(load, 20_000)),
    },
    {
      name: 'batches of 1,000, two hubs',
      atOnce: 8,
      events: 1_000,
      pids,
      once: () => (++turn % 2 ? first : second).post('/v1/events', batchType, load.batch(1_000, 0).body),
    },
  ]
}

function linesOf(load: UsageLoad, count: number): string {
  return Array.from({ length: count }, () => load.line()).join('\n')
}

type Round = { readonly perSecond: number; readonly milliseconds: readonly number[]; readonly effort: Effort }

async function playRound(
  { atOnce, events, once, pids }: Variant,
  world: UsageWorld,
  server: BenchServer,
): Promise<Round> {
  const hubs = pids ?? [world.pids[0] ?? 0]
  const efforts = hubs.map((pid) => measureEffort(pid, server.pid))
  const milliseconds = await repeatFor(roundMilliseconds, atOnce, async () => {
    await once()
  })
  const [first, ...others] = efforts.map((effort) => effort())
  if (first === undefined) throw new RangeError('A round needs a process to measure')
  const hubSeconds = others.reduce((sum, effort) => sum + effort.hubSeconds, first.hubSeconds)
  const perSecond = (milliseconds.length * events) / first.wallSeconds
  return { perSecond, milliseconds, effort: { ...first, hubSeconds } }
}

function figuresOf({ name, events }: Variant, played: readonly Round[], cores: number): Figure[] {
  const effort = totalEffort(played.map((round) => round.effort))
  const count = played.reduce((sum, { milliseconds }) => sum + milliseconds.length * events, 0)
  const took = played.map(({ milliseconds }) => latencies(milliseconds))
  const micro = (seconds: number) => ((seconds / count) * 1_000_000).toFixed(1)
  const spent = `an event: Node ${micro(effort.hubSeconds)} µs, PostgreSQL ${micro(effort.databaseSeconds)} µs`
  return [
    {
      name,
      value: median(played.map(({ perSecond }) => perSecond)),
      unit: 'events/s',
      boundBy: `${boundBy(effort, cores)}; ${spent}`,
    },
    ...(['p50', 'p99'] as const).map((percent) => ({
      name: `${name}, ${percent}`,
      value: median(took.map((latency) => latency[percent])),
      unit: 'ms',
      boundBy: '',
    })),
  ]
}

function rateOf(figures: readonly Figure[], name: string): number {
  return figures.find((figure) => figure.name === name)?.value ?? 0
}

function ratios(figures: readonly Figure[]): Figure[] {
  const ratio = (name: string, upper: string, lower: string, target: string): Figure => ({
    name,
    value: rateOf(figures, upper) / rateOf(figures, lower),
    unit: '×',
    boundBy: `target ${target}`,
  })
  const thousand = 'batches of 1,000'
  return [
    ratio('batches of 1,000 of raw COPY', thousand, 'raw COPY, 1,000 rows a commit', '0.5'),
    ratio('10 % sent before of none', `${thousand}, 10 % sent before`, thousand, '0.67'),
    ratio('batches of 1,000 of the plain route', thousand, 'plain route, an event a request', '10'),
  ]
}

/** How long acknowledgements take when batches come at a steady pace, however long the ones before take. */
async function pacedLatency(
  sender: UsageSender,
  load: UsageLoad,
  eventsPerSecond: number,
): Promise<Figure[]> {
  const every = (1_000 * 1_000) / eventsPerSecond
  const began = performance.now()
  const sent: Promise<number>[] = []
  for (let due = 0; due < 5_000; due += every) {
    const wait = due - (performance.now() - began)
    if (wait > 0) await new Promise((resolve) => void setTimeout(resolve, wait))
    const late = performance.now() - began - due
    sent.push(sender.post('/v1/events', batchType, load.batch(1_000, 0).body).then((took) => took + late))
  }
  const { p50, p99 } = latencies(await Promise.all(sent))
  const boundByPace = `${Math.round(eventsPerSecond).toLocaleString('en-US')} events/s in batches of 1,000`
  return [
    { name: 'at 80 % of the peak, p50', value: p50, unit: 'ms', boundBy: boundByPace },
    { name: 'at 80 % of the peak, p99', value: p99, unit: 'ms', boundBy: 'target 250 ms' },
  ]
}

/** Whether a customer may use more, one question after the other. */
async function entitlementLatency({ senders: [sender], subjects, stored }: UsageWorld): Promise<Figure[]> {
  let asked = 0
  const took = await repeatFor(3_000, 1, async () => {
    const customer = subjects[++asked % subjects.length]
    await sender.post(
      '/v1/entitlements/check',
      'application/json',
      JSON.stringify({ customer, meter: 'tokens' }),
    )
  })
  const { p50, p99 } = latencies(took)
  const events = `with ${(await stored()).toLocaleString('en-US')} events stored`
  return [
    { name: 'entitlement check, p50', value: p50, unit: 'ms', boundBy: `${events}; target 1 ms` },
    { name: 'entitlement check, p99', value: p99, unit: 'ms', boundBy: '' },
  ]
}

function memory({ pids }: UsageWorld): Figure[] {
  const peak = usageOf(pids[0] ?? 0)?.peakMegabytes ?? 0
  return [{ name: 'peak memory of the hub', value: peak, unit: 'MB', boundBy: 'VmHWM; target 300 MB' }]
}
