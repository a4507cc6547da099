import * as z from 'zod'
import type { BooksSettings } from '../../src/domain/books.ts'
import { booksAccountOf, entityOf, memoOf } from '../../src/domain/books.ts'
import type { IssueCode } from '../../src/domain/issue.ts'
import type { JournalEntry } from '../../src/domain/journal.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../src/ports/answer.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Erp, PostedJournal } from '../../src/ports/erp.ts'
import { concurrencyGate } from './concurrency-gate.ts'
import { journalBody, shortened } from './journal-body.ts'
import { externalIdPrefix, isOpenPeriod, periodStatement, totalsOf, totalsStatement } from './read-back.ts'
import { referenceFaults } from './references.ts'
import type { Refusal } from './refusal.ts'
import { isMissing, jsonOf, lostAnswer, refusalOf, unreadable } from './refusal.ts'
import type { Ask, Statement, SuiteQlRow } from './suiteql.ts'
import { query } from './suiteql.ts'
import type { NetSuiteResponse, NetSuiteTransport } from './transport.ts'

/** What the connector works with. `concurrency` is how many calls it makes at once, two when unset. */
export type NetSuiteConnection = {
  readonly settings: BooksSettings
  readonly transport: NetSuiteTransport
  readonly clock: Clock
  readonly concurrency?: number
}

const journals = 'record/v1/journalEntry'

const Reference = z.object({ id: z.string() })

const FoundJournal = z.object({
  id: z.string().min(1),
  externalId: z.string(),
  tranDate: z.string().exactOptional(),
  memo: z.string().exactOptional(),
  subsidiary: Reference.exactOptional(),
  currency: Reference.exactOptional(),
})

/**
 * Makes the Erp port over SuiteTalk REST. Journals are created by POST and never by PUT on `eid:`, which would add lines to a journal
 * that is already there (help section_1545297048): the caller looks one up before it posts, and again when an answer is `unknown`.
 */
export function createNetSuiteErp({ settings, transport, clock, concurrency = 2 }: NetSuiteConnection): Erp {
  const ask = asker(transport, clock, concurrency)
  return {
    findJournal: (externalId, entry) => findJournal(ask, externalId, entry, settings),
    postJournal: (entry) => postJournal(ask, entry, settings),
    referenceFaults: (entity, accounts) => referenceFaults(ask, settings, entity, accounts),
    isOpen: async (entity, month) =>
      entityOf(settings, entity) === null
        ? unknownEntity(entity)
        : readRows(ask, periodStatement(month), isOpenPeriod),
    totals: async (entity, month, currency) => {
      const subsidiary = entityOf(settings, entity)?.subsidiary
      const currencyId = settings.currencies[currency]
      if (subsidiary === undefined) return unknownEntity(entity)
      if (currencyId === undefined) return missingId('currency', currency)
      return readRows(ask, totalsStatement(subsidiary, month, currencyId), (rows) =>
        totalsOf(rows, currency, settings),
      )
    },
  }
}

/** Calls through the gate, and classes everything but a success. */
function asker(transport: NetSuiteTransport, clock: Clock, concurrency: number): Ask {
  const gate = concurrencyGate(concurrency, clock)
  return async (purpose, method, path, request = {}) => {
    const response = await gate
      .run(() => transport.request(method, path, request))
      .catch((error: unknown) => lostAnswer(error, purpose))
    if ('kind' in response) return response
    if (response.status === 429) return { kind: 'throttled', retryAfterMilliseconds: gate.throttled() }
    gate.accepted()
    const isSuccess = response.status >= 200 && response.status < 300
    return isSuccess ? answered(response) : refusalOf(response, purpose)
  }
}

async function findJournal(
  ask: Ask,
  externalId: string,
  entry: JournalEntry | undefined,
  settings: BooksSettings,
): Promise<Answer<PostedJournal | null>> {
  assertOurs(externalId)
  const answer = await ask('read', 'GET', `${journals}/eid:${externalId}`)
  if (isMissing(answer)) return answered(null)
  if (answer.kind !== 'ok') return answer
  const journal = FoundJournal.safeParse(jsonOf(answer.value.text))
  if (!journal.success) return unreadable(answer.value, 'read')
  if (journal.data.externalId !== externalId)
    return { kind: 'broken', detail: `Asked for journal ${externalId}, got ${journal.data.externalId}` }
  const others = entry === undefined ? [] : differences(journal.data, entry, settings)
  if (others.length > 0) {
    const detail = `Journal ${journal.data.id} carries ${externalId} and has another ${others.join(', another ')} than ours`
    return { kind: 'conflict', code: 'ERP_ID_TAKEN' satisfies IssueCode, detail }
  }
  return answered({ externalId, erpId: journal.data.id })
}

