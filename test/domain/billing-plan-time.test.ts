import { describe, expect, test } from 'vitest'
import { money } from '../../src/domain/money.ts'
import { feeLine, sampleTerms, usd } from './contract-samples.ts'
import { day, monthly, planOf, stepsOf } from './plan-samples.ts'

describe('starts', () => {
  test('two weeks ago: backdated to the first day, anchored on the next anniversary', () => {
    const plan = planOf(sampleTerms(), { asOf: '2017-03-15' })
    expect(stepsOf(plan, 'subscription')[0]).toMatchObject({
      startsAt: day('2017-03-01'),
      anchorAt: day('2018-03-01'),
      endsAt: day('2018-03-01'),
    })
  })

  test('three months ago, billed monthly without discount: one first invoice up to the next anniversary', () => {
    const plan = planOf(sampleTerms({ lines: [feeLine({ billing: monthly })] }), { asOf: '2017-06-10' })
    expect(stepsOf(plan, 'subscription')[0]).toMatchObject({
      startsAt: day('2017-03-01'),
      anchorAt: day('2017-07-01'),
    })
    expect(stepsOf(plan, 'price')[0]?.usage).toEqual({ kind: 'licensed', unitAmountMinor: '105400' })
    expect(plan.ownCharges).toEqual([])
  })

  test('three months ago with a discount: the past months are charges of ours, the subscription begins with this one', () => {
    const discounts = [
      { name: 'Launch', percent: '10', amount: null, duration: { kind: 'forever' as const }, lineIds: null },
    ]
    const lines = [feeLine({ unitPrice: usd(10_000), listPrice: null, billing: monthly })]
    const plan = planOf(sampleTerms({ lines, discounts }), { asOf: '2017-06-10' })
    expect(stepsOf(plan, 'subscription')[0]).toMatchObject({
      startsAt: day('2017-06-01'),
      anchorAt: day('2017-07-01'),
    })
    expect(
      plan.ownCharges.map(({ amount, service, ownInvoice }) => [
        amount.amountMinor,
        service.startsOn,
        ownInvoice,
      ]),
    ).toEqual([
      [9_000n, '2017-03-01', true],
      [9_000n, '2017-04-01', true],
      [9_000n, '2017-05-01', true],
    ])
  })

  test('next month: a schedule with one phase that ends with the term', () => {
    const plan = planOf(sampleTerms(), { asOf: '2017-02-01' })
    expect(stepsOf(plan, 'schedule')[0]).toMatchObject({
      endBehavior: 'cancel',
      phases: [{ startsAt: day('2017-03-01'), endsAt: day('2018-03-01') }],
    })
    expect(stepsOf(plan, 'subscription')).toEqual([])
  })

  test('a contract that renews ends neither its subscription nor its schedule', () => {
    const renewal = { kind: 'auto' as const, months: 12, noticeDays: 30 }
    expect(stepsOf(planOf(sampleTerms({ renewal })), 'subscription')[0]?.endsAt).toBeNull()
    const later = planOf(sampleTerms({ renewal }), { asOf: '2017-02-01' })
    expect(stepsOf(later, 'schedule')[0]?.endBehavior).toBe('release')
  })

  test('1 March is 1 March in UTC and for the entity: noon UTC in New York, midnight UTC in Berlin and Auckland', () => {
    const startIn = (zone: string) =>
      stepsOf(planOf(sampleTerms(), { zone }), 'subscription')[0]?.startsAt.toISOString()
    expect(startIn('America/New_York')).toBe('2017-03-01T12:00:00.000Z')
    expect(startIn('Europe/Berlin')).toBe('2017-03-01T00:00:00.000Z')
    expect(startIn('Pacific/Auckland')).toBe('2017-03-01T00:00:00.000Z')
  })
})

