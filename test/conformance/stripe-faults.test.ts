import { describe, expect, test } from 'vitest'
import type { FaultKind } from '../../connectors/fault-script.ts'
import type { BillingPlan, BillingStep } from '../../src/domain/billing-plan.ts'
import type { Answer } from '../../src/ports/answer.ts'
import type { Performed } from '../../src/ports/billing.ts'
import { acmeTerms, feeLine, sampleTerms, usd } from '../domain/contract-samples.ts'
import type { StripeWorld } from './stripe-world.ts'
import { everything, good, idWithoutDrift, planOf, stripeWorld } from './stripe-world.ts'

const customer = {
  crmAccountId: '001A',
  name: 'Acme Bank',
  billingEmail: 'ap@acme.example',
  address: null,
  taxIds: [{ type: 'eu_vat', value: 'DE123456789' }],
}
const acme = planOf(acmeTerms({ customer }), { asOf: '2027-01-01' })
const term = { startsOn: '2027-01-01', endsBefore: '2028-01-01' }
const discounted = planOf(sampleTerms(term), { asOf: '2027-01-01' })
const later = planOf(sampleTerms({ startsOn: '2027-02-01', endsBefore: '2028-02-01' }), {
  asOf: '2027-01-01',
})

/** Where each kind of step is sent, and a plan that has one. */
const sends: readonly (readonly [BillingStep['kind'], string, BillingPlan])[] = [
  ['customer', '/v1/customers', acme],
  ['tax-id', '/v1/customers/', acme],
  ['product', '/v1/products', acme],
  ['meter', '/v1/billing/meters', acme],
  ['price', '/v1/prices', acme],
  ['coupon', '/v1/coupons', discounted],
  ['subscription', '/v1/subscriptions', acme],
  ['schedule', '/v1/subscription_schedules', later],
]

/** A world in which every step before one of a kind is done. */
async function worldBefore(kind: BillingStep['kind'], plan: BillingPlan) {
  const world = stripeWorld('2027-01-01')
  const place = plan.steps.findIndex((step) => step.kind === kind)
  const ids = await world.performAll({ ...plan, steps: plan.steps.slice(0, place) })
  const step = plan.steps[place]
  if (step === undefined) throw new RangeError(`No ${kind} in the plan`)
  return { world, ids, step }
}

/** How many objects a list holds. */
async function countIn(world: StripeWorld, list: string): Promise<number> {
  const headers = { authorization: 'Bearer sk_test_world' }
  const response = await world.transport(`https://api.stripe.com${list}`, { headers })
  return ((await response.json()) as { data: unknown[] }).data.length
}

/** The list a kind of object stands in. */
function listOf(kind: BillingStep['kind'], path: string, customerId: string | undefined): string {
  if (kind === 'tax-id') return `/v1/customers/${customerId}/tax_ids`
  return kind === 'subscription' ? '/v1/subscriptions?status=all' : path
}

