import { afterEach, expect, test } from 'vitest'
import type { Fault } from '../../connectors/fault-script.ts'
import { reportOn } from '../../src/cli/demo/report.ts'
import { graniteFee } from '../../src/cli/demo/story-deals.ts'
import type { SmallWorld } from './small-world.ts'
import { bookOf, closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

/** One deal of 2,000.00 a month in advance, closed, billed, paid and booked through January. */
async function playGranite(faults: (world: SmallWorld) => void): Promise<void> {
  world = await smallWorld()
  faults(world)
  await closeInSalesforce(world, graniteFee)
  await world.advanceTo(new Date('2026-01-31T23:00:00Z'))
  world.twins.stripe.payDueInvoices(world.now())
  await world.advanceTo(new Date('2026-02-04T18:00:00Z'))
  await world.catchUp()
}

/** The whole of January in the books of the seller, undisturbed. */
const undisturbed = [
  '2026-01-01 invoice-finalized credit contract-liability 200000 USD',
  '2026-01-01 invoice-finalized debit receivable 200000 USD',
  '2026-01-31 invoice-paid credit receivable 200000 USD',
  '2026-01-31 invoice-paid debit stripe-clearing 200000 USD',
  '2026-01-31 revenue-recognized credit revenue:Platform 200000 USD',
  '2026-01-31 revenue-recognized debit contract-liability 200000 USD',
]

async function booked(): Promise<string[]> {
  const book = await bookOf(world, 'us', '2026-01')
  return book.filter((line) => !line.includes('stripe-fee'))
}

async function expectOneOfEach(): Promise<void> {
  expect(await booked()).toEqual(undisturbed)
  const { report } = await reportOn(world)
  expect(report.differences).toEqual([])
  expect(report.deals).toMatchObject({ won: 1, active: 1, exceptions: 0 })
  const subscriptions = await world.hub.context.billing.listSubscriptions(null)
  expect(subscriptions.kind === 'ok' && subscriptions.value.items.length).toBe(1)
}

const faultyCalls: [string, 'stripe' | 'salesforce' | 'netsuite', Fault][] = [
  [
    'the subscription is made but the answer is lost',
    'stripe',
    { kind: 'cut-after', method: 'POST', path: '/v1/subscriptions' },
  ],
  [
    'the request for the subscription is lost',
    'stripe',
    { kind: 'cut-before', method: 'POST', path: '/v1/subscriptions' },
  ],
  [
    'the customer is made but the answer is half',
    'stripe',
    { kind: 'malformed-body', method: 'POST', path: '/v1/customers' },
  ],
  [
    'the customer is made but the answer is a page of HTML',
    'stripe',
    { kind: 'html-body', method: 'POST', path: '/v1/customers' },
  ],
  ['Stripe asks to slow down five times', 'stripe', { kind: 'throttle', path: '/v1/', times: 5 }],
  ['Stripe fails with 500 three times', 'stripe', { kind: 'server-error', path: '/v1/', times: 3 }],
  [
    'Salesforce ends the session in the middle',
    'salesforce',
    { kind: 'expired-session', path: '/services/data', skip: 1, times: 2 },
  ],
  [
    'Salesforce fails with 503 three times',
    'salesforce',
    { kind: 'server-error', path: '/services/data', times: 3 },
  ],
  [
    'the journal is posted but the answer is lost',
    'netsuite',
    { kind: 'cut-after', method: 'POST', path: '/services/rest/record/v1/journalEntry' },
  ],
  [
    'NetSuite answers with a page of HTML',
    'netsuite',
    { kind: 'html-body', path: '/services/rest/record', times: 2 },
  ],
  ['NetSuite is too busy four times', 'netsuite', { kind: 'throttle', path: '/services/rest', times: 4 }],
]

test.each(faultyCalls)(
  '%s: one subscription, one set of books, nothing lost',
  async (_story, vendor, fault) => {
    await playGranite((played) => played.twins[vendor].faults.add(fault))
    expect(world.twins[vendor].faults.remaining()).toBe(0)
    await expectOneOfEach()
  },
  60_000,
)

test('every message doubled and shuffled: each fact is booked once', async () => {
  await playGranite(({ twins }) => {
    twins.stripe.setQuirks({ duplicateDeliveryShare: 1, shuffleDeliveries: true })
    twins.salesforce.deliverTwice(20)
    twins.salesforce.shuffleMessages()
  })
  await expectOneOfEach()
}, 60_000)

test('the month is locked in NetSuite: the journal is held, one exception offers three ways, and after reopening it posts', async () => {
  await playGranite(({ twins }) => twins.netsuite.lockPeriod('2026-01', 'all-locked'))
  const { report } = await reportOn(world)
  expect(report.deals.exceptionGroups).toMatchObject([{ code: 'ERP_PERIOD_LOCKED', count: 1 }])
  world.twins.netsuite.openPeriod('2026-01')
  await world.replay()
  expect((await reportOn(world)).report).toMatchObject({ erpTotalsMatch: true, differences: [] })
}, 60_000)
