import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BillingFact } from '../../src/domain/fact.ts'
import type { LedgerTransaction } from '../../src/domain/ledger.ts'
import { Positions } from '../../src/domain/position.ts'
import { post } from '../../src/domain/posting.ts'
import { invoicesOfContracts, takenLines } from '../../src/store/book-lookup.ts'
import { saveFacts } from '../../src/store/facts.ts'
import { traceTransactions, transactionByFactKey } from '../../src/store/ledger-trail.ts'
import { appendTransactions } from '../../src/store/ledger.ts'
import { billedLine, cents, disputeClosed, fact, finalizedInvoice } from '../domain/fact-samples.ts'
import { written } from '../domain/written-entries.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

const invoice = finalizedInvoice('2025-01-01', [billedLine(cents(9_000))])
const opened = fact('dispute-opened', '2025-02-01', {
  disputeId: 'dp_1',
  invoiceId: 'in_1',
  amount: cents(9_000),
})
const positions = new Positions()

/** Books one fact as the jobs do, with what the books hold so far. */
async function book(told: BillingFact, on: string, undone: LedgerTransaction | null = null) {
  const earlier = await traceTransactions(own.store.read, { invoiceId: 'in_1' })
  const posting = post(told, {
    entity: 'us',
    occurredOn: on,
    accountingDate: on,
    invoice,
    openReceivableMinor: 0n,
    earlier,
    positions,
    undone,
  })
  if (posting.kind !== 'posted') throw new Error(`${told.kind} posted nothing`)
  await own.store.unitOfWork(async (unit) => {
    await saveFacts(unit, [told], after(0))
    await appendTransactions(unit, [posting.transaction], after(0))
  })
  return posting.transaction
}

test('a dispute takes 59.00 of the future and 31.00 of the past on its day; won, it gives them back on that same day', async () => {
  await book(invoice, '2025-01-01')
  expect(await takenLines(own.store.read, 'us')).toEqual([])
  await book(opened, '2025-02-01')
  const taken = {
    contractId: 'ctr_1',
    lineId: 'fee',
    invoiceId: 'in_1',
    accountingDate: '2025-02-01',
    currency: 'USD',
    amountMinor: 5_900n,
    contraMinor: 3_100n,
  }
  expect(await takenLines(own.store.read, 'us')).toEqual([taken])
  const undone = await transactionByFactKey(own.store.read, opened.factKey)
  const won = await book(disputeClosed('dispute-won', '2025-04-10', cents(9_000)), '2025-04-10', undone)
  expect(written(won.entries)).toContain('credit contract-liability 59.00')
  expect(await takenLines(own.store.read, 'us')).toEqual([
    taken,
    { ...taken, amountMinor: -5_900n, contraMinor: -3_100n },
  ])
})

test('the invoices of a contract come with the day of the books on which they were finalized', async () => {
  expect(await invoicesOfContracts(own.store.read, ['ctr_1'])).toEqual([
    { invoiceId: 'in_1', billedOn: '2025-01-01' },
  ])
  expect(await invoicesOfContracts(own.store.read, ['ctr_2'])).toEqual([])
})