describe.each(sends)('%s', (kind, path, plan) => {
  const meet = async (fault: FaultKind) => {
    const { world, ids, step } = await worldBefore(kind, plan)
    world.fake.faults.add({ kind: fault, method: 'POST', path })
    const first = await world.billing.perform(step, ids)
    return { world, ids, step, first }
  }

  test.each([
    ['cut-before', 'unknown'],
    ['cut-after', 'unknown'],
    ['server-error', 'unknown'],
    ['throttle', 'throttled'],
    ['malformed-body', 'broken'],
    ['html-body', 'broken'],
    ['expired-session', 'auth'],
  ] as const)('after %s (%s) the same key makes it once', async (fault, answer) => {
    const { world, ids, step, first } = await meet(fault)
    expect(first.kind).toBe(answer)
    const id = idWithoutDrift(await world.billing.perform(step, ids), kind)
    expect(idWithoutDrift(await world.billing.find(step, ids), kind)).toBe(id)
    expect(await countIn(world, listOf(kind, path, ids['customer']))).toBe(1)
  })

  test('cut before the effect, a look says surely not there; cut after it, the look finds it', async () => {
    const before = await meet('cut-before')
    expect(await before.world.billing.find(before.step, before.ids)).toEqual({ kind: 'ok', value: null })
    const after = await meet('cut-after')
    const found = idWithoutDrift(await after.world.billing.find(after.step, after.ids), kind)
    expect(idWithoutDrift(await after.world.billing.perform(after.step, after.ids), kind)).toBe(found)
  })

  test('a 500 that Stripe keeps is replayed until a look decides; after 24 hours the key is free', async () => {
    const { world, ids, step, first } = await meet('stored-500')
    expect(first.kind).toBe('unknown')
    expect((await world.billing.perform(step, ids)).kind).toBe('replayed-failure')
    expect(await world.billing.find(step, ids)).toEqual({ kind: 'ok', value: null })
    await world.advanceTo('2027-01-02', '01:00:00')
    idWithoutDrift(await world.billing.perform(step, ids), kind)
  })

  test('a kept 500 that did happen is found', async () => {
    const { world, ids, step } = await worldBefore(kind, plan)
    world.fake.setQuirks({ storedFailureTakesEffect: true })
    world.fake.faults.add({ kind: 'stored-500', method: 'POST', path })
    expect((await world.billing.perform(step, ids)).kind).toBe('unknown')
    idWithoutDrift(await world.billing.find(step, ids), kind)
  })
})

describe('charges of ours', () => {
  async function worldWithSubscription(plan: BillingPlan) {
    const world = stripeWorld('2027-01-01')
    const ids = await world.performAll(plan)
    const target = { customerId: ids['customer'] ?? '', subscriptionId: ids['subscription'] ?? '' }
    const [own] = plan.ownCharges
    if (own === undefined) throw new RangeError('The plan has no charge')
    return { world, target, own }
  }

  test.each(['cut-before', 'cut-after', 'server-error', 'malformed-body'] as const)(
    'after %s a fee is on the next invoice once',
    async (kind) => {
      const { world, target, own } = await worldWithSubscription(acme)
      world.fake.faults.add({ kind, method: 'POST', path: '/v1/invoiceitems' })
      expect((await world.billing.charge(own, target)).kind).not.toBe('ok')
      const id = idWithoutDrift(await world.billing.charge(own, target), 'charge')
      expect(idWithoutDrift(await world.billing.findCharge(own, target), 'charge')).toBe(id)
      expect(await countIn(world, '/v1/invoiceitems')).toBe(1)
    },
  )

  const setup = {
    kind: 'one-time' as const,
    lineId: 'setup',
    product: { code: 'SETUP', name: 'Set-up', family: 'Services' },
    price: usd(25_000),
    chargedOn: '2027-01-01',
    serviceMonths: 0,
  }
  const withSetup = planOf(
    sampleTerms({
      ...term,
      lines: [feeLine(), setup],
      purchaseOrder: { number: 'PO-7', amount: null, expiresOn: null },
    }),
    { asOf: '2027-01-01' },
  )

  test.each([
    ['cut-before', '/v1/invoices', 0],
    ['cut-after', '/v1/invoices', 0],
    ['cut-before', '/v1/invoiceitems', 0],
    ['cut-after', '/v1/invoiceitems', 0],
    ['cut-before', '/v1/invoices', 1],
    ['cut-after', '/v1/invoices', 1],
  ] as const)(
    'broken off by %s at %s (request %i), an invoice of its own is finished a day later, not repeated',
    async (kind, path, skip) => {
      const { world, target, own } = await worldWithSubscription(withSetup)
      world.fake.faults.add({ kind, method: 'POST', path, skip })
      expect((await world.billing.charge(own, target)).kind).toBe('unknown')
      await world.advanceTo('2027-01-03')
      const id = idWithoutDrift(await world.billing.charge(own, target), 'charge')
      expect(idWithoutDrift(await world.billing.findCharge(own, target), 'charge')).toBe(id)
      await world.advanceTo('2027-01-04')
      const facts = (await world.facts()).filter((fact) => fact.kind === 'invoice-finalized')
      expect(facts.map(({ total, lines }) => [total.amountMinor, lines[0]?.lineId])).toEqual([
        [105_400n, 'gtx-pro'],
        [25_000n, 'setup'],
      ])
      expect(facts[1]).toMatchObject({
        contractId: 'ctr_1',
        customFields: [{ name: 'PO number', value: 'PO-7' }],
        dueOn: expect.stringMatching(/^2027-0(1-31|2-0[12])$/),
      })
      expect(await everything(world.billing.listInvoices)).toHaveLength(2)
    },
  )

  test('after the subscription has ended, a charge makes its own invoice', async () => {
    const { world, target, own } = await worldWithSubscription(acme)
    await world.advanceTo('2028-01-05')
    const late = { ...own, chargeKey: 'late:1', reason: 'late-usage' as const, lineId: 'tokens' }
    idWithoutDrift(await world.billing.charge(late, target), 'charge')
    await world.advanceTo('2028-01-06')
    const invoices = await everything(world.billing.listInvoices)
    expect(invoices[0]).toMatchObject({
      contractId: 'ctr_1',
      total: { amountMinor: 5_000_000n },
      lines: [{ lineId: 'tokens' }],
    })
  })
})