/** In what a journal differs from the one we would write under its id: a person may have used the id for one of their own. */
function differences(
  found: z.output<typeof FoundJournal>,
  entry: JournalEntry,
  settings: BooksSettings,
): string[] {
  const subsidiary = entityOf(settings, entry.entity)?.subsidiary
  const fields: [string, boolean][] = [
    ['subsidiary', found.subsidiary !== undefined && found.subsidiary.id !== subsidiary],
    ['currency', found.currency !== undefined && found.currency.id !== settings.currencies[entry.currency]],
    ['date', found.tranDate !== undefined && found.tranDate !== entry.postedOn],
    ['memo', found.memo !== shortened(memoOf(settings, entry))],
  ]
  return fields.flatMap(([name, differs]) => (differs ? [name] : []))
}

async function postJournal(
  ask: Ask,
  entry: JournalEntry,
  settings: BooksSettings,
): Promise<Answer<PostedJournal>> {
  assertOurs(entry.externalId)
  assertWritable(entry)
  const body = journalBody(entry, settings)
  if (!body.ok) return body.error
  const answer = await ask('write', 'POST', journals, {
    headers: {
      'content-type': 'application/json',
      // The default, Warning, would accept a journal and drop what it does not know.
      'x-netsuite-propertynamevalidation': 'Error',
    },
    body: body.value,
  })
  if (answer.kind !== 'ok') return withField(answer, entry, settings)
  return created(answer.value, entry.externalId)
}

/** A created record answers with its address and nothing else; whatever differs has to be looked up. */
function created(response: NetSuiteResponse, externalId: string): Answer<PostedJournal> {
  const erpId = /\/journalEntry\/(\d+)$/.exec(response.headers['location'] ?? '')?.[1]
  return erpId === undefined || response.text !== ''
    ? unreadable(response, 'write')
    : answered({ externalId, erpId })
}

/** The refusal of an account names its id in the text only: this finds the line. One for a field that was left out names the field. */
function withField(refusal: Refusal, entry: JournalEntry, settings: BooksSettings): Refusal {
  if (refusal.kind !== 'rejected' || refusal.field !== null) return refusal
  const missing = /please enter (?:a )?value(?:\(s\))? for:? (.+)$/i.exec(refusal.detail)?.[1]
  if (missing !== undefined) return { ...refusal, field: missing }
  const refusedId = /account reference key (\S+)/i.exec(refusal.detail)?.[1]
  const index = entry.lines.findIndex(
    ({ account }) => refusedId !== undefined && booksAccountOf(settings, account)?.account === refusedId,
  )
  return index < 0 ? refusal : { ...refusal, field: `line.items[${index}].account` }
}

async function readRows<T>(
  ask: Ask,
  statement: Statement,
  meaning: (rows: readonly SuiteQlRow[]) => T,
): Promise<Answer<T>> {
  const rows = await query(ask, statement)
  try {
    return mapAnswer(rows, meaning)
  } catch (error) {
    return { kind: 'broken', detail: `SuiteQL answered what it should not: ${(error as Error).message}` }
  }
}

function unknownEntity(entity: string): Refusal {
  return missingId('subsidiary', `entity "${entity}"`)
}

function missingId(field: string, what: string): Refusal {
  return {
    kind: 'rejected',
    code: 'ERP_REFERENCE_INVALID',
    detail: `The books' settings have no NetSuite id for ${what}`,
    field,
  }
}

/** An external id goes into a path as `eid:`, which takes letters, digits, `_` and `-`; without our prefix totals would miss it. */
function assertOurs(externalId: string): void {
  if (!/^[A-Za-z0-9_-]+$/.test(externalId) || !externalId.startsWith(externalIdPrefix))
    throw new RangeError(`"${externalId}" is not an external id of ours`)
}

function assertWritable(entry: JournalEntry): void {
  if (entry.lines.length < 2) throw new RangeError(`${entry.externalId} has fewer than two lines`)
  if (entry.lines.some(({ amount }) => amount.amountMinor <= 0n || amount.currency !== entry.currency))
    throw new RangeError(`${entry.externalId} has a line that is not a positive amount of ${entry.currency}`)
}