describe('ramps and discounts for a time', () => {
  test('10 seats at 30.00, from September 25 at 28.00: two phases that touch', () => {
    const ramp = [{ startsOn: '2017-09-01', unitPrice: usd(2_800), quantity: '25' }]
    const lines = [
      feeLine({ unitPrice: usd(3_000), listPrice: usd(3_000), quantity: '10', billing: monthly, ramp }),
    ]
    const plan = planOf(sampleTerms({ lines }))
    const [schedule] = stepsOf(plan, 'schedule')
    expect(
      schedule?.phases.map(({ startsAt, endsAt, items }) => [startsAt, endsAt, items[0]?.quantity]),
    ).toEqual([
      [day('2017-03-01'), day('2017-09-01'), 10n],
      [day('2017-09-01'), day('2018-03-01'), 25n],
    ])
    expect(stepsOf(plan, 'price').map(({ lookupKey }) => lookupKey)).toEqual(['tieout-GTXPro-usd-1m-3000'])
    expect(stepsOf(plan, 'coupon').map(({ off }) => off)).toEqual([{ amount: money('USD', 5_000n) }])
  })

  test('a ramp under way: past months are charges of ours, the schedule begins with the month that runs', () => {
    const ramp = [{ startsOn: '2017-09-01', unitPrice: usd(2_800), quantity: '25' }]
    const lines = [
      feeLine({ unitPrice: usd(3_000), listPrice: null, quantity: '10', billing: monthly, ramp }),
    ]
    const plan = planOf(sampleTerms({ lines }), { asOf: '2017-05-20' })
    expect(stepsOf(plan, 'schedule')[0]?.phases[0]?.startsAt).toEqual(day('2017-05-01'))
    expect(plan.ownCharges.map(({ amount }) => amount.amountMinor)).toEqual([30_000n, 30_000n])
  })

  test('20 % for three months is a phase with a 20 % coupon and a phase without', () => {
    const discounts = [
      {
        name: 'Launch',
        percent: '20',
        amount: null,
        duration: { kind: 'months' as const, months: 3 },
        lineIds: null,
      },
    ]
    const lines = [feeLine({ unitPrice: usd(10_000), listPrice: null, billing: monthly })]
    const plan = planOf(sampleTerms({ lines, discounts }))
    expect(stepsOf(plan, 'coupon')).toMatchObject([
      { name: 'Launch', off: { percent: '20' }, duration: { kind: 'forever' } },
    ])
    const phases = stepsOf(plan, 'schedule')[0]?.phases
    expect(phases?.map(({ startsAt, items }) => [startsAt, items[0]?.couponRefs.length])).toEqual([
      [day('2017-03-01'), 1],
      [day('2017-06-01'), 0],
    ])
  })

  test('a percentage that does not come out even, or stands beside another coupon, is its amount', () => {
    const ten = {
      name: 'Ten',
      percent: '10',
      amount: null,
      duration: { kind: 'forever' as const },
      lineIds: null,
    }
    const odd = planOf(
      sampleTerms({ lines: [feeLine({ unitPrice: usd(9_999), listPrice: null })], discounts: [ten] }),
    )
    expect(stepsOf(odd, 'coupon').map(({ off }) => off)).toEqual([{ amount: money('USD', 1_000n) }])
    const two = planOf(sampleTerms({ discounts: [ten] }))
    expect(stepsOf(two, 'coupon').map(({ off }) => off)).toEqual([
      { amount: money('USD', 4_200n) },
      { amount: money('USD', 10_540n) },
    ])
  })

  test('the same discount twice is two coupons, because an item takes each coupon once', () => {
    const five = {
      name: 'Five',
      percent: null,
      amount: usd(500),
      duration: { kind: 'forever' as const },
      lineIds: null,
    }
    const plan = planOf(sampleTerms({ lines: [feeLine({ listPrice: null })], discounts: [five, five] }))
    const [first, second] = stepsOf(plan, 'coupon')
    expect(second?.couponId).toBe(`${first?.couponId}-2`)
    expect(stepsOf(plan, 'subscription')[0]?.items[0]?.couponRefs).toEqual([first?.ref, second?.ref])
  })

  test('a discount on one line leaves the other alone', () => {
    const lines = [feeLine({ lineId: 'one', listPrice: null }), feeLine({ lineId: 'two', listPrice: null })]
    const discounts = [
      { name: 'Half', percent: '50', amount: null, duration: { kind: 'forever' as const }, lineIds: ['two'] },
    ]
    const [subscription] = stepsOf(planOf(sampleTerms({ lines, discounts })), 'subscription')
    expect(subscription?.items.map(({ lineId, couponRefs }) => [lineId, couponRefs.length])).toEqual([
      ['one', 0],
      ['two', 1],
    ])
  })
})
