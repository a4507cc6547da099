import { Big } from 'big.js'
import { addMonths, monthsBetween } from '../../../src/domain/calendar.ts'
import { allocatePrice, optionSellingPrice, residualSellingPrice } from '../../../src/domain/allocation.ts'
import { catchUp, modifyProspectively, treatmentOf } from '../../../src/domain/modification.ts'
import {
  add,
  divide,
  fromDecimal,
  money,
  subtract,
  sum,
  times,
  toDecimal,
  type Money,
} from '../../../src/domain/money.ts'
import { Positions } from '../../../src/domain/position.ts'
import { earnedByUse } from '../../../src/domain/prepaid.ts'
import { prorate } from '../../../src/domain/rating/proration.ts'
import { rateUsageLine } from '../../../src/domain/rating.ts'
import { scheduleRevenue } from '../../../src/domain/revenue.ts'
import type { GoldenHandler } from '../../support/golden.ts'
import { deliverOneThenTheOther, netOf, netted, rowsOf } from './books.ts'
import { contractTiers, usageLine, usd, type TierInput } from './terms.ts'

/** Examples in whole units use a currency that has no smaller ones. */
const whole = (amount: string | number): Money => fromDecimal('JPY', String(amount))

const decimals = (amounts: readonly Money[]): string[] => amounts.map(toDecimal)

const allocation: GoldenHandler = (given: { ssp: string[]; price: string }) => ({
  allocation: decimals(allocatePrice(whole(given.price), given.ssp.map(whole))),
})

type Units = { readonly units: number; readonly price: string }

/** Units added at their own price are a contract by themselves: neither price moves the other. */
function addedSeparately(original: Units, added: Units, isAtSellingPrice: boolean) {
  const treatment = treatmentOf({ addsDistinctService: true, isAtSellingPrice, isRestDistinct: true })
  if (treatment !== 'separate-contract') throw new Error(`The example is ${treatment}`)
  const [first, second] = [original, added].map(({ units, price }) => times(usd(price), BigInt(units))) as [
    Money,
    Money,
  ]
  return { original: first, added: second, total: add<string>(first, second) }
}

const perUnit = (total: Money, units: number): string =>
  toDecimal(money(total.currency, divide(total.amountMinor, BigInt(units))))

