import { describe, expect, test } from 'vitest'
import { draftJournals, journalExternalId, type SourceEntry } from '../../src/domain/journal.ts'
import { compareBooks } from '../../src/domain/reconcile.ts'
import { written } from './written-entries.ts'

const scope = { entity: 'us', month: '2025-01', currency: 'USD' }

function pair(transactionId: string, segment: string, amountMinor: bigint): SourceEntry[] {
  return [
    { transactionId, account: { kind: 'contract-liability', segment: null }, side: 'debit', amountMinor },
    { transactionId, account: { kind: 'revenue', segment }, side: 'credit', amountMinor },
  ]
}

const writtenLines = (lines: ReturnType<typeof draftJournals>[number]['entry']['lines']) =>
  written(lines.map((line) => ({ ...line, dimensions: { contractId: null, lineId: null, invoiceId: null } })))

describe('a month becomes journals', () => {
  test('31.00 and 17.00 of one family are one line of 48.00; the journal names what it sums up', () => {
    const [journal, ...others] = draftJournals(
      scope,
      [...pair('t1', 'GTX', 3_100n), ...pair('t2', 'GTX', 1_700n)],
      200,
    )
    expect(others).toEqual([])
    expect(writtenLines(journal?.entry.lines ?? [])).toEqual([
      'debit contract-liability 48.00',
      'credit revenue:GTX 48.00',
    ])
    expect(journal).toMatchObject({
      transactionIds: ['t1', 't2'],
      entry: {
        externalId: 'tieout-us-2025-01-USD-1',
        postedOn: '2025-01-31',
        memo: 'Tieout 2025-01: 2 ledger transactions',
      },
    })
  })

  test('an account that moved both ways has a line for each side', () => {
    const back: SourceEntry[] = pair('t2', 'GTX', 500n).map((entry) => ({
      ...entry,
      side: entry.side === 'debit' ? 'credit' : 'debit',
    }))
    const [journal] = draftJournals(scope, [...pair('t1', 'GTX', 3_100n), ...back], 200)
    expect(writtenLines(journal?.entry.lines ?? [])).toEqual([
      'credit contract-liability 5.00',
      'debit contract-liability 31.00',
      'credit revenue:GTX 31.00',
      'debit revenue:GTX 5.00',
    ])
  })

  test('at three lines each, three families take two journals, and each balances by itself', () => {
    const entries = ['A', 'B', 'C'].flatMap((family) => pair(`t${family}`, family, 100n))
    const journals = draftJournals(scope, entries, 3)
    expect(
      journals.map(({ entry, transactionIds }) => [entry.externalId, entry.lines.length, transactionIds]),
    ).toEqual([
      ['tieout-us-2025-01-USD-1', 3, ['tA', 'tB']],
      ['tieout-us-2025-01-USD-2', 2, ['tC']],
    ])
    for (const { entry } of journals) {
      const net = entry.lines.reduce(
        (total, { side, amount }) => total + (side === 'debit' ? amount.amountMinor : -amount.amountMinor),
        0n,
      )
      expect(net).toBe(0n)
    }
  })

  test('entries of one transaction that come apart stay together', () => {
    const [first, second] = [pair('t1', 'A', 1n), pair('t2', 'B', 2n)]
    const mixed = [first[0], second[0], first[1], second[1]] as SourceEntry[]
    expect(draftJournals(scope, mixed, 2).map(({ transactionIds }) => transactionIds)).toEqual([
      ['t1'],
      ['t2'],
    ])
  })

  test('a transaction that fits no journal is refused by name', () => {
    expect(() => draftJournals(scope, pair('t1', 'A', 1n), 1)).toThrow(
      'Ledger transaction t1 has 2 lines, a journal at most 1',
    )
  })

  test('no entries, no journal; the same scope and chunk, the same name', () => {
    expect(draftJournals(scope, [], 200)).toEqual([])
    expect(journalExternalId(scope, 2)).toBe('tieout-us-2025-01-USD-2')
  })
})

describe('two books are compared', () => {
  const explain = (item: string) => `${item} differs`

  test('equal figures are no difference, and the population counts every item of either side', () => {
    const book = new Map([
      ['a', '1.00'],
      ['b', '2.00'],
    ])
    expect(compareBooks('ledger', book, new Map(book), explain)).toEqual({
      name: 'ledger',
      population: 2,
      differences: [],
    })
  })

  test('another figure and a missing item are named, in order, with both sides', () => {
    const left = new Map([
      ['b', '2.00'],
      ['a', '1.00'],
    ])
    const right = new Map([
      ['b', '2.01'],
      ['c', '3.00'],
    ])
    const { population, differences } = compareBooks('erp', left, right, explain)
    expect(population).toBe(3)
    expect(differences).toEqual([
      { tieOut: 'erp', item: 'a', left: '1.00', right: null, cause: 'a differs' },
      { tieOut: 'erp', item: 'b', left: '2.00', right: '2.01', cause: 'b differs' },
      { tieOut: 'erp', item: 'c', left: null, right: '3.00', cause: 'c differs' },
    ])
  })
})
