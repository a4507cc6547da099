import { PlainEvent } from './plain-event.ts'
import type { UsageEvent } from './usage.ts'

const uuidOfTime = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** No clock that made an id is right that shows a later time: 1 January 2100. */
const latestMilliseconds = 4_102_444_800_000

/** When an event's id says it was made, as `timeOfId` tells. */
export function timeOfEvent(event: UsageEvent): number | null {
  return event instanceof PlainEvent && event.idLength !== timedLength ? null : timeOfId(event.id)
}

const timedLength = 36

/** When an id says it was made, in milliseconds since 1970: a UUID of version 7 does (RFC 9562, 5.7). Null for any other id. */
export function timeOfId(id: string): number | null {
  if (id.length !== timedLength || !uuidOfTime.test(id)) return null
  const madeAt = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
  return madeAt < latestMilliseconds ? madeAt : null
}
