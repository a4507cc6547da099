import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { credit, debit, type LedgerTransaction } from '../../src/domain/ledger.ts'
import { money } from '../../src/domain/money.ts'
import { balancesByContractLine, balancesByInvoice, trialBalance } from '../../src/store/balances.ts'
import { transactionByFactKey, traceTransactions, transactionsOfMonth } from '../../src/store/ledger-trail.ts'
import { appendTransactions } from '../../src/store/ledger.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

let facts = 0
let entity = ''
beforeEach(() => {
  entity = `entity-${++facts}`
})

function invoice(
  factKey: string,
  cents: bigint,
  changes: Partial<LedgerTransaction> = {},
): LedgerTransaction {
  const dimensions = { contractId: `ctr-${entity}`, lineId: 'fee', invoiceId: `in-${factKey}` }
  return {
    factKey,
    reason: 'invoice-finalized',
    sourceId: `evt-${factKey}`,
    entity,
    occurredAt: new Date('2026-03-01T12:00:00Z'),
    accountingDate: '2026-03-01',
    memo: 'Invoice',
    entries: [
      debit('receivable', money('USD', cents), dimensions),
      credit('contract-liability', money('USD', cents), dimensions),
    ],
    ...changes,
  }
}

function append(...transactions: LedgerTransaction[]) {
  return own.store.unitOfWork((unit) => appendTransactions(unit, transactions, after(0)))
}

describe('appending', () => {
  test('a transaction comes back as it went in, to the cent and beyond 2^53', async () => {
    const transaction = invoice('huge', 9_007_199_254_740_993n)
    expect(await append(transaction)).toEqual(['appended'])
    const stored = await transactionByFactKey(own.store.read, 'huge')
    expect(stored).toMatchObject({ ...transaction, month: '2026-03', recordedAt: after(0) })
  })

  test('the same fact told twice is in the books once, also within one call', async () => {
    expect(await append(invoice('told', 100n), invoice('told', 100n))).toEqual(['appended', 'already-there'])
    const later = { sourceId: 'evt-other', accountingDate: '2026-04-01', memo: 'again' }
    expect(await append(invoice('told', 100n, later))).toEqual(['already-there'])
    expect(await balancesByInvoice(own.store.read, 'receivable', { entity })).toEqual([
      { invoiceId: 'in-told', balance: money('USD', 100n) },
    ])
  })

  test('the same fact key with other money is told apart and not written', async () => {
    expect(await append(invoice('twofold', 100n), invoice('twofold', 101n))).toEqual(['appended', 'differs'])
    expect(await append(invoice('twofold', 102n))).toEqual(['differs'])
    expect((await transactionByFactKey(own.store.read, 'twofold'))?.entries[0]?.amount).toEqual(
      money('USD', 100n),
    )
  })

  test('eight units appending the same 200 facts in different orders leave 200 transactions', async () => {
    const all = Array.from({ length: 200 }, (_, index) => invoice(`race-${index}`, 100n))
    const orders = Array.from({ length: 8 }, (_, turn) =>
      all.toSorted((a, b) => (turn % 2 ? -1 : 1) * (a.factKey < b.factKey ? -1 : 1)),
    )
    const outcomes = (await Promise.all(orders.map((order) => append(...order)))).flat()
    expect(outcomes.filter((outcome) => outcome === 'appended')).toHaveLength(200)
    expect(outcomes.filter((outcome) => outcome === 'already-there')).toHaveLength(1400)
  })

  test('1,500 transactions go in as two batches', async () => {
    const outcomes = await append(...Array.from({ length: 1500 }, (_, index) => invoice(`bulk-${index}`, 1n)))
    expect(outcomes.filter((outcome) => outcome === 'appended')).toHaveLength(1500)
    const [receivable] = await trialBalance(own.store.read, { entity })
    expect(receivable).toMatchObject({ account: { kind: 'contract-liability' }, credit: money('USD', 1500n) })
  })
})

describe('reading', () => {
  test('the trial balance of two invoices and a recognition shows each account on its side', async () => {
    const line = { contractId: 'ctr-a', lineId: 'fee', invoiceId: null }
    await append(
      invoice('tb-1', 12_000n),
      invoice('tb-2', 3_000n, { accountingDate: '2026-04-01' }),
      invoice('tb-3', 0n, {
        reason: 'revenue-recognized',
        entries: [
          debit('contract-liability', money('USD', 1_000n), line),
          credit('revenue', money('USD', 1_000n), line, 'GTX'),
        ],
      }),
    )
    expect(await trialBalance(own.store.read, { entity, throughMonth: '2026-03' })).toEqual([
      row('contract-liability', null, 1_000n, 12_000n),
      row('receivable', null, 12_000n, 0n),
      row('revenue', 'GTX', 0n, 1_000n),
    ])
    expect(await trialBalance(own.store.read, { entity, month: '2026-04' })).toEqual([
      row('contract-liability', null, 0n, 3_000n),
      row('receivable', null, 3_000n, 0n),
    ])
    expect(
      await balancesByContractLine(own.store.read, ['revenue', 'contract-liability'], {
        entity,
        contractIds: ['ctr-a'],
      }),
    ).toEqual([
      {
        contractId: 'ctr-a',
        lineId: 'fee',
        account: { kind: 'contract-liability', segment: null },
        balance: money('USD', 1_000n),
      },
      {
        contractId: 'ctr-a',
        lineId: 'fee',
        account: { kind: 'revenue', segment: 'GTX' },
        balance: money('USD', -1_000n),
      },
    ])
  })

  test('a month is read in the order it was written, three pages of two, one currency', async () => {
    const euro = [debit('bank', money('EUR', 5n)), credit('stripe-clearing', money('EUR', 5n))]
    const dollar = invoice('mixed', 7n).entries
    for (const index of [1, 2, 3, 4]) await append(invoice(`paged-${index}-${entity}`, 10n))
    await append(invoice(`mixed-${entity}`, 0n, { entries: [...euro, ...dollar] }))
    const pages = []
    for await (const page of transactionsOfMonth(own.store.read, entity, '2026-03', 'USD', 2))
      pages.push(page)
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
    expect(pages.flat().map((item) => item.factKey)).toEqual([
      ...[1, 2, 3, 4].map((index) => `paged-${index}-${entity}`),
      `mixed-${entity}`,
    ])
    expect(pages.at(-1)?.[0]?.entries).toEqual(dollar)
  })
})

describe('following', () => {
  test('an invoice leads to its transactions, and so does the message', async () => {
    await append(invoice('trail', 10n), invoice('other', 10n))
    const byInvoice = await traceTransactions(own.store.read, { invoiceId: 'in-trail' })
    expect(byInvoice.map((item) => item.factKey)).toEqual(['trail'])
    const bySource = await traceTransactions(own.store.read, { sourceId: 'evt-trail' })
    expect(bySource).toEqual(byInvoice)
    const byContract = await traceTransactions(own.store.read, { contractId: `ctr-${entity}` })
    expect(byContract.map((item) => item.factKey)).toEqual(['other', 'trail'])
    const [trail] = byInvoice
    const both = { sourceId: 'evt-other', transactionIds: [trail?.transactionId as string] }
    expect(await traceTransactions(own.store.read, both)).toEqual(byContract)
  })
})

function row(kind: string, segment: string | null, debits: bigint, credits: bigint) {
  return { entity, account: { kind, segment }, debit: money('USD', debits), credit: money('USD', credits) }
}
