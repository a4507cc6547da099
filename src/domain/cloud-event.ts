import * as z from 'zod'
import type { UsageEvent } from './usage.ts'

/** CloudEvents strings hold no control characters and no half surrogates (CloudEvents 1.0, "Type System"). */
const attribute = (longest: number) =>
  z
    .string('must be text')
    .max(longest, `must have at most ${longest} characters`)
    .refine((text) => text.trim() !== '', 'must not be blank')
    .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must not hold control characters')

/** At most 18 digits before the point and 12 after it. */
const quantity = z
  .string('must be a decimal written as text, because JSON numbers lose digits')
  .regex(
    /^\d{1,18}(\.\d{1,12})?$/,
    'must be a decimal of zero or more, with at most 18 digits and 12 decimals',
  )

const mostProperties = 50

/** Names that mean something else to JavaScript are refused wherever they could become keys. */
const propertyName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/,
    'must begin with a letter and hold letters, digits, _ . and - only',
  )
  .refine((name) => !['constructor', 'prototype'].includes(name), 'is not a name to group by')

/** A record leaves this name out without a word, so it is looked for before. */
const namesNoPrototype = (value: unknown) =>
  typeof value !== 'object' || value === null || !Object.hasOwn(value, '__proto__')

const Properties = z
  .unknown()
  .refine(namesNoPrototype, 'must not have a name __proto__')
  .pipe(
    z
      .record(propertyName, attribute(500))
      .refine(
        (names) => Object.keys(names).length <= mostProperties,
        `must have at most ${mostProperties} names`,
      ),
  )
  .meta({
    type: 'object',
    additionalProperties: { type: 'string', maxLength: 500 },
    description: `By what the use can be grouped; at most ${mostProperties} names.`,
  })

/** What an event counts, and by what it can be grouped. */
export const UsageContent = z.strictObject(
  {
    value: quantity.meta({ example: '500000' }),
    properties: Properties.optional(),
  },
  'must be an object with value',
)

/**
 * One metered event: a CloudEvent 1.0 whose `type` is the meter and whose `subject` is the customer, by any id under which the hub knows
 * it. Extensions of CloudEvents that tools add on the way are taken and not kept.
 */
export const CloudEvent = z
  .strictObject(
    {
      specversion: z.literal('1.0', 'must be "1.0"'),
      id: attribute(512).meta({ example: 'req-7f3a' }),
      source: attribute(512).meta({ example: 'acme/gateway' }),
      type: z
        .string('must be the name of a meter')
        .regex(/^[a-z0-9_.-]{1,100}$/, 'must be the name of a meter: small letters, digits, _ . and -')
        .meta({ example: 'tokens' }),
      subject: attribute(256).meta({ example: 'cus_0198…' }),
      time: z.iso
        .datetime({ offset: true, error: 'must be a time with its zone, such as 2026-01-31T18:00:00Z' })
        .refine((time) => !(new Date(time).getUTCFullYear() < 1), 'must lie in a year that there was')
        .meta({ example: '2026-01-31T18:00:00Z' }),
      data: UsageContent,
      datacontenttype: z
        .string()
        .regex(/^application\/json\s*(;.*)?$/i, 'must be application/json')
        .optional(),
      dataschema: z.string().max(2_000).optional(),
      traceparent: z.string().max(200).optional(),
      tracestate: z.string().max(2_000).optional(),
      partitionkey: z.string().max(512).optional(),
      sequence: z.string().max(200).optional(),
    },
    'must be an object',
  )
  .meta({ id: 'UsageEvent' })

export type CloudEvent = z.output<typeof CloudEvent>

/** Makes the domain's event of a CloudEvent. Equal decimals are written alike, so `7.0` sent again as `7` is the same event. */
export function usageEventOf({ id, source, type, subject, time, data }: CloudEvent): UsageEvent {
  return {
    source,
    id,
    meter: type,
    subject,
    occurredAt: new Date(time),
    value: canonicalDecimal(data.value),
    properties: data.properties ?? {},
  }
}

/** A decimal in the one form that equal ones share. */
export function canonicalDecimal(decimal: string): string {
  if (!decimal.startsWith('0') && !decimal.includes('.')) return decimal
  const [whole = '0', fraction = ''] = decimal.split('.')
  const digits = fraction.replace(/0+$/, '')
  const leading = whole.replace(/^0+(?=\d)/, '')
  return digits === '' ? leading : `${leading}.${digits}`
}
