import * as z from 'zod'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import { jsonOf, unreadable } from './refusal.ts'
import type { NetSuiteResponse } from './transport.ts'

/** A row of SuiteQL: lower-case names, every value a text. A null column may be left out. */
export type SuiteQlRow = Readonly<Record<string, unknown>>

/** A statement and the values of its question marks. */
export type Statement = { readonly q: string; readonly params: readonly string[] }

/** Calls NetSuite once; every answer but a success is classed already. */
export type Ask = (
  purpose: 'read' | 'write',
  method: string,
  path: string,
  request?: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string },
) => Promise<Answer<NetSuiteResponse>>

const ResultPage = z.object({
  items: z.array(z.record(z.string(), z.unknown())),
  hasMore: z.boolean(),
})

const pageSize = 1000

/**
 * Reads every row of a SuiteQL statement, page after page (`offset` must be a multiple of `limit`). The header `Prefer: transient` is
 * required (help section_157909186990).
 */
export async function query(ask: Ask, statement: Statement): Promise<Answer<readonly SuiteQlRow[]>> {
  const rows: SuiteQlRow[] = []
  for (let offset = 0; ; offset += pageSize) {
    const answer = await ask('read', 'POST', `query/v1/suiteql?limit=${pageSize}&offset=${offset}`, {
      headers: { 'content-type': 'application/json', prefer: 'transient' },
      body: JSON.stringify(statement),
    })
    if (answer.kind !== 'ok') return answer
    const page = ResultPage.safeParse(jsonOf(answer.value.text))
    if (!page.success) return unreadable(answer.value, 'read')
    rows.push(...page.data.items)
    if (!page.data.hasMore) return answered(rows)
  }
}

/** A column of a row; null where it is empty or left out. Throws TypeError for a number, which may have lost digits on its way. */
export function textOf(row: SuiteQlRow, column: string): string | null {
  const value = row[column] ?? null
  if (value !== null && typeof value !== 'string')
    throw new TypeError(`SuiteQL column ${column} is no text but ${typeof value}`)
  return value
}
