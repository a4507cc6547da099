import { batchType } from '../../http/event-forms.ts'
import type { World } from './world.ts'

/** A usage event as a product posts it: a CloudEvent with the meter as type. */
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

const eventsAtOnce = 1_000

/**
 * Posts usage events to the hub as a product would: CloudEvents in batches, with an API key. Answers what the hub acknowledged. Throws
 * Error with the hub's own words when it refuses a batch.
 */
export async function postUsage(world: World, events: readonly PostedEvent[]): Promise<PostedCounts> {
  const authorization = `Bearer ${await world.usageKey()}`
  const counts = { accepted: 0, unmatched: 0, duplicates: 0, refused: 0 }
  for (let at = 0; at < events.length; at += eventsAtOnce) {
    const batch = events.slice(at, at + eventsAtOnce).map((event) => ({ specversion: '1.0', ...event }))
    const answer = await world.hub.app.request('/v1/events', {
      method: 'POST',
      headers: { authorization, 'content-type': batchType },
      body: JSON.stringify(batch),
    })
    if (!answer.ok) throw new Error(`The hub refused usage with ${answer.status}: ${await answer.text()}`)
    const receipt = (await answer.json()) as PostedCounts
    for (const state of Object.keys(counts) as (keyof PostedCounts)[]) counts[state] += receipt[state]
  }
  return counts
}
