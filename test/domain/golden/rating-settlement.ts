import { Big } from 'big.js'
import { expect } from 'vitest'
import { add, money, toDecimal, zero, type Money } from '../../../src/domain/money.ts'
import { rateFurtherUsage } from '../../../src/domain/rating.ts'
import { rateAgainstCommit, shortfall, trueUp } from '../../../src/domain/rating/commit.ts'
import { ratio, roundToMoney, total, writeRatio } from '../../../src/domain/rating/exact.ts'
import {
  balanceOf,
  drawGrants,
  grantOrder,
  orderGrants,
  restoreGrants,
  type Grant,
} from '../../../src/domain/rating/grant.ts'
import {
  billProgressively,
  creditNoteFor,
  subtotal,
  totalInvoice,
} from '../../../src/domain/rating/invoice-total.ts'
import { prorate } from '../../../src/domain/rating/proration.ts'
import { divideByRule, type RoundingRule } from '../../../src/domain/rating/rounding-rule.ts'
import { shareOut } from '../../../src/domain/rating/share.ts'
import { inWords, type GoldenHandler } from '../../support/golden.ts'
import { cents, currencyWith, dollars, usageLine, usd } from './terms.ts'

const minor = ({ amountMinor }: Money): string => amountMinor.toString()

const missing = (promised: string, used: string): string => toDecimal(shortfall(usd(promised), usd(used)))

const today = '2025-01-01'

function grant(grantId: string, terms: Partial<Grant> & Pick<Grant, 'remaining'>): Grant {
  return {
    grantId,
    priority: 1,
    expiresAt: null,
    category: 'paid',
    effectiveAt: today,
    createdAt: today,
    ...terms,
  }
}

const nothing = { coupon: zero('USD'), usageCredits: zero('USD'), settled: [] }