describe('what is archived', () => {
  const archive = (world: StripeWorld, path: string) =>
    world.transport(`https://api.stripe.com${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_world', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'active=false',
    })

  test('a price archived before the subscription is made is named: PRICE_ARCHIVED', async () => {
    const { world, ids, step } = await worldBefore('subscription', discounted)
    const price = discounted.steps.find(({ kind }) => kind === 'price') as BillingStep
    expect((await archive(world, `/v1/prices/${ids[price.ref]}`)).status).toBe(200)
    expect(codeOf(await world.billing.perform(price, ids))).toBe('PRICE_ARCHIVED')
    expect(codeOf(await world.billing.perform(step, ids))).toBe('PRICE_ARCHIVED')
  })

  test('a product archived: PRICE_ARCHIVED', async () => {
    const { world, ids } = await worldBefore('price', discounted)
    const product = discounted.steps.find(({ kind }) => kind === 'product') as BillingStep
    await archive(world, `/v1/products/${ids[product.ref]}`)
    expect(codeOf(await world.billing.perform(product, ids))).toBe('PRICE_ARCHIVED')
  })

  function codeOf(answer: Answer<Performed>): string {
    return answer.kind === 'rejected' ? answer.code : answer.kind
  }
})

describe('shared things', () => {
  test('a second contract takes over product, price and coupon of the first', async () => {
    const world = stripeWorld('2027-01-01')
    const first = await world.performAll(discounted)
    const other = planOf(
      sampleTerms({ ...term, customer: { ...customer, crmAccountId: '001B', taxIds: [] } }),
      { asOf: '2027-01-01' },
      { contractId: 'ctr_2' },
    )
    const second = await world.performAll(other)
    const shared = Object.keys(first).filter((ref) => first[ref] === second[ref])
    expect(shared.map((ref) => ref.split(':')[0])).toEqual(['product', 'price', 'coupon'])
    expect(
      new Set((await everything(world.billing.listSubscriptions)).map(({ contractId }) => contractId)),
    ).toEqual(new Set(['ctr_1', 'ctr_2']))
  })

  test('a subscription that is asked for before its day waits until the day begins: 12 hours', async () => {
    const world = stripeWorld('2027-01-01')
    const plan = planOf(sampleTerms(term), { asOf: '2027-01-01', zone: 'America/New_York' })
    const place = plan.steps.length - 1
    const ids = await world.performAll({ ...plan, steps: plan.steps.slice(0, place) })
    const step = plan.steps[place] as BillingStep
    expect(await world.billing.perform(step, ids)).toEqual({
      kind: 'throttled',
      retryAfterMilliseconds: 12 * 3_600_000 - sleptOf(world),
    })
    await world.advanceTo('2027-01-01', '12:00:00')
    idWithoutDrift(await world.billing.perform(step, ids), 'subscription')
    expect(good(await world.billing.find(step, ids))).not.toBeNull()
  })

  function sleptOf(world: StripeWorld): number {
    return world.clock.now().getTime() - Date.parse('2027-01-01T00:00:00Z')
  }
})