/** Transaction prices: allocated, estimated, modified. */
export const revrecOfPrices: Readonly<Record<string, GoldenHandler>> = {
  'rr-kpmg-bundle-80': (given: { ssp: string[]; transaction_price: string }) => {
    const price = whole(given.transaction_price)
    const selling = given.ssp.map(whole)
    const total = sum<string>('JPY', selling).amountMinor
    const naive = selling.map(({ amountMinor }) => prorate(price, { part: amountMinor, whole: total }))
    return {
      allocation: decimals(allocatePrice(price, selling)),
      naive_sum: toDecimal(sum<string>('JPY', naive)),
    }
  },
  'rr-kpmg-loyalty-10a': (given: Record<'goods_ssp' | 'points_ssp' | 'price', string>) => {
    const [goods, points] = decimals(
      allocatePrice(usd(given.price), [usd(given.goods_ssp), usd(given.points_ssp)]),
    )
    return { goods, points }
  },
  'rr-ey-voucher': (
    given: Record<
      'price' | 'voucher_pct' | 'general_discount_pct' | 'expected_purchase' | 'likelihood_pct',
      string
    >,
  ) => {
    const option = optionSellingPrice(usd(given.expected_purchase), {
      option: given.voucher_pct,
      anybody: given.general_discount_pct,
      likelihood: given.likelihood_pct,
    })
    const selling = [whole(given.price), whole(toDecimal(option))]
    return { option_ssp: toDecimal(option), allocation: decimals(allocatePrice(whole(given.price), selling)) }
  },
  'rr-asc-ex33': allocation,
  'rr-asc-ex34b': (given: { A: string; bundle_BC: string; price: string }) => {
    const observed = { least: whole(1), most: whole(given.price) }
    const residual = residualSellingPrice(
      whole(given.price),
      [whole(given.A), whole(given.bundle_BC)],
      observed,
    )
    return { D_residual: residual.ok ? toDecimal(residual.value) : residual.error.code }
  },
  'rr-asc-ex52': (given: {
    goods_ssp: string
    points_ssp: string
    price: string
    y1: { redeemed: number; expected: number }
    y2: { redeemed_cum: number; expected: number }
  }) => {
    const selling = [whole(given.goods_ssp), whole(given.points_ssp)]
    const [goods, points] = allocatePrice(whole(given.price), selling) as [Money, Money]
    const first = earnedByUse(points, BigInt(given.y1.redeemed), BigInt(given.y1.expected))
    const both = earnedByUse(points, BigInt(given.y2.redeemed_cum), BigInt(given.y2.expected))
    return {
      goods: toDecimal(goods),
      points: toDecimal(points),
      y1: toDecimal(first),
      liability_y1: toDecimal(subtract<string>(points, first)),
      y2: toDecimal(subtract<string>(both, first)),
      liability_y2: toDecimal(subtract<string>(points, both)),
    }
  },
  'rr-tissues-tiered': (given: {
    tiers: TierInput[]
    expected_volume: number
    sold: number
    billed: string
  }) => {
    const line = usageLine({ model: 'graduated', tiers: contractTiers(given.tiers) })
    const expected = rateUsageLine(line, given.expected_volume.toString(), 'USD').amount
    const earned = earnedByUse(expected, BigInt(given.sold), BigInt(given.expected_volume))
    const positions = new Positions()
    positions.bill('ctr_1', 'fee', usd(given.billed))
    positions.earn('ctr_1', 'fee', earned)
    return {
      expected_consideration: toDecimal(expected),
      revenue_first_30000: toDecimal(earned),
      contract_liability: toDecimal(money('USD', positions.get('ctr_1', 'fee', 'USD').liabilityMinor)),
    }
  },
  'rr-jkjiwani-modification': (given: { original: Units; added: Units }) => {
    const { original, added, total } = addedSeparately(given.original, given.added, true)
    return { original: toDecimal(original), added: toDecimal(added), total: toDecimal(total) }
  },
  'rr-asc-ex5a': (given: { original: Units; added: Units & { at_ssp: boolean } }) => {
    const { original, added, total } = addedSeparately(given.original, given.added, given.added.at_ssp)
    return {
      per_unit_original: perUnit(original, given.original.units),
      per_unit_added: perUnit(added, given.added.units),
      total: toDecimal(total),
    }
  },
  'rr-zuora-midterm-price': (given: {
    start: string
    months: number
    price: string
    change: { date: string; price: string }
  }) => {
    const endsBefore = addMonths(given.start, given.months)
    const price = times(usd(given.price), BigInt(given.months))
    const promise = {
      contractId: 'ctr_1',
      lineId: 'fee',
      family: null,
      price,
      service: { startsOn: given.start, endsBefore },
    }
    const monthsLeft = monthsBetween(given.change.date.slice(0, 7), endsBefore.slice(0, 7)).length - 1
    const priceChange = times(subtract<string>(usd(given.change.price), usd(given.price)), BigInt(monthsLeft))
    const change = { effectiveOn: given.change.date, priceChange, endsBefore }
    const [ended, begun] = modifyProspectively(promise, change, 'by-month')
    return {
      booked_initial: toDecimal(price),
      order_1_after: toDecimal(ended.price),
      order_2: toDecimal(begun.price),
    }
  },
  'rr-asc-ex7': (given: {
    annual: string
    year3_price: string
    extension_years: number
    extension_price: string
  }) => {
    const startsOn = '2025-01-01'
    const promise = {
      contractId: 'ctr_1',
      lineId: 'fee',
      family: null,
      price: times(usd(given.annual), 3n),
      service: { startsOn, endsBefore: addMonths(startsOn, 36) },
    }
    const cut = subtract<string>(usd(given.year3_price), usd(given.annual))
    const change = {
      effectiveOn: addMonths(startsOn, 24),
      priceChange: add<string>(cut, usd(given.extension_price)),
      endsBefore: addMonths(startsOn, 36 + 12 * given.extension_years),
    }
    const [, begun] = modifyProspectively(promise, change, 'by-month')
    const months = scheduleRevenue(begun, 'by-month').map(({ amountMinor }) => amountMinor)
    const years = Array.from({ length: months.length / 12 }, (_, year) =>
      months.slice(12 * year, 12 * year + 12).reduce((total, minor) => total + minor, 0n),
    )
    const [annual, ...others] = new Set(years.map((minor) => toDecimal(money('USD', minor))))
    return { annual_after_mod: others.length === 0 ? annual : 'years differ' }
  },
  'rr-asc-ex8': (given: Record<'tp' | 'progress_pct' | 'mod_tp' | 'mod_cost' | 'cost_to_date', string>) => {
    const before = prorate(usd(given.tp), { part: BigInt(given.progress_pct), whole: 100n })
    const progress = { part: BigInt(given.cost_to_date), whole: BigInt(given.mod_cost) }
    return {
      recognised_before: toDecimal(before),
      progress_exact: new Big(given.cost_to_date).div(given.mod_cost).toFixed(10),
      catch_up_exact: toDecimal(catchUp<string>(usd(given.mod_tp), progress, before)),
    }
  },
  'rr-asc-ex39': (given: { X: string; Y: string }) => {
    const [delivered, ...then] = deliverOneThenTheOther(usd(given.X), usd(given.Y))
    const names = { 'unbilled-receivable': 'ContractAsset' }
    // The second delivery makes the right unconditional: its revenue and the invoice are one moment.
    const rows = [...rowsOf(delivered?.entries ?? [], names), ...rowsOf(netted(then), names)]
    return {
      entries: rows.map(({ dr, cr, amount }) => [dr, cr, amount]),
      AR_total: netOf(then.flatMap(({ entries }) => entries))['AR'],
    }
  },
}
