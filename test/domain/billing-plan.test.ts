import { describe, expect, test } from 'vitest'
import type { BillingPlan } from '../../src/domain/billing-plan.ts'
import { differences } from '../../src/domain/billing-plan.ts'
import type { ContractTerms } from '../../src/domain/contract.ts'
import { money } from '../../src/domain/money.ts'
import { acmeTerms, feeLine, sampleTerms, usd } from './contract-samples.ts'
import { acmeContext, day, planOf, stepsOf } from './plan-samples.ts'

describe('Acme Bank: 50,000.00 a month and tokens over 10M at 0.004 per 1,000 less 20 %, all in arrears', () => {
  const plan = planOf(acmeTerms(), acmeContext)

  test('makes customer, product, meter, price and one subscription, in this order', () => {
    expect(plan.steps.map(({ kind, opKey }) => [kind, opKey])).toEqual([
      ['customer', 'customer:hubspot/4711/001A/us'],
      ['product', 'product:TOKENS'],
      ['meter', 'meter:tokens'],
      ['price', expect.stringMatching(/^price:tieout-TOKENS-usd-1m-[0-9a-f]{16}$/)],
      ['subscription', 'subscription:ctr_1/1'],
    ])
  })

  test('prices 10,000,000 tokens at nothing and every further one at 0.00032 cents', () => {
    expect(stepsOf(plan, 'price')[0]?.usage).toEqual({
      kind: 'metered',
      meterRef: 'meter:tokens',
      tiersMode: 'graduated',
      tiers: [
        { upTo: 10_000_000n, unitAmountMinor: '0', flatAmountMinor: null },
        { upTo: null, unitAmountMinor: '0.00032', flatAmountMinor: null },
      ],
    })
  })

  test('charges 50,000.00 for each of twelve months, handed over on the first day of its month', () => {
    expect(plan.ownCharges).toHaveLength(12)
    expect(plan.ownCharges.map(({ amount }) => amount)).toEqual(
      Array.from({ length: 12 }, () => money('USD', 5_000_000n)),
    )
    expect(plan.ownCharges[1]).toEqual({
      chargeKey: 'charge:ctr_1/1/platform/2027-02-01',
      contractId: 'ctr_1',
      lineId: 'platform',
      description: 'Platform fee',
      amount: money('USD', 5_000_000n),
      service: { startsOn: '2027-02-01', endsBefore: '2027-03-01' },
      availableFrom: '2027-02-01',
      reason: 'fee-in-arrears',
    })
  })

  test('bills by invoice due in 60 days with the purchase order in its header, and carries the capability flags', () => {
    const [subscription] = stepsOf(plan, 'subscription')
    expect(subscription).toMatchObject({
      collection: { kind: 'invoice', daysUntilDue: 60 },
      customFields: [{ name: 'PO number', value: 'PO-2027-0042' }],
      startsAt: day('2027-01-01'),
      anchorAt: day('2027-02-01'),
      endsAt: day('2028-01-01'),
      items: [{ lineId: 'tokens', quantity: null, couponRefs: [] }],
      couponRefs: [],
    })
    expect(subscription?.metadata).toEqual({
      tieout_contract_id: 'ctr_1',
      tieout_version: '1',
      tieout_generation: '1',
      entitlement_seats: '250',
      entitlement_sso: 'true',
    })
  })
})

