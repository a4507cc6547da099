import type { LinesBecome } from './journal-draft.ts'
import { draftJournal } from './journal-draft.ts'
import type { Fields } from './journal-fields.ts'
import { isFields, unknownFields } from './journal-fields.ts'
import { brokenRule, lockedPeriod } from './journal-rules.ts'
import type { FakeRefusal, Reply } from './reply.ts'
import { emptyReply, errorReply, invalidRequest, nonexistent, userError } from './reply.ts'
import type { JournalRecord, NetSuiteState } from './state.ts'
import { journalAt, periodHolding } from './state.ts'

/** A request that changes journals, in a form that an asynchronous job can keep. `key` is the id or `eid:` after the type. */
export type WriteRequest = {
  readonly method: string
  readonly key: string | null
  readonly replaceLines: boolean
  readonly nameValidation: string
  readonly body: string
  readonly address: string
}

/** Creates, changes or deletes a journal. */
export function writeJournal(state: NetSuiteState, request: WriteRequest): Reply {
  for (const month of state.lockBeforeWrite) lockMonth(state, month)
  state.lockBeforeWrite.clear()
  const existing = request.key === null ? undefined : journalAt(state, request.key)
  if (request.method === 'DELETE') return removeJournal(state, existing)
  const body = fieldsOf(request.body)
  if (body === null) return errorReply(invalidRequest('The request body is not a JSON object.'))
  const unknown = unknownFields(body)
  if (unknown.length > 0 && request.nameValidation === 'error') return errorReply(unknownField(unknown))
  const reply = saveJournal(state, request, body, existing)
  // By default NetSuite saves what it understands and says the rest in a header only.
  return unknown.length > 0 && request.nameValidation !== 'ignore' && reply.status === 204
    ? {
        ...reply,
        headers: { ...reply.headers, warning: `299 NetSuite "Unknown fields: ${unknown.join(', ')}"` },
      }
    : reply
}

function saveJournal(
  state: NetSuiteState,
  request: WriteRequest,
  body: Fields,
  existing: JournalRecord | undefined,
): Reply {
  if (request.method === 'POST' && request.key === null)
    return insertJournal(state, request, body, 'replaced')
  if (request.method === 'PUT' && request.key?.startsWith('eid:')) {
    const named = { ...body, externalId: request.key.slice('eid:'.length) }
    return existing === undefined
      ? insertJournal(state, request, named, 'replaced')
      : changeJournal(state, request, named, existing, request.replaceLines ? 'replaced' : 'appended')
  }
  if (request.method !== 'PATCH') return errorReply({ ...invalidRequest('Method not allowed.'), status: 405 })
  if (existing === undefined) return errorReply(nonexistent)
  return changeJournal(state, request, body, existing, request.replaceLines ? 'replaced' : 'merged')
}

function insertJournal(
  state: NetSuiteState,
  request: WriteRequest,
  body: Fields,
  linesBecome: LinesBecome,
): Reply {
  const draft = draftJournal(state, body, null, linesBecome)
  if (!draft.ok) return errorReply(draft.error)
  const { externalId } = draft.value
  if (externalId !== null && !/^[A-Za-z0-9_-]+$/.test(externalId))
    return errorReply(invalidRequest('An external id takes letters, digits, underscores and hyphens.'))
  if (externalId !== null && journalAt(state, `eid:${externalId}`) !== undefined)
    return errorReply(userError('This record already exists'))
  const refusal = brokenRule(state, draft.value)
  if (refusal !== null) return errorReply(refusal)
  const id = String(state.nextId++)
  state.journals.set(id, { ...draft.value, id, tranId: draft.value.tranId || `JE${id}` })
  return saved(request, id)
}

function changeJournal(
  state: NetSuiteState,
  request: WriteRequest,
  body: Fields,
  existing: JournalRecord,
  linesBecome: LinesBecome,
): Reply {
  const draft = draftJournal(state, body, existing, linesBecome)
  if (!draft.ok) return errorReply(draft.error)
  const refusal = lockedPeriod(state, existing) ?? brokenRule(state, draft.value)
  if (refusal !== null) return errorReply(refusal)
  state.journals.set(existing.id, draft.value)
  return saved(request, existing.id)
}

function removeJournal(state: NetSuiteState, existing: JournalRecord | undefined): Reply {
  if (existing === undefined) return errorReply(nonexistent)
  const refusal = lockedPeriod(state, existing)
  if (refusal !== null) return errorReply(refusal)
  state.journals.delete(existing.id)
  return emptyReply(204, {})
}

function saved(request: WriteRequest, id: string): Reply {
  return emptyReply(204, { location: `${request.address}/services/rest/record/v1/journalEntry/${id}` })
}

function unknownField(unknown: readonly string[]): FakeRefusal {
  const [first = ''] = unknown
  return {
    status: 400,
    code: 'INVALID_CONTENT',
    detail: `Error while accessing a resource. Unknown field: ${first}.`,
    path: first,
  }
}

function lockMonth(state: NetSuiteState, month: string): void {
  const period = periodHolding(state, `${month}-01`)
  if (period !== undefined) period.allLocked = true
}

function fieldsOf(text: string): Fields | null {
  try {
    const body: unknown = JSON.parse(text)
    return isFields(body) ? body : null
  } catch {
    return null
  }
}