/** Commits, credits, invoices and roundings. */
export const ratingBySettlement: Readonly<Record<string, GoldenHandler>> = {
  'rt-flexprice-subtotal': ({ sets, jpy }: { sets: string[][]; jpy: string[] }) => ({
    usd: sets.map((lines) => toDecimal(subtotal(lines, 'USD'))),
    jpy: toDecimal(subtotal(jpy, 'JPY')),
  }),
  'rt-flexprice-trueup-round': ({ cases }: { cases: [string, string, number][] }) => ({
    true_up: cases.map(([commit, used, places]) => {
      const currency = currencyWith(places)
      return toDecimal(shortfall(roundToMoney(commit, currency), roundToMoney(used, currency)))
    }),
  }),
  'rt-dinero-rounding-modes': ({ values, divisor }: { values: number[]; divisor: number }) => {
    const rounded = (rule: RoundingRule) =>
      values.map((value) => divideByRule(BigInt(value), BigInt(divisor), rule).toString())
    return {
      half_away_from_zero: rounded('half-up'),
      half_even: rounded('half-even'),
      half_up_to_plus_inf: rounded('half-toward-positive'),
      half_towards_zero: rounded('half-toward-zero'),
      half_down_to_minus_inf: rounded('half-toward-negative'),
    }
  },
  'rt-dinero-allocate': ({ cases }: { cases: [number, number[]][] }) => ({
    shares: cases.map(([amount, weights]) =>
      shareOut(
        cents(amount),
        weights.map((weight) => BigInt(weight)),
      ).map(({ amountMinor }) => Number(amountMinor)),
    ),
  }),
  'rt-stripe-credit-order': () => {
    const published: Record<(typeof grantOrder)[number]['rule'], string> = {
      priority: 'priority ascending',
      expiry: 'earliest expires_at',
      'promotional-first': 'promotional before paid',
      effective: 'earliest effective_at',
      created: 'earliest created',
    }
    // 100.00 less 10 % is 90.00, less 30.00 of credits 60.00, plus 20 % tax 72.00, less a balance of 5.00.
    const invoice = totalInvoice(
      [{ amount: usd('100'), taxPercent: '20' }],
      { coupon: usd('10'), usageCredits: usd('30'), settled: [usd('5')] },
      'USD',
    )
    expect([invoice.taxable, invoice.tax, invoice.due].map(toDecimal)).toEqual(['60.00', '12.00', '67.00'])
    const used = drawGrants([grant('G', { remaining: 50n })], 30n, today)
    const restoredBy = (because: 'invoice-voided' | 'credit-note') =>
      balanceOf(restoreGrants(used.grants, used.draws, because), today) === 50n
    return {
      order: grantOrder.map(({ rule }) => published[rule]),
      position: inWords,
      void_restores: restoredBy('invoice-voided'),
      credit_note_restores: restoredBy('credit-note'),
    }
  },
  'rt-stigg-credit-order': (given: {
    grants: {
      id: string
      priority: number
      expires: string
      type: 'paid' | 'promotional'
      amount: number
    }[]
  }) => {
    const months: Record<string, string> = { Aug: '08', Sep: '09' }
    const grants = given.grants.map(({ id, priority, expires, type, amount }) => {
      const [month = '', day = ''] = expires.split(' ')
      const expiresAt = `2025-${months[month]}-${day.padStart(2, '0')}`
      return grant(id, { priority, expiresAt, category: type, remaining: BigInt(amount) })
    })
    return { order: orderGrants(grants).map(({ grantId }) => grantId) }
  },
  'rt-kong-credit': (given: {
    charge: string
    credits: string
    grant: { credits: number; unit_cost: string }
  }) => {
    const wallet = [grant('G', { remaining: usd(given.credits).amountMinor })]
    const { uncovered } = drawGrants(wallet, usd(given.charge).amountMinor, today)
    const line = usageLine({ tiers: [{ upTo: null, unitPrice: given.grant.unit_cost, flatFee: null }] })
    return {
      invoice: toDecimal(money('USD', uncovered)),
      grant_cost: toDecimal(rateFurtherUsage(line, null, String(given.grant.credits), 'USD').amount),
    }
  },
  'rt-lago-wallet-fifo': ({ grants, use }: { grants: [string, number][]; use: number }) => {
    const wallet = grants.map(([id, amount], index) =>
      grant(id, { remaining: BigInt(amount), createdAt: `2025-01-0${index + 1}` }),
    )
    const { draws, grants: after } = drawGrants(wallet, BigInt(use), today)
    return {
      consumed: draws.map(({ grantId, amount }) => [grantId, Number(amount)]),
      left: Number(balanceOf(after, today)),
    }
  },
  'rt-lago-prepaid-cap': (given: {
    tax_pct: string
    scenario1: { fees_minor: string[] }
    scenario2: { fees_minor: string[] }
  }) => {
    const scenario = ({ fees_minor }: { fees_minor: string[] }) => {
      const fees = subtotal(
        fees_minor.map((fee) => new Big(fee).div(100)),
        'USD',
      )
      // A wallet of plenty: what it pays is the cap.
      const lines = [{ amount: fees, taxPercent: given.tax_pct }]
      const invoice = totalInvoice(lines, { ...nothing, settled: [usd('1000')] }, 'USD')
      expect(invoice.due).toEqual(zero('USD'))
      return { fees: minor(fees), tax: minor(invoice.tax), total: minor(invoice.total) }
    }
    return { scenario1: scenario(given.scenario1), scenario2: scenario(given.scenario2) }
  },
  'rt-lago-spending-min': ({ minimum, usage }: { minimum: string; usage: string }) => ({
    true_up: missing(minimum, usage),
  }),
  'rt-lago-commitment-doc': ({ minimum, usages }: { minimum: string; usages: string[] }) => ({
    true_up: usages.map((usage) => missing(minimum, usage)),
  }),
  'rt-lago-min-commit-partial': (given: {
    commitment_minor: number
    plan_minor: number
    periods: { days: number; of: number }[]
  }) => ({
    true_up: given.periods.map(({ days, of }) => {
      const share = { part: BigInt(days), whole: BigInt(of) }
      return minor(
        shortfall(prorate(cents(given.commitment_minor), share), prorate(cents(given.plan_minor), share)),
      )
    }),
  }),
  'rt-openmeter-min-split': (given: {
    minimum: string
    previously_billed: string
    this_period_usage: string
  }) => {
    const used = add(usd(given.previously_billed), usd(given.this_period_usage))
    return { minimum_charge: toDecimal(shortfall(usd(given.minimum), used)) }
  },
  'rt-openmeter-usage-discount': (given: { free_units: number; pre_period_units: number; units: number }) => {
    const line = usageLine({ includedUnits: BigInt(given.free_units) })
    const rated = rateFurtherUsage(line, String(given.pre_period_units), String(given.units), 'USD')
    return { billable: Number(rated.overageUnits) }
  },
  'rt-metronome-postpaid': () => {
    const commit = { amount: usd('1000'), periodMonths: 12, trueUp: 'invoice-shortfall' } as const
    expect([['800'], ['1000'], ['600', '700']].map((paid) => trueUp(commit, paid.map(usd)))).toEqual(
      ['200', '0', '0'].map(usd),
    )
    const disabled = trueUp({ ...commit, trueUp: 'none' }, [usd('800')])
    return { true_up: inWords, can_be_disabled: disabled.amountMinor === 0n }
  },
  'rt-flexprice-window-commit': (given: {
    unit: string
    commit: string
    overage_factor: string
    true_up: boolean
    windows: number[]
  }) => {
    const terms = {
      amount: given.commit,
      overageFactor: given.overage_factor,
      chargesShortfall: given.true_up,
    }
    const prices = given.windows.map((units) =>
      rateAgainstCommit(terms, ratio(new Big(given.unit).times(units))),
    )
    return { per_window: prices.map(dollars), total: dollars(total(prices)) }
  },
  'rt-zuora-prepaid': (given: { fund: string; tokens: number; unit: string; rollover_used: number }) => {
    const fund = usd(given.fund).amountMinor
    const { grants } = drawGrants(
      [grant('first', { remaining: fund })],
      usd(given.rollover_used).amountMinor,
      today,
    )
    const next = [...grants, grant('second', { remaining: fund })]
    return {
      unit_check: writeRatio(ratio(given.fund, String(given.tokens))).text,
      rollover_next_balance: toDecimal(money('USD', balanceOf(next, today))),
    }
  },
  'rt-killbill-credit': ({ credit, charge }: { credit: string; charge: string }) => {
    const lines = [{ amount: usd(charge), taxPercent: '0' }]
    return { balance: toDecimal(totalInvoice(lines, { ...nothing, settled: [usd(credit)] }, 'USD').due) }
  },
  'rt-lago-invoice-order': (given: {
    subscription: string
    usage: string
    coupon: string
    tax_pct: string
    credit_note: string
    prepaid: string
  }) => {
    const lines = [given.subscription, given.usage].map((amount) => ({
      amount: usd(amount),
      taxPercent: given.tax_pct,
    }))
    const settled = [usd(given.credit_note), usd(given.prepaid)]
    const invoice = totalInvoice(lines, { ...nothing, coupon: usd(given.coupon), settled }, 'USD')
    const { taxable, tax, total: whole, due } = invoice
    return {
      taxable: toDecimal(taxable),
      tax: toDecimal(tax),
      total: toDecimal(whole),
      due: toDecimal(due),
    }
  },
  'rt-lago-progressive': (given: { threshold_minor: number; usage_minor: number[]; plan_minor: number }) => {
    const {
      ahead,
      fees,
      credit,
      total: whole,
    } = billProgressively(cents(given.threshold_minor), given.usage_minor.map(cents), cents(given.plan_minor))
    return {
      progressive_invoice: ahead.map(minor).join(', '),
      final_fees: minor(fees),
      final_credit: minor(credit),
      final_total: minor(whole),
    }
  },
  'rt-lago-coupon-tax': (given: { fees_minor: number[]; tax_pct: number[]; coupon_minor: number }) => {
    const lines = given.fees_minor.map((fee, index) => ({
      amount: cents(fee),
      taxPercent: String(given.tax_pct[index]),
    }))
    const invoice = totalInvoice(lines, { ...nothing, coupon: cents(given.coupon_minor) }, 'USD')
    return {
      coupon: invoice.couponShares.map(minor),
      tax: invoice.taxes.map(minor),
      tax_total: minor(invoice.tax),
      total: minor(invoice.total),
    }
  },
  'rt-lago-cn-rounding': ({
    cases,
  }: {
    cases: { net_minor: number; tax_pct: string; fraction: string }[]
  }) => ({
    cn: cases.map(({ net_minor, tax_pct, fraction }) => {
      const [part = '0', whole = '1'] = fraction.split('/')
      const note = creditNoteFor(cents(net_minor), tax_pct, { part: BigInt(part), whole: BigInt(whole) })
      return [note.net, note.tax, note.total].map(minor)
    }),
  }),
}
