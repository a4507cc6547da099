import { describe, expect, test } from 'vitest'
import { money } from '../../src/domain/money.ts'
import { feeLine, sampleTerms, tokenLine, usd } from './contract-samples.ts'
import { monthly, planOf, stepsOf } from './plan-samples.ts'

describe('what the provider cannot price is charged by us', () => {
  test('only fees in arrears: a free item keeps the rhythm, and each fee is handed over in its last cycle', () => {
    const lines = [feeLine({ listPrice: null, billing: { months: 3, timing: 'arrears' } })]
    const plan = planOf(sampleTerms({ lines }))
    expect(stepsOf(plan, 'price')).toMatchObject([
      { lookupKey: 'tieout-billing-cycle-usd-3m-0', usage: { unitAmountMinor: '0' } },
    ])
    expect(plan.ownCharges.map(({ availableFrom }) => availableFrom)).toEqual([
      '2017-03-01',
      '2017-06-01',
      '2017-09-01',
      '2017-12-01',
    ])
  })

  test('a quarterly fee in arrears beside monthly seats waits for the last month of its quarter', () => {
    const lines = [
      feeLine({ lineId: 'seats', listPrice: null, billing: monthly }),
      feeLine({ lineId: 'care', listPrice: null, billing: { months: 3, timing: 'arrears' } }),
    ]
    const plan = planOf(sampleTerms({ lines }))
    expect(plan.ownCharges[0]).toMatchObject({
      lineId: 'care',
      availableFrom: '2017-05-01',
      reason: 'fee-in-arrears',
    })
    expect(stepsOf(plan, 'subscription')[0]?.items.map(({ lineId }) => lineId)).toEqual(['seats'])
  })

  test('a yearly fee in advance beside monthly usage, begun: an invoice of its own, since one anchor serves one interval', () => {
    const lines = [feeLine({ lineId: 'year', listPrice: null }), tokenLine()]
    const plan = planOf(sampleTerms({ lines }))
    expect(plan.ownCharges).toMatchObject([
      { lineId: 'year', availableFrom: '2017-03-01', ownInvoice: true, reason: 'fee-in-advance' },
    ])
    expect(stepsOf(plan, 'subscription')[0]?.items.map(({ lineId }) => lineId)).toEqual(['tokens'])
  })

  test('the same before its start: two items of two intervals', () => {
    const lines = [feeLine({ lineId: 'year', listPrice: null }), tokenLine()]
    const plan = planOf(sampleTerms({ lines }), { asOf: '2017-02-01' })
    expect(plan.ownCharges).toEqual([])
    expect(stepsOf(plan, 'schedule')[0]?.phases[0]?.items.map(({ lineId }) => lineId)).toEqual([
      'year',
      'tokens',
    ])
  })

  test('set-up of 250.00 on 15 March is on an invoice of its own that day', () => {
    const setup = {
      kind: 'one-time' as const,
      lineId: 'setup',
      product: { code: 'SETUP', name: 'Set-up', family: 'Services' },
      price: usd(25_000),
      chargedOn: '2017-03-15',
      serviceMonths: 0,
    }
    const plan = planOf(sampleTerms({ lines: [feeLine(), setup] }))
    expect(plan.ownCharges).toEqual([
      {
        chargeKey: 'charge:ctr_1/1/setup/2017-03-15',
        contractId: 'ctr_1',
        lineId: 'setup',
        description: 'Set-up',
        amount: money('USD', 25_000n),
        service: { startsOn: '2017-03-15', endsBefore: '2017-03-15' },
        availableFrom: '2017-03-15',
        reason: 'one-time',
        ownInvoice: true,
      },
    ])
  })

  test.each([
    ['packages', tokenLine({ model: 'package' })],
    ['a minimum', tokenLine({ minimum: usd(100_00) })],
    ['volume prices beyond included units', tokenLine({ model: 'volume' })],
    [
      '0.001 for 3 units, which no decimal writes',
      tokenLine({ tiers: [{ upTo: null, unitPrice: '0.001', flatFee: null }], unitSize: '3' }),
    ],
    ['no last tier without end', tokenLine({ tiers: [{ upTo: '5', unitPrice: '1', flatFee: null }] })],
  ])('%s', (_, line) => {
    const plan = planOf(sampleTerms({ lines: [line] }))
    expect(stepsOf(plan, 'meter')).toEqual([])
    expect(stepsOf(plan, 'price').map(({ lookupKey }) => lookupKey)).toEqual([
      'tieout-billing-cycle-usd-1m-0',
    ])
  })

  test.each([
    [
      'per unit, nothing included',
      tokenLine({ includedUnits: '0', overageDiscountPercent: '0' }),
      'graduated',
      [[null, '0.0004', null]],
    ],
    [
      'graduated beyond 100 included',
      tokenLine({
        includedUnits: '100',
        unitSize: '1',
        model: 'graduated',
        overageDiscountPercent: '0',
        tiers: [
          { upTo: '50', unitPrice: '0.10', flatFee: null },
          { upTo: null, unitPrice: '0.08', flatFee: usd(500) },
        ],
      }),
      'graduated',
      [
        [100n, '0', null],
        [150n, '10', null],
        [null, '8', 500n],
      ],
    ],
    [
      'volume',
      tokenLine({
        includedUnits: '0',
        unitSize: '1',
        model: 'volume',
        overageDiscountPercent: '50',
        tiers: [
          { upTo: '50', unitPrice: '0.10', flatFee: null },
          { upTo: null, unitPrice: '0.08', flatFee: null },
        ],
      }),
      'volume',
      [
        [50n, '5', null],
        [null, '4', null],
      ],
    ],
    [
      'with a commit, whose shortfall alone is ours',
      tokenLine({
        includedUnits: '0',
        overageDiscountPercent: '0',
        commit: { amount: usd(1), periodMonths: 3, trueUp: 'invoice-shortfall' },
      }),
      'graduated',
      [[null, '0.0004', null]],
    ],
  ])('metered: %s', (_, line, mode, tiers) => {
    const usage = stepsOf(planOf(sampleTerms({ lines: [line] })), 'price')[0]?.usage
    expect(usage).toMatchObject({ kind: 'metered', tiersMode: mode })
    expect(
      usage?.kind === 'metered' &&
        usage.tiers.map(({ upTo, unitAmountMinor, flatAmountMinor }) => [
          upTo,
          unitAmountMinor,
          flatAmountMinor,
        ]),
    ).toEqual(tiers)
  })
})
