import { type Answer, answered } from '../../src/ports/answer.ts'
import { broken, type Failure } from './answers.ts'
import { isJsonObject, type Json, type JsonObject } from './exact-json.ts'
import type { Session } from './session.ts'

/** Rows of a query. `cutOff` is why a later page could not be read: the rows before it are whole. */
export type Rows = { readonly rows: readonly JsonObject[]; readonly cutOff: Failure | null }

/** Asks in SOQL. `withDeleted` also sees the recycle bin. */
export async function query(session: Session, soql: string, withDeleted = false): Promise<Answer<Rows>> {
  const first = pageFrom(
    await session.get(`/${withDeleted ? 'queryAll' : 'query'}?q=${encodeURIComponent(soql)}`),
  )
  if (first.kind !== 'ok') return first
  return answered(await followPages(session, first.value))
}

/** The rows of a child relation inside a row; null when the relation is empty. Further pages are fetched. */
export async function childRows(session: Session, relation: Json | undefined): Promise<Answer<Rows>> {
  if (relation === null || relation === undefined) return answered({ rows: [], cutOff: null })
  const first = pageFrom(answered(relation))
  return first.kind === 'ok' ? answered(await followPages(session, first.value)) : first
}

/** Refuses rows that do not reach the end. */
export function whole(answer: Answer<Rows>): Answer<readonly JsonObject[]> {
  if (answer.kind !== 'ok') return answer
  return answer.value.cutOff ?? answered(answer.value.rows)
}

type QueryPage = { readonly records: readonly JsonObject[]; readonly next: string | null }

async function followPages(session: Session, first: QueryPage): Promise<Rows> {
  const rows = [...first.records]
  for (let next = first.next; next !== null;) {
    const page = pageFrom(await session.get(next))
    if (page.kind !== 'ok') return { rows, cutOff: page }
    rows.push(...page.value.records)
    next = page.value.next
  }
  return { rows, cutOff: null }
}

function pageFrom(answer: Answer<Json>): Answer<QueryPage> {
  if (answer.kind !== 'ok') return answer
  const records = isJsonObject(answer.value) ? answer.value['records'] : undefined
  if (!isJsonObject(answer.value) || !Array.isArray(records))
    return broken('A query answered without records')
  const { done, nextRecordsUrl } = answer.value
  if (done === true) return answered({ records: records as JsonObject[], next: null })
  if (typeof nextRecordsUrl !== 'string') return broken('A query is not done and names no next page')
  return answered({ records: records as JsonObject[], next: nextRecordsUrl })
}

/** A text as a SOQL literal. */
export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`
}
