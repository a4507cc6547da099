import * as z from 'zod'
import { aggregations } from './aggregation.ts'
import type { MeterDefinition, MeterFilter, ValuePath } from './meter.ts'
import type { Result } from './result.ts'
import { ok, refused } from './result.ts'

/** A definition as a file gives it; without `effectiveFrom` whoever publishes it says from when it holds. */
export type WrittenMeter = {
  readonly definition: MeterDefinition
  readonly effectiveFrom: Date | null
}

const meterName = (what: string) =>
  z
    .string(`must be the name of ${what}`)
    .regex(/^[a-z0-9_.-]{1,100}$/, `must be the name of ${what}: small letters, digits, _ . and -`)

const words = (most: number) =>
  z
    .string('must be text')
    .trim()
    .min(1, 'must not be empty')
    .max(most, `must have at most ${most} characters`)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters')

const propertyName = z
  .string('must be the name of a property')
  .regex(
    /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/,
    'must be the name of a property: a letter first, then letters, digits, _ . and -',
  )

const pathText = z
  .string('must be value or properties.<name>')
  .regex(/^(value|properties\.[A-Za-z][A-Za-z0-9_.-]{0,99})$/, 'must be value or properties.<name>')

const values = z
  .array(z.string('must be text; put it in quotes').max(500), 'must be a list of values')
  .min(1, 'must name a value')
  .max(1000, 'must name at most 1000 values')

const Filter = z
  .strictObject({
    property: propertyName,
    oneOf: values.optional(),
    noneOf: values.optional(),
    present: z.literal(true, 'must be true, or left out').optional(),
  })
  .refine(
    ({ oneOf, noneOf, present }) =>
      [oneOf, noneOf, present].filter((test) => test !== undefined).length === 1,
    'must have exactly one of oneOf, noneOf and present',
  )

const mostGroups = 10_000

const Written = z
  .strictObject(
    {
      format: z.literal(1, 'must be 1'),
      name: meterName('a meter'),
      displayName: words(100),
      unit: words(50),
      eventType: meterName('a type of event'),
      aggregation: z.enum(aggregations, `must be one of ${aggregations.join(', ')}`),
      value: pathText.optional(),
      groupBy: z
        .array(propertyName)
        .max(5, 'must name at most 5 properties')
        .refine((names) => new Set(names).size === names.length, 'must name each property once')
        .default([]),
      filters: z.array(Filter).max(20, 'must have at most 20 filters').default([]),
      groupsAtMost: z
        .int('must be a whole number')
        .min(1, 'must be at least 1')
        .max(mostGroups, `must be at most ${mostGroups}`)
        .default(1000),
      effectiveFrom: z.iso
        .datetime({ offset: true, error: 'must be an instant such as 2027-01-01T00:00:00Z' })
        .optional(),
    },
    'must hold the definition of a meter',
  )
  .superRefine(({ aggregation, value }, context) => {
    const message = valueFault(aggregation, value)
    if (message !== null) context.addIssue({ code: 'custom', path: ['value'], message })
  })

type Written = z.output<typeof Written>

function valueFault(aggregation: Written['aggregation'], value: string | undefined): string | null {
  if (aggregation === 'count') return value === undefined ? null : 'is not read by a count: leave it out'
  if (aggregation === 'unique' && !value?.startsWith('properties.'))
    return 'must be the property whose different values count, such as properties.user'
  return null
}

/** Reads the definition of a meter from a parsed file; refused with a sentence for each fault, which begins with where it is. */
export function parseMeterDefinition(document: unknown): Result<WrittenMeter, string[]> {
  const parsed = Written.safeParse(document)
  if (!parsed.success) return refused(parsed.error.issues.flatMap(sentencesOf))
  return ok(writtenMeter(parsed.data))
}

function writtenMeter(written: Written): WrittenMeter {
  const { name: meter, displayName, unit, eventType, aggregation, groupBy, groupsAtMost } = written
  const valuePath = aggregation === 'count' ? null : ((written.value ?? 'value') as ValuePath)
  const filters = written.filters.map(filterOf)
  return {
    definition: {
      meter,
      displayName,
      unit,
      eventType,
      aggregation,
      valuePath,
      groupBy,
      filters,
      groupsAtMost,
    },
    effectiveFrom: written.effectiveFrom === undefined ? null : new Date(written.effectiveFrom),
  }
}

function filterOf({ property, oneOf, noneOf }: z.output<typeof Filter>): MeterFilter {
  if (oneOf !== undefined) return { property, oneOf }
  return noneOf === undefined ? { property, present: true } : { property, noneOf }
}

function sentencesOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${[...issue.path, key].map(String).join('.')} is not part of a meter.`)
  const place = issue.path.map(String).join('.')
  return [`${place === '' ? 'The file' : place} ${issue.message}.`]
}
