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

/** The attributes that every event has, and those that tools add on the way: they are taken and not kept. */
const attributes = {
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
  datacontenttype: z
    .string()
    .regex(/^application\/json\s*(;.*)?$/i, 'must be application/json')
    .optional(),
  dataschema: z.string().max(2_000).optional(),
  traceparent: z.string().max(200).optional(),
  tracestate: z.string().max(2_000).optional(),
  partitionkey: z.string().max(512).optional(),
  sequence: z.string().max(200).optional(),
}

const namesItself = 'must name an earlier event, and not its own'

/**
 * One metered event: a CloudEvent 1.0 whose `type` is the meter and whose `subject` is the customer, by any id under which the hub knows
 * it. With `replaces` it counts in the place of an earlier event of its source.
 */
export const CloudEvent = z
  .strictObject(
    {
      ...attributes,
      data: UsageContent,
      replaces: attribute(512)
        .meta({ description: 'The id of an event of the same source, in whose place this one counts.' })
        .optional(),
    },
    'must be an object',
  )
  .refine(({ id, replaces }) => id !== replaces, { path: ['replaces'], error: namesItself })
  .meta({ id: 'UsageEvent' })

export type CloudEvent = z.output<typeof CloudEvent>

/**
 * A CloudEvent 1.0 without data that takes an earlier event of its source away. `type` and `subject` are those of that event, `time` is when
 * it was retracted.
 */
export const UsageRetraction = z
  .strictObject(
    {
      ...attributes,
      retracts: attribute(512).meta({
        example: 'req-7f3a',
        description: 'The id of an event of the same source, which counts no longer.',
      }),
    },
    'must be an object',
  )
  .refine(({ id, retracts }) => id !== retracts, { path: ['retracts'], error: namesItself })
  .meta({ id: 'UsageRetraction' })

export type UsageRetraction = z.output<typeof UsageRetraction>

/** Whether a document is meant as a retraction. */
export function isRetraction(document: unknown): boolean {
  return typeof document === 'object' && document !== null && Object.hasOwn(document, 'retracts')
}

/** Makes the domain's event of a CloudEvent. Equal decimals are written alike, so `7.0` sent again as `7` is the same event. */
export function usageEventOf({ id, source, type, subject, time, data, replaces }: CloudEvent): UsageEvent {
  return {
    source,
    id,
    meter: type,
    subject,
    occurredAt: new Date(time),
    value: canonicalDecimal(data.value),
    properties: data.properties ?? {},
    ...(replaces === undefined ? {} : { corrects: { kind: 'replacement', id: replaces } }),
  }
}

/** Makes the domain's event of a retraction: no use, and in its properties what it retracts, so that it says so wherever it is kept. */
export function retractionOf({ id, source, type, subject, time, retracts }: UsageRetraction): UsageEvent {
  return {
    source,
    id,
    meter: type,
    subject,
    occurredAt: new Date(time),
    value: '0',
    properties: { retracts },
    corrects: { kind: 'retraction', id: retracts },
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
