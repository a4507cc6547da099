import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BillingFact } from '../../src/domain/fact.ts'
import type { JournalEntry } from '../../src/domain/journal.ts'
import { credit, debit } from '../../src/domain/ledger.ts'
import { money } from '../../src/domain/money.ts'
import { factOf, factsOfInvoice, factsOfKind, saveFacts } from '../../src/store/facts.ts'
import {
  draftJournal,
  holdJournal,
  journalOf,
  journalsOfTransaction,
  listJournals,
  markPosted,
  transactionsOfJournal,
} from '../../src/store/journals.ts'
import { transactionByFactKey } from '../../src/store/ledger-trail.ts'
import { appendTransactions } from '../../src/store/ledger.ts'
import {
  differencesOf,
  differenceTotals,
  failRun,
  finishRun,
  latestRuns,
  startRun,
} from '../../src/store/reconciliation.ts'
import { after, ownStore, refusalOf, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

function entry(externalId: string, cents: bigint): JournalEntry {
  const line = {
    account: { kind: 'receivable', segment: null },
    side: 'debit',
    amount: money('USD', cents),
  } as const
  const chunk = Number(externalId.slice(-1))
  return {
    externalId,
    entity: 'us',
    month: '2026-03',
    currency: 'USD',
    chunk,
    postedOn: '2026-03-31',
    memo: '',
    lines: [line],
  }
}

async function transactionId(factKey: string): Promise<string> {
  const entries = [debit('receivable', money('USD', 5n)), credit('revenue', money('USD', 5n))]
  const head = { factKey, reason: 'invoice-finalized', sourceId: 's', entity: 'us' } as const
  const transaction = { ...head, occurredAt: after(0), accountingDate: '2026-03-02', memo: '', entries }
  await own.store.unitOfWork((unit) => appendTransactions(unit, [transaction], after(0)))
  return (await transactionByFactKey(own.store.read, factKey))?.transactionId as string
}

function draft(journal: JournalEntry, ids: string[]) {
  return own.store.unitOfWork((unit) => draftJournal(unit, journal, ids, after(1)))
}

test('a journal is drafted once, leads to its transactions, and is posted under one id', async () => {
  const id = await transactionId('j1')
  const journal = entry('us-2026-03-USD-1', 9_007_199_254_740_993n)
  await draft(journal, [id])
  await draft(journal, [id])
  expect(await journalOf(own.store.read, journal.externalId)).toMatchObject({
    state: 'drafted',
    entry: journal,
    erpId: null,
  })
  expect(await transactionsOfJournal(own.store.read, journal.externalId)).toEqual([id])
  expect(await journalsOfTransaction(own.store.read, id)).toEqual([journal.externalId])
  const post = (erpId: string) =>
    own.store.unitOfWork((unit) => markPosted(unit, journal.externalId, erpId, after(2)))
  await post('77')
  await post('77')
  await expect(post('78')).rejects.toThrow('posted under another id')
  await own.store.unitOfWork((unit) => holdJournal(unit, journal.externalId, 'locked'))
  expect(await listJournals(own.store.read, { state: 'posted' })).toMatchObject([
    { erpId: '77', postedAt: after(2) },
  ])
})

test('an external id stands for one content, and a transaction goes to one journal of its currency', async () => {
  const id = await transactionId('j2')
  await draft(entry('us-2026-03-USD-2', 5n), [id])
  await expect(draft(entry('us-2026-03-USD-2', 6n), [id])).rejects.toThrow('another content')
  expect(await refusalOf(draft(entry('us-2026-03-USD-3', 5n), [id]))).toBe('23505')
  expect(await journalOf(own.store.read, 'us-2026-03-USD-3')).toBeNull()
  await own.store.unitOfWork((unit) => holdJournal(unit, 'us-2026-03-USD-2', 'March is locked in the ERP'))
  expect(await journalOf(own.store.read, 'us-2026-03-USD-2')).toMatchObject({
    state: 'held',
    stateDetail: 'March is locked in the ERP',
  })
  await own.store.unitOfWork((unit) => holdJournal(unit, 'us-2026-03-USD-2', null))
  expect(await journalOf(own.store.read, 'us-2026-03-USD-2')).toMatchObject({
    state: 'drafted',
    stateDetail: null,
  })
})

test('a fact comes back as it was, is kept once, and is told apart from another of its key', async () => {
  const paid = (factKey: string, cents: bigint): BillingFact => ({
    kind: 'invoice-paid',
    factKey,
    occurredAt: after(0),
    invoiceId: 'in_1',
    amount: money('USD', cents),
    via: 'stripe',
  })
  const save = (...facts: BillingFact[]) => own.store.unitOfWork((unit) => saveFacts(unit, facts, after(1)))
  expect(await save(paid('p1', 1n), paid('p1', 1n), paid('p2', 2n))).toEqual(['new', 'same', 'new'])
  expect(await save(paid('p1', 3n), paid('p2', 2n))).toEqual(['differs', 'same'])
  expect(await factOf(own.store.read, 'p1')).toEqual(paid('p1', 1n))
  expect(await factsOfInvoice(own.store.read, 'in_1')).toEqual([paid('p1', 1n), paid('p2', 2n)])
  const pages = []
  for await (const page of factsOfKind(own.store.read, ['invoice-paid'], 1)) pages.push(page)
  expect(pages).toEqual([[paid('p1', 1n)], [paid('p2', 2n)]])
})

test('a run ends with its differences and their money; one that failed is not one without differences', async () => {
  const run = own.store.unitOfWork
  const runId = await run((unit) => startRun(unit, 'ledger-erp', 'us', after(0)))
  const difference = (found: string | null, cents: bigint, currency: string) => ({
    subjectKind: 'account',
    subject: 'revenue',
    field: 'balance',
    expected: '10',
    found,
    amount: money(currency, cents),
    cause: 'journal edited',
    occurredAt: after(-9),
  })
  const differences = [difference('8', -2n, 'USD'), difference(null, -10n, 'USD'), difference('1', 4n, 'EUR')]
  await run((unit) => finishRun(unit, runId, { population: 9, matched: 6 }, differences, after(5)))
  expect(await differencesOf(own.store.read, runId, { afterOrdinal: 1 })).toMatchObject([
    { ordinal: 2, found: null, amount: money('USD', -10n), checkName: 'ledger-erp' },
    { ordinal: 3, amount: money('EUR', 4n) },
  ])
  expect(await differenceTotals(own.store.read, runId)).toEqual([money('EUR', 4n), money('USD', -12n)])
  const again = run((unit) => finishRun(unit, runId, { population: 9, matched: 9 }, [], after(6)))
  await expect(again).rejects.toThrow('is not running')
  const failed = await run((unit) => startRun(unit, 'ledger-erp', 'eu', after(7)))
  await run((unit) => failRun(unit, failed, 'NetSuite is down', after(8)))
  expect(await latestRuns(own.store.read)).toMatchObject([
    { entity: 'eu', state: 'failed', stateDetail: 'NetSuite is down' },
    { entity: 'us', state: 'finished', population: 9, matched: 6, differenceCount: 3 },
  ])
})
