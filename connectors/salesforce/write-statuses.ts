import type { CrmStatus, StatusUpdate, StatusWritten } from '../../src/ports/crm.ts'
import { type Answer, answered } from '../../src/ports/answer.ts'
import { broken } from './answers.ts'
import type { Describer, ObjectDescription } from './describe.ts'
import { isJsonObject, type Json, type JsonObject } from './exact-json.ts'
import { query, quoted, whole } from './query.ts'
import { isRecordId, widenId } from './record-id.ts'
import type { Session } from './session.ts'

/** Where sales sees our status. A null leaves that part out. */
export type StatusFields = {
  readonly status: string
  readonly message: string | null
  readonly link: string | null
}

export const defaultStatusFields: StatusFields = {
  status: 'Tieout_Status__c',
  message: 'Tieout_Message__c',
  link: 'Tieout_Link__c',
}

export type StatusWriter = {
  readonly session: Session
  readonly describer: Describer
  readonly statusFields: StatusFields
}

type Wanted = { readonly dealId: string; readonly fields: Readonly<Record<string, string>> }

/**
 * Writes statuses that differ from what the CRM shows; equal ones are left alone, so that no write-back of ours stirs up another
 * round of messages. Setting a status is repeatable: a lost answer is simply tried again.
 */
export async function writeStatuses(
  writer: StatusWriter,
  updates: readonly StatusUpdate[],
): Promise<Answer<StatusWritten[]>> {
  const description = await writer.describer.describe('Opportunity')
  if (description.kind !== 'ok') return description
  const missing = missingField(writer.statusFields, description.value)
  if (missing !== null) return answered(updates.map(({ dealId }) => ({ dealId, refusal: missing })))
  const wanted = updates.map((update) => wantedFrom(update, writer.statusFields, description.value))
  const current = await readCurrent(writer, wanted)
  if (current.kind !== 'ok') return current
  const changed = wanted.filter((each) => differs(each, current.value.get(widenId(each.dealId))))
  const refusals = await write(writer, changed)
  if (refusals.kind !== 'ok') return refusals
  return answered(updates.map(({ dealId }) => ({ dealId, refusal: refusals.value.get(dealId) ?? null })))
}

/** Says which status field the organisation lacks or forbids us to write; null when all are there. */
function missingField(fields: StatusFields, description: ObjectDescription): string | null {
  for (const name of Object.values(fields)) {
    if (name === null || description?.get(name)?.updateable) continue
    return `The field ${name} does not exist on Opportunity, or the connected user may not edit it`
  }
  return null
}

function wantedFrom(update: StatusUpdate, fields: StatusFields, description: ObjectDescription): Wanted {
  const wanted: Record<string, string> = {}
  const set = (name: string | null, text: CrmStatus | string) => {
    if (name !== null) wanted[name] = cut(text.trim(), description?.get(name)?.length ?? 0)
  }
  set(fields.status, update.status)
  set(fields.message, update.message)
  set(fields.link, update.link)
  return { dealId: update.dealId, fields: wanted }
}

/** A text longer than its field would be refused whole. */
function cut(text: string, length: number): string {
  return length > 0 && text.length > length ? `${text.slice(0, length - 1)}…` : text
}

async function readCurrent(
  { session, statusFields }: StatusWriter,
  wanted: readonly Wanted[],
): Promise<Answer<ReadonlyMap<string, JsonObject>>> {
  const ids = wanted.map(({ dealId }) => dealId).filter(isRecordId)
  if (ids.length === 0) return answered(new Map())
  const columns = ['Id', ...Object.values(statusFields).filter((name) => name !== null)]
  const soql = `SELECT ${columns.join(', ')} FROM Opportunity WHERE Id IN (${ids.map(quoted).join(', ')})`
  const rows = whole(await query(session, soql))
  if (rows.kind !== 'ok') return rows
  return answered(new Map(rows.value.map((row) => [String(row['Id']), row])))
}

/** Salesforce keeps an empty text as null. */
function differs(wanted: Wanted, current: JsonObject | undefined): boolean {
  return Object.entries(wanted.fields).some(([name, text]) => (current?.[name] ?? '') !== text)
}

async function write(
  { session }: StatusWriter,
  changed: readonly Wanted[],
): Promise<Answer<ReadonlyMap<string, string>>> {
  if (changed.length === 0) return answered(new Map())
  const records = changed.map(({ dealId, fields }) => ({
    attributes: { type: 'Opportunity' },
    id: dealId,
    ...fields,
  }))
  const answer = await session.patch('/composite/sobjects', { allOrNone: false, records })
  if (answer.kind !== 'ok') return answer
  return refusalsFrom(answer.value, changed)
}

/** Results come in the order of the records. A locked row will be free again soon, and writing all once more is harmless. */
function refusalsFrom(results: Json, changed: readonly Wanted[]): Answer<ReadonlyMap<string, string>> {
  if (!Array.isArray(results) || results.length !== changed.length)
    return broken('A write of several records did not answer one result for each')
  const refusals = new Map<string, string>()
  for (const [index, { dealId }] of changed.entries()) {
    const error = errorOf((results as Json[])[index])
    if (error?.code === 'UNABLE_TO_LOCK_ROW') return { kind: 'transient', detail: error.message }
    if (error) refusals.set(dealId, `${error.code}: ${error.message}`)
  }
  return answered(refusals)
}

function errorOf(result: Json | undefined): { readonly code: string; readonly message: string } | null {
  if (!isJsonObject(result)) return { code: 'NO_RESULT', message: 'Salesforce gave no result' }
  if (result['success'] === true) return null
  const [first] = Array.isArray(result['errors']) ? (result['errors'] as Json[]) : []
  if (!isJsonObject(first)) return { code: 'NO_REASON', message: 'Salesforce gave no reason' }
  return { code: String(first['statusCode']), message: String(first['message']) }
}
