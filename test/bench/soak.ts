import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import postgres from 'postgres'
import { batchType } from '../../src/http/event-forms.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { TieoutUsage } from '../../src/sdk/tieout-usage.ts'
import type { BenchServer } from './bench-server.ts'
import { boundBy } from './bound.ts'
import { measureEffort } from './effort.ts'
import type { BenchReport, Breakdown, Figure } from './figures.ts'
import { watchMinutes, type Minute } from './minutes.ts'
import { usageOf } from './process-tree.ts'
import { measureEntitlements, type Latency } from './usage-latency.ts'
import { eventText, framings, usageLoad, type UsageLoad } from './usage-load.ts'
import { openUsageWorld, type UsageHub, type UsageWorld } from './usage-world.ts'

/** How many events are posted in all, and how many of them through the SDK. */
export type SoakSize = { readonly events: number; readonly sdkEvents: number }

const customers = 500
const batch = 1_000
const lanes = 6
/** What an event takes on disk with its index and its share of the log, rounded up. */
const bytesAnEvent = 700
const patienceMilliseconds = 60_000

/**
 * Posts many events, the first of them through the SDK and the rest as batches made beforehand, and counts what is stored. Throws Error where the
 * disk has no room for them.
 */
export async function benchSoak(server: BenchServer, cores: number, size: SoakSize): Promise<BenchReport> {
  requireRoom(size.events)
  const world = await openUsageWorld(server, { customers, hubs: 1 })
  try {
    const [hub] = world.hubs
    if (hub === undefined) throw new Error('A soak needs a hub')
    const posted = { sdk: 0 }
    const acknowledged = () => posted.sdk + hub.sender.acknowledged.accepted
    const minutes = watchMinutes(hub.pid, acknowledged)
    const bySdk = await timed(cores, hub, server, () => postBySdk(world, hub, size.sdkEvents, posted))
    const at = new Date(systemClock.now().getTime() - 60_000)
    const load = usageLoad(eventText('soak', world.subjects, at), framings.batch)
    const byBatches = await timed(cores, hub, server, () =>
      postByBatches(hub, load, size.events - size.sdkEvents),
    )
    const seen = minutes()
    const entitlement = await measureEntitlements(world, { rounds: 3, seconds: 2 })
    return {
      bench: 'soak',
      what: `${size.events.toLocaleString('en-US')} events of ${customers} customers into one hub, ${size.sdkEvents.toLocaleString('en-US')} of them through the SDK and the rest as batches of 1,000`,
      figures: figuresOf({ bySdk, byBatches, entitlement, stored: await world.stored(), hub, minutes: seen }),
      breakdowns: [minuteTable(seen)],
      differences: [...world.troubles(), ...(await miscounts(world, size, acknowledged()))],
    }
  } finally {
    await world.close()
  }
}

function requireRoom(events: number): void {
  const { bavail, bsize } = statfsSync(tmpdir())
  const [free, needed] = [bavail * bsize, events * bytesAnEvent]
  if (free < needed)
    throw new Error(
      `${tmpdir()} has ${inGigabytes(free)} free; ${events} events take ${inGigabytes(needed)}.`,
    )
}

function inGigabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 30)} GB`
}

type Timed = { readonly perSecond: number; readonly boundBy: string }

async function timed(
  cores: number,
  { pid }: UsageHub,
  server: BenchServer,
  post: () => Promise<number>,
): Promise<Timed> {
  const measured = measureEffort([pid], server.pid)
  const events = await post()
  const effort = measured()
  const loadMicroseconds = ((effort.loadSeconds ?? 0) / Math.max(1, events)) * 1_000_000
  const boundByWords = `${boundBy(effort, cores)}; sending takes ${loadMicroseconds.toFixed(1)} µs an event`
  return { perSecond: events / effort.wallSeconds, boundBy: boundByWords }
}

async function postBySdk(
  { subjects }: UsageWorld,
  { url, secret }: UsageHub,
  events: number,
  posted: { sdk: number },
): Promise<number> {
  const usage = new TieoutUsage({ url, key: secret, source: 'bench/sdk', requestsAtOnce: 4 })
  for (let sent = 0; sent < events; sent++) {
    const customer = subjects[sent % subjects.length] ?? ''
    await usage.trackOrWait({ meter: 'tokens', customer, value: '1.5', properties: { region: 'eu' } })
    if (sent % batch === 0) posted.sdk = usage.stats().acknowledged
  }
  await usage.flush()
  const { acknowledged, duplicates } = usage.stats()
  // An event that was sent again after a lost answer is acknowledged once, and was new the first time.
  posted.sdk = acknowledged
  await usage.close()
  if (duplicates > 0) process.stderr.write(`${duplicates} events of the SDK were sent again\n`)
  return events
}

async function postByBatches(hub: UsageHub, load: UsageLoad, events: number): Promise<number> {
  let left = Math.ceil(events / batch)
  const lane = async () => {
    while (left-- > 0) await hub.sender.post('/v1/events', batchType, load.next(batch))
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return load.distinct
}

type Soaked = {
  readonly bySdk: Timed
  readonly byBatches: Timed
  readonly entitlement: Latency
  readonly stored: number
  readonly hub: UsageHub
  readonly minutes: readonly Minute[]
}

function figuresOf({ bySdk, byBatches, entitlement, stored, hub, minutes }: Soaked): Figure[] {
  const withStored = `with ${stored.toLocaleString('en-US')} events stored`
  const megabytes = (name: string, value: number, boundByWords: string): Figure => {
    return { name, value, unit: 'MB', boundBy: boundByWords, target: { below: 300 } }
  }
  return [
    { name: 'through the SDK', value: bySdk.perSecond, unit: 'events/s', boundBy: bySdk.boundBy },
    { name: 'batches of 1,000', value: byBatches.perSecond, unit: 'events/s', boundBy: byBatches.boundBy },
    { name: 'acknowledged', value: minutes.at(-1)?.acknowledged ?? 0, unit: 'events', boundBy: '' },
    { name: 'stored', value: stored, unit: 'events', boundBy: 'counted in the table of events' },
    megabytes('memory of the hub after all of them', minutes.at(-1)?.residentMegabytes ?? 0, 'VmRSS'),
    megabytes('peak memory of the hub', usageOf(hub.pid)?.peakMegabytes ?? 0, 'VmHWM'),
    {
      name: 'entitlement check, p50',
      value: entitlement.p50,
      unit: 'ms',
      boundBy: withStored,
      target: { below: 1 },
    },
    { name: 'entitlement check, p99', value: entitlement.p99, unit: 'ms', boundBy: withStored },
  ]
}

function minuteTable(minutes: readonly Minute[]): Breakdown {
  const rows = minutes.map(({ minute, acknowledged, perSecond, residentMegabytes }) => [
    minute.toFixed(1),
    acknowledged,
    perSecond,
    residentMegabytes,
  ])
  return {
    title: 'the hub minute by minute',
    rows: [['minute', 'acknowledged', 'events/s', 'hub MB'], ...rows],
  }
}

/** Sent, acknowledged and stored must be one number, and the hours must come to it as well. */
async function miscounts(world: UsageWorld, { events }: SoakSize, acknowledged: number): Promise<string[]> {
  const database = postgres(world.url, { max: 1, onnotice: () => undefined })
  try {
    const stored = await world.stored()
    const hours = await countedInHours(database, stored)
    const counts = { acknowledged, stored, 'counted in hours': hours }
    return Object.entries(counts).flatMap(([what, count]) =>
      count === events ? [] : [`${what}: ${count} of ${events} events sent`],
    )
  } finally {
    await database.end()
  }
}

/** Hours may follow their events a moment later. */
async function countedInHours(database: postgres.Sql, expected: number): Promise<number> {
  const until = performance.now() + patienceMilliseconds
  for (;;) {
    const [row] = await database<[{ count: string }]>`
      select coalesce(sum(event_count), 0) as count from usage_window`
    if (Number(row.count) === expected || performance.now() > until) return Number(row.count)
    await systemClock.sleep(500)
  }
}
