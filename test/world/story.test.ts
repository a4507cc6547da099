import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DemoReport } from '../../src/cli/demo/report.ts'
import { reportOn } from '../../src/cli/demo/report.ts'
import { playStory } from '../../src/cli/demo/story.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import type { SmallWorld } from './small-world.ts'
import { bookOf, smallWorld } from './small-world.ts'

let world: SmallWorld
let report: DemoReport

beforeAll(async () => {
  world = await smallWorld()
  await playStory(world, 1, () => undefined)
  await world.catchUp()
  report = (await reportOn(world)).report
}, 120_000)

afterAll(() => world.close())

test('Acme: 3M tokens over 10M at 0.004 per 1,000 less 20 % are 9.60, the invoice is 50,009.60 with its PO, due in 60 days', () => {
  expect(report.acme).toEqual({
    overage: '9.60',
    firstInvoice: { total: '50009.60', poNumber: 'PO-7741', daysUntilDue: 60 },
  })
})

test('five deals are won and active, the one with unknown terms after a lookup row was added', () => {
  expect(report.deals).toEqual({ won: 5, active: 5, exceptions: 0, exceptionGroups: [] })
})

test('all seven books tie out', () => {
  expect(report.differences).toEqual([])
  expect(report.erpTotalsMatch).toBe(true)
})

test('January in the books: 50,000.00 of fee and 9.60 of use are earned by Acme before they are billed', async () => {
  const book = await bookOf(world, 'us', '2026-01')
  expect(book).toContain('2026-01-31 revenue-recognized credit revenue:usage 960 USD')
  expect(book).toContain('2026-01-31 revenue-recognized debit unbilled-receivable 5000000 USD')
  expect(book).toContain('2026-01-31 revenue-recognized debit unbilled-receivable 960 USD')
})

test('what Stripe changes of subscriptions by itself is heard of and is no drift; nothing else is either', async () => {
  const { read } = world.hub.context.store
  expect(await listExceptions(read, { code: 'PLAN_DRIFT' })).toEqual([])
  const heard = await read.execute(
    `select disposition from inbox_message where type = 'customer.subscription.updated'`,
  )
  expect(heard.length).toBeGreaterThanOrEqual(3)
  expect(new Set(heard.map(({ disposition }) => disposition))).toEqual(new Set(['no-op']))
})

test('sales sees "Active" on every deal in Salesforce', () => {
  const statuses = world.twins.salesforce.truth().deals.map(({ status }) => status)
  expect(statuses).toEqual(['Active', 'Active', 'Active'])
})
