import * as z from 'zod'

const propertyName = z
  .string('must be the name of a property')
  .min(1, 'must be the name of a property')
  .max(200)

/** What one tracked event means as usage. */
const TrackedMeaning = z.strictObject({
  meter: z
    .string('must be the name of a meter')
    .regex(/^[a-z0-9_.-]{1,100}$/, 'must be the name of a meter: small letters, digits, _ . and -'),
  /** The property that holds the quantity; without one each event is one unit. */
  value: propertyName.optional(),
  /** Whether the user or the group of users is the customer. */
  customer: z.enum(['user', 'group'], 'must be user or group').default('user'),
  /** What can be grouped by, and the property that holds it. */
  properties: z.record(z.string(), propertyName).default({}),
})

export type TrackedMeaning = z.output<typeof TrackedMeaning>

/** Tracked events by name, and what each means. */
export type TrackedMeanings = ReadonlyMap<string, TrackedMeaning>

/** Reads meanings from JSON text, such as `{"Tokens Used":{"meter":"tokens","value":"count","customer":"group"}}`. */
export const TrackedMeanings = z.string().transform((text, context): TrackedMeanings => {
  const parsed = z.record(z.string(), TrackedMeaning).safeParse(jsonOf(text))
  if (parsed.success && Object.keys(parsed.data).length > 0) return new Map(Object.entries(parsed.data))
  const faults = parsed.success ? [] : parsed.error.issues
  const found = faults.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; ')
  const example = 'it must be JSON such as {"Tokens Used":{"meter":"tokens","value":"count"}}'
  context.addIssue({ code: 'custom', message: found === '' ? example : `${example}; ${found}` })
  return z.NEVER
})

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A tracked event as a product sends it; whatever else it holds is not usage. */
export type TrackedEvent = {
  readonly id: unknown
  readonly time: unknown
  readonly user: unknown
  readonly group: unknown
  readonly properties: Readonly<Record<string, unknown>>
}

/** The CloudEvent that a tracked event is as usage, not yet checked. */
export function usageOfTracked(tracked: TrackedEvent, meaning: TrackedMeaning, source: string) {
  const { meter, value, customer, properties } = meaning
  const grouping = Object.entries(properties).flatMap(([name, property]) => {
    const found = ownValue(tracked.properties, property)
    return found === undefined ? [] : [[name, typeof found === 'boolean' ? String(found) : found] as const]
  })
  return {
    specversion: '1.0',
    id: tracked.id,
    source,
    type: meter,
    subject: customer === 'group' ? tracked.group : tracked.user,
    time: tracked.time,
    data: {
      value: value === undefined ? '1' : ownValue(tracked.properties, value),
      ...(grouping.length > 0 ? { properties: Object.fromEntries(grouping) } : {}),
    },
  }
}

/** Null counts as absent. */
function ownValue(properties: TrackedEvent['properties'], name: string): unknown {
  return Object.hasOwn(properties, name) ? (properties[name] ?? undefined) : undefined
}