describe('a deal of 1,054.00 a year where the list says 1,096.00', () => {
  test('is the list price and a coupon of 42.00', () => {
    const plan = planOf(sampleTerms())
    expect(stepsOf(plan, 'price')[0]).toMatchObject({
      lookupKey: 'tieout-GTXPro-usd-12m-109600',
      intervalMonths: 12,
      usage: { kind: 'licensed', unitAmountMinor: '109600' },
    })
    const [coupon] = stepsOf(plan, 'coupon')
    expect(coupon?.off).toEqual({ amount: money('USD', 4_200n) })
    expect(coupon?.duration).toEqual({ kind: 'forever' })
    expect(stepsOf(plan, 'subscription')[0]).toMatchObject({
      collection: { kind: 'invoice', daysUntilDue: 30 },
      items: [
        {
          lineId: 'gtx-pro',
          priceRef: 'price:tieout-GTXPro-usd-12m-109600',
          quantity: 1n,
          couponRefs: [coupon?.ref],
        },
      ],
    })
    expect(plan.ownCharges).toEqual([])
  })

  test('at 1,150.00 it is a price of its own, without a coupon; at 1,096.00 and without a list it is that price', () => {
    for (const [paid, list, key] of [
      [115_000, usd(109_600), '115000'],
      [109_600, usd(109_600), '109600'],
      [105_400, null, '105400'],
    ] as const) {
      const plan = planOf(sampleTerms({ lines: [feeLine({ unitPrice: usd(paid), listPrice: list })] }))
      expect(stepsOf(plan, 'price').map(({ lookupKey }) => lookupKey)).toEqual([
        `tieout-GTXPro-usd-12m-${key}`,
      ])
      expect(stepsOf(plan, 'coupon')).toEqual([])
    }
  })

  test('two lines at one price are two prices, because a subscription takes each price once', () => {
    const lines = [feeLine({ lineId: 'one' }), feeLine({ lineId: 'two' })]
    const plan = planOf(sampleTerms({ lines }))
    expect(stepsOf(plan, 'price').map(({ lookupKey }) => lookupKey)).toEqual([
      'tieout-GTXPro-usd-12m-109600',
      'tieout-GTXPro-usd-12m-109600-2',
    ])
    expect(stepsOf(plan, 'subscription')[0]?.items.map(({ priceRef }) => priceRef)).toEqual(
      stepsOf(plan, 'price').map(({ ref }) => ref),
    )
  })

  test('seven seats 42.00 below list are one coupon of 294.00', () => {
    const plan = planOf(sampleTerms({ lines: [feeLine({ quantity: '7' })] }))
    expect(stepsOf(plan, 'coupon')[0]?.off).toEqual({ amount: money('USD', 29_400n) })
  })
})

describe('keys', () => {
  test('two deals of one account and entity share their customer; another entity has its own', () => {
    const key = (terms: ContractTerms, org = '00D1') => stepsOf(planOf(terms, { org }), 'customer')[0]?.opKey
    expect(key(sampleTerms())).toBe(key(sampleTerms({ startsOn: '2017-03-01', references: [] })))
    expect(key(sampleTerms({ entity: 'de' }))).not.toBe(key(sampleTerms()))
    expect(key(sampleTerms(), '00D2')).not.toBe(key(sampleTerms()))
  })

  test('product codes that look alike once made plain keep their own prices, and no key passes 200 characters', () => {
    const keyOf = (code: string) =>
      stepsOf(
        planOf(sampleTerms({ lines: [feeLine({ product: { code, name: code, family: 'GTX' } })] })),
        'price',
      )[0]?.lookupKey ?? ''
    const keys = ['GTX Pro', 'GTX/Pro', 'GTX-Pro', 'x'.repeat(500)].map(keyOf)
    expect(new Set(keys).size).toBe(4)
    expect(Math.max(...keys.map(({ length }) => length))).toBeLessThanOrEqual(200)
  })
})

describe('planning again', () => {
  const text = (plan: BillingPlan) =>
    JSON.stringify(plan, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))

  test('the same version and day give the same plan, byte for byte', () => {
    expect(text(planOf(acmeTerms(), acmeContext))).toBe(text(planOf(acmeTerms(), acmeContext)))
  })

  test('a plan has no difference from itself, and all of it from nothing', () => {
    const plan = planOf(acmeTerms(), acmeContext)
    expect(differences(plan, plan)).toEqual({ steps: [], ownCharges: [], changed: [] })
    expect(differences(plan, { steps: [], ownCharges: [] })).toEqual({
      steps: plan.steps,
      ownCharges: plan.ownCharges,
      changed: [],
    })
  })

  test('a new purchase order is a change of one field of the subscription', () => {
    const before = planOf(acmeTerms(), acmeContext)
    const after = planOf(
      acmeTerms({ purchaseOrder: { number: 'PO-2', amount: null, expiresOn: null } }),
      acmeContext,
    )
    expect(differences(after, before).changed.map(({ step, fields }) => [step.opKey, fields])).toEqual([
      ['subscription:ctr_1/1', ['customFields']],
    ])
  })
})
