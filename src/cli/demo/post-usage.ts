import type { Refusal } from '../../sdk/tieout-usage.ts'
import { countUsage } from '../../store/count-usage.ts'
import { TieoutUsage } from '../../sdk/tieout-usage.ts'
import type { World } from './world.ts'

/** A usage event as a product tells of it: a CloudEvent with the meter as type. */
export type PostedEvent = {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly data: { readonly value: string }
}

/** How many events the hub answered for, by what it said of them. */
export type PostedCounts = {
  readonly accepted: number
  readonly unmatched: number
  readonly duplicates: number
  readonly refused: number
}

/** A hub that is not back after this many tries will not come back while the story waits for it. */
const mostTries = 8

/**
 * Posts usage events to the hub as a product would: through the SDK, over HTTP, with an API key. Answers what the hub acknowledged. Throws
 * Error with the hub's own words when it takes no events.
 */
export async function postUsage(world: World, events: readonly PostedEvent[]): Promise<PostedCounts> {
  const counts = { accepted: 0, unmatched: 0, duplicates: 0, refused: 0 }
  for (const source of new Set(events.map((event) => event.source))) {
    const posted = await postFrom(
      source,
      events.filter((event) => event.source === source),
      world,
    )
    for (const state of Object.keys(counts) as (keyof PostedCounts)[]) counts[state] += posted[state]
  }
  // Counted here and now, so that a story goes the same way each time; a hub that was started counts by itself.
  await countUsage(world.hub.context.store, world.hub.context)
  return counts
}

async function postFrom(source: string, events: readonly PostedEvent[], world: World): Promise<PostedCounts> {
  const refusals: Refusal[] = []
  const usage = new TieoutUsage({
    url: world.hubUrl,
    key: await world.usageKey(),
    source,
    // One request after the other: a story is told in one order.
    requestsAtOnce: 1,
    mostTries,
    onRefused: (refusal) => refusals.push(refusal),
    onError: () => undefined,
  })
  for (const { type, subject, data, id, time } of events)
    await usage.trackOrWait({ meter: type, customer: subject, value: data.value, id, time })
  await usage.flush().finally(() => usage.close())
  const givenUp = refusals.find(({ code }) => code === 'gave-up')
  if (givenUp !== undefined) throw new Error(givenUp.reason)
  const { acknowledged, unmatched, duplicates, refused } = usage.stats()
  return { accepted: acknowledged - unmatched - duplicates, unmatched, duplicates, refused }
}
