import { batchType } from '../../src/http/event-forms.ts'
import { latencies, median } from './figures.ts'
import { repeatFor } from './repeat.ts'
import { eventText, framings, usageLoad, type UsageLoad } from './usage-load.ts'
import type { Rounds } from './usage.ts'
import type { UsageWorld } from './usage-world.ts'

/** Milliseconds, medians of rounds. */
export type Latency = { readonly p50: number; readonly p99: number }

/** What a steady pace of batches of 1,000 was acknowledged in, and what was sent for it. */
export type Paced = Latency & { readonly eventsPerSecond: number; readonly load: UsageLoad }

const batch = 1_000

/** How long acknowledgements take when batches come at a steady pace, however long the ones before take. */
export async function measurePaced(
  { hubs: [hub], subjects }: UsageWorld,
  at: Date,
  eventsPerSecond: number,
  { rounds, seconds }: Rounds,
): Promise<Paced> {
  if (hub === undefined || eventsPerSecond <= 0) throw new RangeError('A pace needs a hub and a rate')
  const load = usageLoad(eventText('paced', subjects, at), framings.batch)
  const post = () => hub.sender.post('/v1/events', batchType, load.next(batch))
  const played: Latency[] = []
  for (let round = 0; round < rounds; round++)
    played.push(latencies(await pace(post, (1_000 * batch) / eventsPerSecond, seconds * 2_000)))
  return { ...medians(played), eventsPerSecond, load }
}

/** Does something every so many milliseconds for a time. What began late counts from when it was due. */
async function pace(
  once: () => Promise<number>,
  everyMilliseconds: number,
  forMilliseconds: number,
): Promise<number[]> {
  const began = performance.now()
  const sent: Promise<number>[] = []
  for (let due = 0; due < forMilliseconds; due += everyMilliseconds) {
    const wait = due - (performance.now() - began)
    if (wait > 0) await new Promise((resolve) => void setTimeout(resolve, wait))
    const late = performance.now() - began - due
    sent.push(once().then((took) => took + late))
  }
  return Promise.all(sent)
}

/** Whether a customer may use more, one question after the other. */
export async function measureEntitlements(
  { hubs: [hub], subjects }: UsageWorld,
  { rounds, seconds }: Rounds,
): Promise<Latency> {
  let asked = 0
  const played: Latency[] = []
  for (let round = 0; round < rounds; round++) {
    const took = await repeatFor(seconds * 1_000, 1, async () => {
      const question = { customer: subjects[++asked % subjects.length], meter: 'tokens' }
      await hub?.sender.post('/v1/entitlements/check', 'application/json', JSON.stringify(question))
    })
    played.push(latencies(took))
  }
  return medians(played)
}

function medians(played: readonly Latency[]): Latency {
  return { p50: median(played.map(({ p50 }) => p50)), p99: median(played.map(({ p99 }) => p99)) }
}
