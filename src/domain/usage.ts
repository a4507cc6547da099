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
