import { z } from '@hono/zod-openapi'
import type { Money } from '../domain/money.ts'

/** Money in answers: minor units as a string, because JSON numbers end at 2^53. */
export const MoneyShape = z
  .object({ amount: z.string().regex(/^-?\d+$/), currency: z.string().regex(/^[A-Z]{3}$/) })
  .openapi('Money', {
    description: 'An amount in the smallest unit of its currency: 960 USD is 9.60 dollars.',
    example: { amount: '960', currency: 'USD' },
  })

export const ProblemShape = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    request_id: z.string().optional(),
    retryable: z.boolean(),
    doc_url: z.string(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem', { description: 'RFC 9457. `type` resolves to a page that says what to do.' })

export const Instant = z.iso.datetime().openapi({ description: 'RFC 3339, UTC.' })
export const Day = z.iso.date()
export const MonthShape = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'Write a month as YYYY-MM')
  .openapi({ example: '2026-01' })

/** Writes an amount for an answer. */
export function moneyOut({ amountMinor, currency }: Money): z.output<typeof MoneyShape> {
  return { amount: amountMinor.toString(), currency }
}

/** Writes an instant for an answer, null when there is none. */
export function instantOut(instant: Date): string
export function instantOut(instant: Date | null): string | null
export function instantOut(instant: Date | null): string | null {
  return instant === null ? null : instant.toISOString()
}

/** The answers an address can give besides the good one, for its description. */
export function problemAnswers(...statuses: readonly number[]) {
  const content = { 'application/problem+json': { schema: ProblemShape } }
  return Object.fromEntries(
    statuses.map((status) => [status, { description: words[status] ?? 'Problem', content }]),
  )
}

const words: Readonly<Record<number, string>> = {
  400: 'The request cannot be read.',
  401: 'The key is missing, unknown, ended or of the other environment.',
  403: 'The key lacks a scope.',
  404: 'There is no such thing.',
  409: 'The state does not allow this.',
  413: 'Too much at once.',
  415: 'The content type or encoding is not taken.',
  422: 'The body does not have the form asked for.',
  503: 'The database cannot be used now: send the same again.',
}

/**
 * Writes the names of a structure with underscores, at every depth. What stands under one of `kept` names things of the customer's own and
 * stays as it is.
 */
export function underscored(value: unknown, kept: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => underscored(item, kept))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      kept.includes(name) ? held : underscored(held, kept),
    ]),
  )
}
