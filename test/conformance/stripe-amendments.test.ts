import { expect, test } from 'vitest'
import type { BillingStep } from '../../src/domain/billing-plan.ts'
import { amendmentSteps } from '../../src/domain/billing-plan.ts'
import type { ContractTermsJson, ContractVersion } from '../../src/domain/contract.ts'
import { feeLine, sampleTerms, sampleVersion, usd } from '../domain/contract-samples.ts'
import type { StripeWorld } from './stripe-world.ts'
import { good, planOf, stripeWorld } from './stripe-world.ts'

const monthly = { months: 1, timing: 'advance' } as const
const fee = feeLine({ unitPrice: usd(100_000), listPrice: null, billing: monthly })
const ramped = {
  ...fee,
  ramp: [{ startsOn: '2017-05-01', unitPrice: usd(120_000), quantity: '1' }],
} as typeof fee

function order(number: string, overrides: Partial<ContractTermsJson> = {}): ContractVersion {
  const purchaseOrder = { number, amount: null, expiresOn: null }
  return sampleVersion(sampleTerms({ purchaseOrder, lines: [fee], ...overrides }))
}

/** A contract that is live since 1 March, and the step that changes its purchase order. */
async function live(overrides: Partial<ContractTermsJson> = {}) {
  const world = stripeWorld('2017-03-01')
  const first = order('PO-1', overrides)
  const ids = await world.performAll(planOf(first.terms, { asOf: '2017-03-01' }))
  const second = { ...order('PO-2', overrides), version: 2 }
  const [step] = amendmentSteps([first, second], first)
  return { world, ids, step: step as BillingStep, first }
}

type Invoice = {
  status: string
  created: number
  total: number
  custom_fields: { name: string; value: string }[] | null
}

/** Month, status, total and purchase order of every invoice, oldest first. */
async function invoices(world: StripeWorld): Promise<string[]> {
  const url = 'https://api.stripe.com/v1/invoices?limit=100'
  const response = await world.transport(url, { headers: { authorization: 'Bearer sk_test_world' } })
  const { data } = (await response.json()) as { data: Invoice[] }
  return data.toReversed().map(({ status, created, total, custom_fields }) => {
    const month = new Date(created * 1_000).toISOString().slice(0, 7)
    return `${month} ${status} ${total} ${custom_fields?.map(({ value }) => value).join(' ') ?? '-'}`
  })
}

test('a new purchase order comes on the draft and on later invoices, never on a final one, and moves no money', async () => {
  const { world, ids, step } = await live()
  await world.advanceTo('2017-04-01', '00:30:00')
  expect(await invoices(world)).toEqual(['2017-03 open 100000 PO-1', '2017-04 draft 100000 PO-1'])
  expect(good(await world.billing.find(step, ids))).toBe(null)
  expect(good(await world.billing.perform(step, ids)).drift).toEqual([])
  expect(good(await world.billing.find(step, ids))).toEqual({ providerId: ids['subscription'], drift: [] })
  await world.advanceTo('2017-05-01', '02:00:00')
  expect(await invoices(world)).toEqual([
    '2017-03 open 100000 PO-1',
    '2017-04 open 100000 PO-2',
    '2017-05 open 100000 PO-2',
  ])
})

test('asked again, nothing is sent a second time', async () => {
  const { world, ids, step } = await live()
  await world.billing.perform(step, ids)
  const writes = () => world.requests.filter(({ method }) => method === 'POST').length
  const before = writes()
  expect(good(await world.billing.perform(step, ids)).drift).toEqual([])
  expect(writes()).toBe(before)
})

test('a purchase order that was removed leaves the field out', async () => {
  const { world, ids, first } = await live()
  const bare = { ...sampleVersion(sampleTerms({ lines: [fee] })), version: 2 }
  const [step] = amendmentSteps([first, bare], first)
  expect(good(await world.billing.perform(step as BillingStep, ids)).drift).toEqual([])
  await world.advanceTo('2017-04-01', '02:00:00')
  expect(await invoices(world)).toEqual(['2017-03 open 100000 -', '2017-04 open 100000 -'])
})

test('a ramp keeps the new purchase order in its later phases, and its periods and amounts', async () => {
  const { world, ids, step } = await live({ lines: [ramped] })
  expect(ids['subscription']).toMatch(/^sub_sched_/)
  await world.advanceTo('2017-03-10')
  expect(good(await world.billing.perform(step, ids)).drift).toEqual([])
  await world.advanceTo('2017-05-01', '02:00:00')
  expect(await invoices(world)).toEqual([
    '2017-03 open 100000 PO-1',
    '2017-04 open 100000 PO-2',
    '2017-05 open 120000 PO-2',
  ])
})

test('a schedule that has not begun begins with the new purchase order', async () => {
  const world = stripeWorld('2017-02-01')
  const first = order('PO-1')
  const ids = await world.performAll(planOf(first.terms, { asOf: '2017-02-01' }))
  const [step] = amendmentSteps([first, { ...order('PO-2'), version: 2 }], first)
  expect(good(await world.billing.perform(step as BillingStep, ids)).drift).toEqual([])
  await world.advanceTo('2017-03-01', '02:00:00')
  expect(await invoices(world)).toEqual(['2017-03 open 100000 PO-2'])
})

test('a canceled subscription is left alone', async () => {
  const { world, ids, step } = await live()
  await world.advanceTo('2018-03-02')
  const before = await invoices(world)
  expect(good(await world.billing.perform(step, ids)).drift).toEqual([])
  expect(await invoices(world)).toEqual(before)
})

test('an e-mail is changed on the customer, once for its key', async () => {
  const { world, ids, first } = await live()
  const customer = { ...first.terms.customer, billingEmail: 'payables@acme.example' }
  const second = { ...first, version: 2, terms: { ...first.terms, customer } }
  const [step] = amendmentSteps([first, second], first)
  expect(good(await world.billing.find(step as BillingStep, ids))).toBe(null)
  const done = { providerId: ids['customer'], drift: [] }
  expect(good(await world.billing.perform(step as BillingStep, ids))).toEqual(done)
  expect(good(await world.billing.perform(step as BillingStep, ids))).toEqual(done)
  expect(good(await world.billing.find(step as BillingStep, ids))).toEqual(done)
})

test('Stripe refuses a fifth field and a value of 141 characters', async () => {
  const { world, ids, step } = await live()
  const field = (value: string) => ({ name: 'Reference', value })
  const carrying = (customFields: { name: string; value: string }[]) =>
    ({ ...step, customFields }) as BillingStep
  const five = await world.billing.perform(carrying(['1', '2', '3', '4', '5'].map(field)), ids)
  expect(five).toMatchObject({ kind: 'rejected' })
  const long = await world.billing.perform(carrying([field('x'.repeat(141))]), ids)
  expect(long).toMatchObject({ kind: 'rejected' })
})
