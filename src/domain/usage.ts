/**
 * What an event does to an earlier one of its source, named by that one's id: a retraction takes it away, a replacement counts in its place.
 */
export type UsageCorrection = { readonly kind: 'retraction' | 'replacement'; readonly id: string }

/** One metered event as the product posted it; unique by `source` and `id` (CloudEvents 1.0, §3.1). */
export type UsageEvent = {
  readonly source: string
  readonly id: string
  readonly meter: string
  readonly subject: string
  readonly occurredAt: Date
  /** An exact decimal, zero or more. */
  readonly value: string
  readonly properties: Readonly<Record<string, string>>
  /** The event it corrects. A retraction counts nothing itself: its value is zero, and its time is when it was retracted. */
  readonly corrects?: UsageCorrection
}

/** Which meter an event counts for, and when. */
export type MeterUse = Pick<UsageEvent, 'subject' | 'meter' | 'occurredAt'>

/** What one customer used of one meter in one hour. `revision` grows with each change of the quantity. */
export type UsageWindow = {
  readonly customerId: string
  readonly meter: string
  readonly startsAt: Date
  readonly quantity: string
  readonly eventCount: number
  readonly revision: number
}
