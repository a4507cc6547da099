import qs from 'qs'
import * as z from 'zod'
import type { StripeRefusal } from './refusal.ts'
import { malformedRequest } from './refusal.ts'

/** Pieces of parameter lists. Form bodies carry text only, so each piece reads text. An empty text clears what can be cleared. */
export const text = z.string().min(1).max(5000)

export const whole = z
  .string()
  .regex(/^-?\d{1,18}$/, 'Invalid integer')
  .transform(Number)

export const amount = z
  .string()
  .regex(/^-?\d{1,18}$/, 'Invalid integer')
  .transform(BigInt)

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

/** An exact decimal of minor units: at most twelve places. */
export const decimal = z.string().regex(/^-?\d{1,18}(\.\d{1,12})?$/, 'Invalid decimal')

export const metadata = z.record(z.string().max(40), z.string().max(500)).refine((map) => {
  return Object.keys(map).length <= 50
}, 'Metadata can have at most 50 keys')

/** A piece that an empty text clears. */
export function clearable<T extends z.ZodType>(piece: T) {
  return z.union([z.literal('').transform(() => null), piece])
}

/** A parameter Stripe has and the twin does not model. Sending it is refused by name, so that nobody believes it worked. */
export const notModelled = z.undefined({ error: 'not-modelled' })

/** A group of parameters: those modelled, and the names of those that are not. */
export function group<T extends z.core.$ZodLooseShape, const N extends readonly string[] = readonly []>(
  shape: T,
  unmodelled?: N,
) {
  const rest = Object.fromEntries((unmodelled ?? []).map((name) => [name, notModelled.optional()])) as {
    [Name in N[number]]: z.ZodOptional<typeof notModelled>
  }
  return z.strictObject({ ...shape, ...rest })
}

const createdRange = group({
  gt: whole.optional(),
  gte: whole.optional(),
  lt: whole.optional(),
  lte: whole.optional(),
})

/** What every list takes. */
export const listShape = {
  limit: whole.refine((limit) => limit >= 1 && limit <= 100, 'Limit must be from 1 to 100').optional(),
  starting_after: text.optional(),
  ending_before: text.optional(),
}

/** The filter on creation time most lists take: a second, or a range. */
export const created = z
  .union([whole.transform((second) => ({ gte: second, lte: second })), createdRange])
  .optional()

export const discountAsked = group({
  coupon: text.optional(),
  discount: text.optional(),
  promotion_code: text.optional(),
})

export const address = group({
  city: z.string().optional(),
  country: z.string().optional(),
  line1: z.string().optional(),
  line2: z.string().optional(),
  postal_code: z.string().optional(),
  state: z.string().optional(),
})

/** The lines printed on invoices: at most four, a name up to 40 characters and a value up to 140. */
export const customFields = z
  .array(group({ name: text.max(40), value: text.max(140) }))
  .max(4, 'You can have at most 4 custom fields')

/** Reads a form body or a query string with brackets. */
export function decodeForm(body: string): Record<string, unknown> {
  return qs.parse(body, {
    depth: 12,
    arrayLimit: 1000,
    parameterLimit: 10_000,
    plainObjects: false,
  }) as Record<string, unknown>
}

/** Reads a JSON body; throws the refusal for one that is not an object. */
export function decodeJson(body: string): Record<string, unknown> {
  try {
    const value: unknown = body === '' ? {} : JSON.parse(body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // Falls through to the refusal: what is not JSON is as wrong as what is not an object.
  }
  throw malformedRequest('The request body is not a JSON object')
}

/** Checks decoded parameters against a list; throws the refusal for the first fault. */
export function readParameters<T extends z.ZodType>(list: T, raw: Record<string, unknown>): z.output<T> {
  const result = list.safeParse(raw)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw issue === undefined ? malformedRequest('Invalid request') : refusalOf(issue, [], raw)
}

function refusalOf(
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
  raw: Record<string, unknown>,
): StripeRefusal {
  const path = [...above, ...issue.path]
  const param = bracketed(path)
  if (issue.code === 'invalid_union') {
    const deeper = issue.errors.at(-1)?.[0]
    if (deeper) return refusalOf(deeper, path, raw)
  }
  if (issue.code === 'unrecognized_keys') {
    const unknown = bracketed([...path, issue.keys[0] ?? ''])
    return malformedRequest(`Received unknown parameter: ${unknown}`, {
      code: 'parameter_unknown',
      param: unknown,
    })
  }
  return refusalOfValue(issue, param, valueAt(raw, path))
}

function refusalOfValue(issue: z.core.$ZodIssue, param: string, value: unknown): StripeRefusal {
  if (issue.message === 'not-modelled')
    return malformedRequest(`This twin of Stripe does not model the parameter ${param}`, {
      code: 'not_modelled_by_twin',
      param,
    })
  if (value === undefined)
    return malformedRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param })
  if (value === '')
    return malformedRequest(`You passed an empty string for '${param}', which cannot be unset.`, {
      code: 'parameter_invalid_empty',
      param,
    })
  if (issue.message === 'Invalid integer')
    return malformedRequest(`Invalid integer: ${String(value)}`, { code: 'parameter_invalid_integer', param })
  if (issue.code === 'too_big' && typeof value === 'string')
    return malformedRequest(`Invalid string: ${param} must be at most ${String(issue.maximum)} characters`, {
      param,
    })
  return malformedRequest(`Invalid ${param}: ${issue.message}`, { param })
}

function bracketed(path: readonly PropertyKey[]): string {
  const [first = '', ...rest] = path.map(String)
  return first + rest.map((part) => `[${part}]`).join('')
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    raw,
  )
}
