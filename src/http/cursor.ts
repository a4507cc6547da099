import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { HonoRequest } from 'hono'
import { ProblemError } from './problem.ts'

/** Seals and opens the cursors of one list for one caller. */
export type Cursors = {
  /** What follows `last` in the list, as text for the caller. */
  seal(last: string): string
  /** The place a cursor stands for; undefined where none was sent. Throws ProblemError (400) for one we did not give. */
  open(cursor: string | undefined): string | undefined
}

/**
 * Cursors are bound to the caller's key, the list and its filters: whoever has the key can read no more with a made-up one, and one that was
 * mistyped, cut or taken from another list is noticed. The key's own secret seals them, so no process needs another.
 */
export function cursorsFor(request: HonoRequest): Cursors {
  const secret = request.header('authorization') ?? ''
  const query = new URL(request.url).searchParams
  const filters = [...query].filter(([name]) => name !== 'cursor' && name !== 'limit').sort()
  const list = JSON.stringify([request.path, filters])
  const sealOf = (last: string) =>
    createHmac('sha256', secret).update(`${list}\n${last}`).digest('base64url').slice(0, 22)
  return {
    seal: (last) => `${Buffer.from(last).toString('base64url')}.${sealOf(last)}`,
    open: (cursor) => {
      if (cursor === undefined) return undefined
      const [place = '', seal = ''] = cursor.split('.')
      const last = Buffer.from(place, 'base64url').toString()
      if (!isEqual(seal, sealOf(last))) throw notOurs()
      return last
    },
  }
}

function isEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function notOurs(): ProblemError {
  const detail = 'The cursor is not one that was given for this list with these filters to this key.'
  return new ProblemError({ status: 400, code: 'invalid-cursor', detail })
}

const limitRange = 'must be a whole number from 1 to 200'

/** The parameters every list takes. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,6}$/, limitRange)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 200, limitRange)
    .default(50)
    .openapi({ type: 'integer', minimum: 1, maximum: 200, default: 50 }),
  cursor: z.string().max(1_000).optional().openapi({ description: 'next_cursor of the page before.' }),
}

/** A page of a list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ object: z.literal('list'), data: z.array(item), next_cursor: z.string().nullable() })

/** Makes a page of rows, of which one more than `limit` was asked for. */
export function page<Row, Out>(
  rows: readonly Row[],
  limit: number,
  cursors: Cursors,
  placeOf: (row: Row) => string,
  out: (row: Row) => Out,
): { object: 'list'; data: Out[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const goesOn = rows.length > limit && last !== undefined
  return { object: 'list', data: shown.map(out), next_cursor: goesOn ? cursors.seal(placeOf(last)) : null }
}
