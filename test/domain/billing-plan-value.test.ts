import { describe, expect, test } from 'vitest'
import { array, assert, boolean, constantFrom, integer, option, property, record } from 'fast-check'
import type { BillingPlan } from '../../src/domain/billing-plan.ts'
import { addMonths } from '../../src/domain/calendar.ts'
import { contractValue } from '../../src/domain/contract-value.ts'
import { feeLine, sampleTerms, tokenLine, usd } from './contract-samples.ts'
import { day, planOf, stepsOf } from './plan-samples.ts'

describe('what is planned is what is worth', () => {
  /** Plays the term: every item is billed on each of its anniversaries, at the price of the phase that runs then. */
  function billedOf(plan: BillingPlan): bigint {
    const prices = new Map(stepsOf(plan, 'price').map((step) => [step.ref, step]))
    const phases = phasesOf(plan)
    const start = (phases[0]?.startsAt ?? day('2017-03-01')).toISOString().slice(0, 10)
    let billed = plan.ownCharges.reduce((total, { amount }) => total + amount.amountMinor, 0n)
    for (let month = 0; addMonths(start, month) < '2019-03-01'; month++) {
      const now = day(addMonths(start, month))
      const items = phases.find(({ startsAt, endsAt }) => startsAt <= now && now < endsAt)?.items ?? []
      for (const item of items) {
        const price = prices.get(item.priceRef)
        if (price?.usage.kind !== 'licensed' || month % price.intervalMonths !== 0) continue
        billed += netOf(plan, BigInt(price.usage.unitAmountMinor) * (item.quantity ?? 0n), item.couponRefs)
      }
    }
    return billed
  }

  function phasesOf(plan: BillingPlan) {
    const one = stepsOf(plan, 'subscription').map((step) => ({
      ...step,
      endsAt: step.endsAt ?? day('2019-03-01'),
    }))
    return [...one, ...stepsOf(plan, 'schedule').flatMap(({ phases }) => phases)]
  }

  function netOf(plan: BillingPlan, gross: bigint, couponRefs: readonly string[]): bigint {
    const coupons = stepsOf(plan, 'coupon').filter(({ ref }) => couponRefs.includes(ref))
    return coupons.reduce((left, { off }) => left - offOf(off, gross), gross)
  }

  function offOf(off: { percent: string } | { amount: { amountMinor: bigint } }, gross: bigint): bigint {
    return 'amount' in off ? off.amount.amountMinor : (gross * BigInt(off.percent)) / 100n
  }

  test('over any mix of lines, ramps, discounts and days of planning, the plan bills the contract value', () => {
    const price = integer({ min: 0, max: 1_000_000 })
    const line = record({
      price,
      list: option(price),
      quantity: integer({ min: 0, max: 50 }),
      months: constantFrom(1, 3, 6, 12),
      timing: constantFrom('advance', 'arrears'),
      step: option(record({ price, quantity: integer({ min: 0, max: 50 }) })),
    })
    const discount = record({
      percent: boolean(),
      value: integer({ min: 0, max: 100 }),
      months: integer({ min: 1, max: 30 }),
    })
    const shape = record({
      lines: array(line, { minLength: 1, maxLength: 3 }),
      discounts: array(discount, { maxLength: 2 }),
      asOf: constantFrom('2016-12-01', '2017-03-01', '2017-03-20', '2017-07-15', '2018-06-30', '2019-02-28'),
      usage: boolean(),
    })
    assert(
      property(shape, ({ lines, discounts, asOf, usage }) => {
        const terms = sampleTerms({
          endsBefore: '2019-03-01',
          lines: [
            ...lines.map((one, index) =>
              feeLine({
                lineId: `line-${index}`,
                unitPrice: usd(one.price),
                listPrice: one.list === null ? null : usd(one.list),
                quantity: `${one.quantity}`,
                billing: { months: one.months as 1, timing: one.timing as 'advance' },
                ramp:
                  one.step === null
                    ? []
                    : [
                        {
                          startsOn: '2018-03-01',
                          unitPrice: usd(one.step.price),
                          quantity: `${one.step.quantity}`,
                        },
                      ],
              }),
            ),
            ...(usage ? [tokenLine()] : []),
          ],
          discounts: discounts.map(({ percent, value, months }) => ({
            name: 'Some',
            percent: percent ? `${value}` : null,
            amount: percent ? null : usd(value * 1_000),
            duration: { kind: 'months' as const, months },
            lineIds: null,
          })),
        })
        expect(billedOf(planOf(terms, { asOf }))).toBe(contractValue(terms).amountMinor)
      }),
      { numRuns: 500 },
    )
  })
})
