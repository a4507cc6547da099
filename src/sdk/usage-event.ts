import { UsageError } from './usage-error.ts'

/** Something a customer used, as a product tells of it. */
export type Use = {
  /** The meter that counts it. */
  readonly meter: string
  /** The customer, by any id under which the hub knows it. */
  readonly customer: string
  /** How much, exactly: a decimal as text, a bigint or a safe integer; zero or more. */
  readonly value: string | bigint | number
  /** Unique for the source for ever; made when missing. */
  readonly id?: string | undefined
  /** When it happened; now when missing. Text needs a zone, as in `2026-01-31T18:00:00Z`. */
  readonly time?: Date | string | undefined
  /** By what the use can be grouped. */
  readonly properties?: Readonly<Record<string, string>> | undefined
}

/** Something that was told wrong, and is to count no longer. */
export type Retraction = {
  /** The meter and the customer that the event named. */
  readonly meter: string
  readonly customer: string
  /** The id of the retraction itself; made when missing. */
  readonly id?: string | undefined
  /** When it was retracted; now when missing. */
  readonly time?: Date | string | undefined
}

/** What is sent: a CloudEvent 1.0 whose type is the meter and whose subject is the customer. */
export type UsageEvent = {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  readonly time: string
  /** None in an event that takes another away. */
  readonly data?: { readonly value: string; readonly properties?: Readonly<Record<string, string>> }
  readonly retracts?: string
  readonly replaces?: string
}

/** What the SDK adds to a use. */
export type EventDefaults = {
  readonly source: string
  readonly nextId: () => string
  readonly now: () => Date
}

const longestAttribute = 512

/**
 * Makes the event of a use, which never changes again: a repeat is the same event. With `replaces` it counts in the place of the event of that id.
 * Throws UsageError where the value is not exact or something is missing. Names of meters and properties are the hub's to judge.
 */
export function usageEventOf(use: Use, defaults: EventDefaults, replaces?: string): UsageEvent {
  const { value, properties } = use
  const attributes = attributesOf(use, defaults)
  const data = { value: exactly(value), ...(properties && { properties: groupsOf(properties) }) }
  if (replaces === undefined) return { ...attributes, data }
  requireOther('replaces', replaces, attributes.id)
  return { ...attributes, data, replaces }
}

/** Makes the event that takes the one with the id `retracts` away. Throws UsageError as `usageEventOf` does. */
export function retractionOf(retracts: string, retraction: Retraction, defaults: EventDefaults): UsageEvent {
  const attributes = attributesOf(retraction, defaults)
  requireOther('retracts', retracts, attributes.id)
  return { ...attributes, retracts }
}

function attributesOf(
  { meter, customer, id, time }: Retraction,
  { source, nextId, now }: EventDefaults,
): Omit<UsageEvent, 'data'> {
  const own = id ?? nextId()
  for (const [name, text] of Object.entries({ meter, customer, id: own })) requireText(name, text)
  return {
    specversion: '1.0',
    id: own,
    source,
    type: meter,
    subject: customer,
    time: instantOf(time ?? now()),
  }
}

function requireOther(name: string, id: string, own: string): void {
  requireText(name, id)
  if (id !== own) return
  throw new UsageError(
    'invalid-event',
    `${name} must be the id of an earlier event, and not the event's own.`,
  )
}

function requireText(name: string, text: unknown): void {
  if (typeof text === 'string' && text.trim() !== '' && text.length <= longestAttribute) return
  throw new UsageError('invalid-event', `${name} must be text of 1 to ${longestAttribute} characters.`)
}

/** At most 18 digits before the point and 12 after it, as the hub takes them. */
const decimal = /^\d{1,18}(\.\d{1,12})?$/

function exactly(value: unknown): string {
  const isExactNumber = typeof value === 'bigint' || Number.isSafeInteger(value)
  const text = isExactNumber ? String(value) : value
  if (typeof text === 'string' && decimal.test(text)) return text
  const found = typeof value === 'string' ? `"${value.slice(0, 60)}"` : String(value)
  throw new UsageError(
    'value-not-exact',
    `The value ${found} is not an exact decimal of zero or more. Write it as text, such as "12.5", with at most 18 digits and 12 decimals.`,
  )
}

function instantOf(time: unknown): string {
  const isZoned = typeof time === 'string' && /(Z|[+-]\d\d:\d\d)$/.test(time)
  if (isZoned && !Number.isNaN(Date.parse(time))) return time
  if (time instanceof Date && !Number.isNaN(time.getTime())) return time.toISOString()
  throw new UsageError(
    'invalid-event',
    'time must be a Date, or text with its zone such as 2026-01-31T18:00:00Z.',
  )
}

function groupsOf(properties: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(properties)
  const faulty = entries.find(([, value]) => typeof value !== 'string')
  if (faulty === undefined) return Object.fromEntries(entries)
  throw new UsageError('invalid-event', `The property ${faulty[0]} must be text.`)
}
