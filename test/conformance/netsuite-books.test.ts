import { expect, test } from 'vitest'
import { booksAccountOf, entityOf, memoOf, parseBooks, unmappedAccounts } from '../../src/domain/books.ts'
import { accountKinds } from '../../src/domain/chart.ts'
import type { AccountKind } from '../../src/domain/chart.ts'
import { novemberJournal, shippedBooks } from './netsuite-world.ts'

const smallest = {
  entities: [
    { id: 'us', legalName: 'Seller', timeZone: 'America/New_York', functionalCurrency: 'USD', subsidiary: 1 },
  ],
  accounts: [{ kind: 'bank', account: 100, name: 'Bank' }],
  currencies: { USD: '1' },
}

function faultsOf(object: unknown): string[] {
  const books = parseBooks(object, 'books.yaml')
  return books.ok ? [] : books.error.map(({ file, row, reason }) => `${file} ${row}: ${reason}`)
}

test('the smallest file gets 200 lines a journal, the memo of the journal, and no segments', () => {
  expect(parseBooks(smallest, 'books.yaml')).toMatchObject({
    ok: true,
    value: {
      entities: [{ subsidiary: '1' }],
      accounts: [{ account: '100', segment: null, lineEntity: null }],
      journal: { lineLimit: 200, memo: '{memo}', approvalStatus: null },
      segments: { class: null, department: null, location: null },
    },
  })
})

test('every fault is told at once, each with its file and row', () => {
  const [entity] = smallest.entities
  const broken = {
    entities: [{ ...entity, id: 'u|s', timeZone: 'Mars/Olympus', colour: 'red' }],
    accounts: [{ kind: 'assets', account: '12a', name: 'Bank' }],
    currencies: { dollars: '1' },
    journal: { lineLimit: 1, memo: 'for {customer}' },
  }
  expect(faultsOf(broken)).toEqual([
    'books.yaml entities[0].id: use letters, digits, _ and -, at most 20',
    'books.yaml entities[0].timeZone: not a time zone of the IANA list',
    'books.yaml entities[0].colour: is not a setting of the books',
    expect.stringContaining('books.yaml accounts[0].kind: Invalid option'),
    'books.yaml accounts[0].account: not an internal id',
    'books.yaml currencies.dollars: not a currency code',
    'books.yaml journal.lineLimit: Too small: expected number to be >=2',
    'books.yaml journal.memo: {customer} is not a word of the memo; use memo, externalId, entity, month, currency, chunk',
  ])
})

test('two entities in one subsidiary, a doubled account row and an unknown currency are faults', () => {
  const [entity] = smallest.entities
  expect(
    faultsOf({
      ...smallest,
      entities: [entity, { ...entity, id: 'eu', functionalCurrency: 'EUR' }],
      accounts: [...smallest.accounts, ...smallest.accounts],
      currencies: { USD: 1, GBP: '1' },
    }),
  ).toEqual([
    'books.yaml entities[1].subsidiary: "1" stands already in entities[0]',
    'books.yaml accounts[1].kind: "bank" stands already in accounts[0]',
    'books.yaml currencies.GBP: "1" is already the id of USD',
    'books.yaml entities[1].functionalCurrency: currencies has no row for EUR',
  ])
})

test.each([null, 'text', [], {}])('%j is no settings file', (object) => {
  expect(faultsOf(object).length).toBeGreaterThan(0)
})

test('a segment of its own goes before its kind: usage is 402, every other family 401', () => {
  const books = shippedBooks()
  const accountOf = (segment: string | null) => booksAccountOf(books, { kind: 'revenue', segment })?.account
  expect([accountOf('usage'), accountOf('GTX'), accountOf(null)]).toEqual(['402', '401', '401'])
  expect(entityOf(books, 'mars')).toBeNull()
})

test('the shipped file maps all fourteen kinds', () => {
  const books = shippedBooks()
  const kinds = Object.keys(accountKinds) as AccountKind[]
  expect(kinds.filter((kind) => booksAccountOf(books, { kind, segment: null }) === null)).toEqual([])
  expect(kinds).toHaveLength(14)
})

test('a journal names each account that has no row, once', () => {
  const parsed = parseBooks(smallest, 'books.yaml')
  if (!parsed.ok) throw new Error('unreachable')
  const entry = novemberJournal([
    ['bank', 'debit', '2.00'],
    [{ kind: 'revenue', segment: 'GTX' }, 'credit', '1.00'],
    [{ kind: 'revenue', segment: 'GTX' }, 'credit', '1.00'],
  ])
  expect(unmappedAccounts(parsed.value, entry)).toEqual(['revenue:GTX'])
  expect(memoOf(parsed.value, entry)).toBe('Tieout 2026-11: 3 ledger transactions')
})
