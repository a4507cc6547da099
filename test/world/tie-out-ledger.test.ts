import { afterEach, expect, test } from 'vitest'
import { graniteFee } from '../../src/cli/demo/story-deals.ts'
import { debit, signedCredit } from '../../src/domain/ledger.ts'
import { money } from '../../src/domain/money.ts'
import { Positions } from '../../src/domain/position.ts'
import { invoiceFinalized } from '../../src/domain/posting/invoice.ts'
import { tieOutLedger } from '../../src/jobs/tie-out/ledger.ts'
import { appendTransactions } from '../../src/store/ledger.ts'
import { bookedInvoices } from '../../src/store/tie-out-lookup.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

/** Does something to the one invoice as a person at Stripe's dashboard would, and has nobody tell the hub of it. */
async function unheard(change: (invoiceId: string) => { path: string; body?: string }): Promise<void> {
  world = await smallWorld()
  await closeInSalesforce(world, graniteFee)
  await world.advanceTo(new Date('2026-01-02T15:00:00Z'))
  expect((await tieOutLedger(world.hub.context)).differences).toEqual([])
  const { data } = (await ask('GET', 'invoices?limit=10')) as { data: { id: string }[] }
  expect(data).toHaveLength(1)
  const { path, body } = change(data[0]?.id ?? '')
  await ask('POST', path, body)
}

async function ask(method: string, path: string, body?: string): Promise<unknown> {
  const headers = {
    authorization: 'Bearer sk_test_tieout_demo',
    'content-type': 'application/x-www-form-urlencoded',
  }
  const init = { method, headers, ...(body === undefined ? {} : { body }) }
  const answer = await world.twins.stripe.app.fetch(new Request(`http://stripe.test/v1/${path}`, init))
  const told: unknown = await answer.json()
  if (answer.status !== 200) throw new Error(JSON.stringify(told))
  return told
}

async function openOnBothSides(): Promise<[string | null, string | null][]> {
  const { differences } = await tieOutLedger(world.hub.context)
  return differences.filter(({ item }) => item.endsWith(' open')).map(({ left, right }) => [left, right])
}

test('an invoice of 2,000.00 that was voided at Stripe and is still owed in the books is a difference', async () => {
  await unheard((id) => ({ path: `invoices/${id}/void` }))
  expect(await openOnBothSides()).toEqual([['0.00 USD', '2,000.00 USD']])
  await world.catchUp()
  expect((await tieOutLedger(world.hub.context)).differences).toEqual([])
})

test('a credit note of 500.00 that the books have not heard of is a difference of what is owed', async () => {
  await unheard((id) => ({ path: 'credit_notes', body: `invoice=${id}&amount=50000` }))
  expect(await openOnBothSides()).toEqual([['1,500.00 USD', '2,000.00 USD']])
  await world.catchUp()
  expect((await tieOutLedger(world.hub.context)).differences).toEqual([])
})

test('an invoice given up at Stripe owes nothing there, and in the books once they hear of it', async () => {
  await unheard((id) => ({ path: `invoices/${id}/mark_uncollectible` }))
  expect(await openOnBothSides()).toEqual([['0.00 USD', '2,000.00 USD']])
  await world.catchUp()
  expect((await tieOutLedger(world.hub.context)).differences).toEqual([])
})

test('an invoice that only the books know of, and money in a currency Stripe holds none of, are differences', async () => {
  world = await smallWorld()
  const { context } = world.hub
  const where = { contractId: null, lineId: null, invoiceId: 'in_nobody_knows' }
  const [owed, credit] = [money('EUR', 10_000n), money('EUR', 10_000n)]
  const booked = {
    factKey: 'stripe:invoice:in_nobody_knows:finalized',
    reason: 'invoice-finalized',
    sourceId: 'in_nobody_knows',
    entity: 'us',
    occurredAt: world.now(),
    accountingDate: '2026-01-01',
    memo: 'made up',
    entries: [debit('receivable', owed, where), signedCredit('contract-liability', credit, where)].flat(),
  } as const
  const cash = {
    ...booked,
    factKey: 'stripe:payout:nobody_knows',
    reason: 'payout-paid',
    entries: [debit('stripe-clearing', owed), signedCredit('bank', credit)].flat(),
  } as const
  await context.store.unitOfWork((unit) => appendTransactions(unit, [booked, cash], world.now()))
  const { differences } = await tieOutLedger(context)
  expect(differences.map(({ item, left, right }) => [item, left, right])).toEqual([
    ['balance in EUR', '0.00 EUR', '100.00 EUR'],
    ['in_nobody_knows total', null, '100.00 EUR'],
  ])
})

test('an invoice of −100.00, which adds to the credit of the customer, has that total in the books', async () => {
  world = await smallWorld()
  const { store } = world.hub.context
  const fact = {
    kind: 'invoice-finalized',
    factKey: 'stripe:invoice:in_credit:finalized',
    occurredAt: world.now(),
    invoiceId: 'in_credit',
    number: null,
    customerId: 'cus',
    contractId: null,
    total: money('USD', -10_000n),
    lines: [
      {
        billedLineId: 'il',
        contractId: null,
        lineId: null,
        description: 'unused time',
        net: money('USD', -10_000n),
        quantity: null,
        service: { startsOn: '2026-01-01', endsBefore: '2026-02-01' },
      },
    ],
    taxes: [],
    dueOn: null,
    customFields: [],
  } as const
  const transaction = invoiceFinalized(fact, {
    entity: 'us',
    occurredOn: '2026-01-01',
    accountingDate: '2026-01-01',
    invoice: null,
    openReceivableMinor: 0n,
    positions: new Positions(),
    undone: null,
  })
  await store.unitOfWork((unit) => appendTransactions(unit, [transaction], world.now()))
  expect((await bookedInvoices(store.read)).get('in_credit')).toMatchObject({ totalMinor: -10_000n })
})
