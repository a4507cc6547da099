import { Big } from 'big.js'
import { expect } from 'vitest'
import { finestParts } from '../../../src/domain/exact-sum.ts'
import { add, toDecimal, type Money } from '../../../src/domain/money.ts'
import { rateUsageLine } from '../../../src/domain/rating.ts'
import { addUse, amountOf, compileRate, stateOf } from '../../../src/domain/rating/compiled-rate.ts'
import { ratePercentage } from '../../../src/domain/rating/percentage.ts'
import { rateQuantityChanges } from '../../../src/domain/rating/prorated-tiers.ts'
import { ratio, roundToMoney, scaled, writeRatio } from '../../../src/domain/rating/exact.ts'
import type { GoldenHandler } from '../../support/golden.ts'
import {
  contractTiers,
  currencyWith,
  dollars,
  flatTier,
  pricedTiers,
  usageLine,
  usd,
  type TierInput,
} from './terms.ts'

type Model = 'graduated' | 'volume'

const total = (line: ReturnType<typeof usageLine>, quantity: string | number): string => {
  const { amount } = rateUsageLine(line, String(quantity), 'USD')
  expect(inPieces(line, String(quantity))).toEqual(amount)
  return toDecimal(amount)
}

/** All of it and one unit more, then that one and a third taken back, then the third again. */
function inPieces(line: ReturnType<typeof usageLine>, quantity: string): Money {
  const rate = compileRate(line, 'USD')
  const [whole, one] = [finestParts(quantity), finestParts('1')]
  const changes = [whole + one, -one - whole / 3n, whole / 3n]
  return amountOf(
    rate,
    changes.reduce((state, change) => addUse(rate, state, change), stateOf(rate, 0n)),
  )
}

const byTiers = (model: Model, tiers: readonly TierInput[], quantity: string | number): string =>
  total(usageLine({ model, tiers: contractTiers(tiers) }), quantity)

const perUnit = (unitPrice: string, quantity: string | number): string =>
  total(usageLine({ tiers: flatTier(unitPrice) }), quantity)

const packages = (size: number, price: string, units: number, free = 0): string =>
  total(
    usageLine({
      model: 'package',
      unitSize: BigInt(size),
      includedUnits: BigInt(free),
      tiers: flatTier(price),
    }),
    units,
  )

/** Totals for the quantities that the example's published table asks for. */
const totals =
  (model: Model, quantities: readonly string[]): GoldenHandler =>
  ({ tiers }: { tiers: TierInput[] }) => ({
    total: Object.fromEntries(quantities.map((quantity) => [quantity, byTiers(model, tiers, quantity)])),
  })

/** Prices by unit, tier, package and percentage. */
export const ratingByTiers: Readonly<Record<string, GoldenHandler>> = {
  'rt-seed-acme-overage': (given: {
    included: number
    usage: number
    price_per_1000: string
    discount_pct: string
  }) => {
    const line = usageLine({
      includedUnits: BigInt(given.included),
      unitSize: 1000n,
      tiers: flatTier(given.price_per_1000),
      overageDiscountPercent: given.discount_pct,
    })
    const rated = rateUsageLine(line, String(given.usage), 'USD')
    return {
      overage_units_1000: new Big(rated.overageUnits).div(1000).toNumber(),
      overage_charge: toDecimal(rated.amount),
    }
  },
  'rt-stripe-volume': totals('volume', ['1', '5', '6', '20', '25']),
  'rt-stripe-graduated': totals('graduated', ['6']),
  'rt-stripe-graduated-5': totals('graduated', ['1', '5', '6', '20', '25']),
  'rt-stripe-per-unit': ({ unit }: { unit: string }) => ({
    total: Object.fromEntries(
      ['1', '5', '6', '20', '25'].map((quantity) => [quantity, perUnit(unit, quantity)]),
    ),
  }),
  'rt-stripe-flat-tiers': ({ tiers, quantity }: { tiers: TierInput[]; quantity: number }) => ({
    volume: byTiers('volume', tiers, quantity),
    graduated: byTiers('graduated', tiers, quantity),
  }),
  'rt-lago-standard': ({ units, price }: { units: number; price: string }) => ({
    total: perUnit(price, units),
  }),
  'rt-lago-package': (given: { size: number; price: string; free: number; units: number }) => ({
    total: packages(given.size, given.price, given.units, given.free),
  }),
  'rt-lago-package-spec': (given: { size: number; price: string; units: number; free: number[] }) => ({
    total: given.free.map((free) => packages(given.size, given.price, given.units, free)),
  }),
  'rt-openmeter-package': ({ size, price }: { size: number; price: string }) => ({
    total: Object.fromEntries([0, 5, 10].map((units) => [units, packages(size, price, units)])),
  }),
  'rt-lago-volume-doc': ({ units, unit, flat }: { units: number; unit: string; flat: string }) => ({
    total: byTiers('volume', [{ up_to: null, unit, flat }], units),
  }),
  'rt-lago-graduated': totals('graduated', ['0', '1', '10', '11', '12', '21']),
  'rt-lago-volume-spec': totals('volume', ['0', '1', '100', '100.5', '101', '200', '210', '300']),
  'rt-openmeter-graduated': totals('graduated', ['22']),
  'rt-autumn-graduated': ({ tiers, units }: { tiers: TierInput[]; units: number }) => ({
    total: byTiers('graduated', tiers, units),
  }),
  'rt-flexprice-tiered': (given: {
    units: number
    unit: string
    package: { size: number; price: string; units: number }
  }) => ({
    volume: perUnit(given.unit, given.units),
    package: packages(given.package.size, given.package.price, given.package.units),
  }),
  'rt-stigg-overage': (given: {
    units: number
    included: number
    price: string
    blocks: { size: number; price: string; units: number }
  }) => ({
    overage: total(
      usageLine({ includedUnits: BigInt(given.included), tiers: flatTier(given.price) }),
      given.units,
    ),
    blocks: packages(given.blocks.size, given.blocks.price, given.blocks.units),
  }),
  'rt-zuora-period-tiers': ({ tiers, quantities }: { tiers: TierInput[]; quantities: number[] }) => {
    const whole = quantities.reduce((sum, quantity) => sum + quantity, 0)
    return { total_quantity: whole, graduated: byTiers('graduated', tiers, whole) }
  },
  'rt-killbill-blocks': (given: {
    minutes: number
    minute_tiers: TierInput[]
    mbytes: number
    mbyte_price: string
  }) => {
    const megabytes = perUnit(given.mbyte_price, given.mbytes)
    const both = (model: Model) =>
      toDecimal(add(usd(byTiers(model, given.minute_tiers, given.minutes)), usd(megabytes)))
    return { all_tier: both('graduated'), top_tier: both('volume') }
  },
  'rt-killbill-chocolate': (given: { videos: number; tiers: TierInput[]; recurring: string }) => {
    const usage = byTiers('graduated', given.tiers, given.videos)
    return { usage, invoice: toDecimal(add(usd(usage), usd(given.recurring))) }
  },
  'rt-chargebee-rounding': ({ unit, qty }: { unit: string; qty: string }) => {
    const exact = scaled(ratio(unit), qty)
    const jpy = rateUsageLine(usageLine({ tiers: flatTier(unit) }), qty, 'JPY')
    return { exact: writeRatio(exact).text, usd: perUnit(unit, qty), jpy: toDecimal(jpy.amount) }
  },
  'rt-lago-percentage-doc': (given: {
    rate_pct: string
    fixed: string
    free_events: number
    free_amount: string
    transaction: string
  }) => ({
    // "The 4th transaction of 50": three free ones went before it.
    fee: dollars(
      ratePercentage(
        {
          ratePercent: given.rate_pct,
          fixedFee: given.fixed,
          freeEvents: given.free_events,
          freeAmount: given.free_amount,
        },
        Array.from({ length: 4 }, () => given.transaction),
      ),
    ),
  }),
  'rt-lago-percentage-spec': (given: {
    rate_pct: string
    fixed: string
    events_running_total: number[]
    variants: { free_events?: number; free_amount?: string; rate_pct?: string }[]
  }) => {
    const running = given.events_running_total
    const amounts = running.map((soFar, index) => String(soFar - (running[index - 1] ?? 0)))
    return {
      fee: given.variants.map((variant) =>
        dollars(
          ratePercentage(
            {
              ratePercent: variant.rate_pct ?? given.rate_pct,
              fixedFee: given.fixed,
              freeEvents: variant.free_events ?? null,
              freeAmount: variant.free_amount ?? null,
            },
            amounts,
          ),
        ),
      ),
    }
  },
  'rt-lago-small-pct': ({ units, rate_pct }: { units: number; rate_pct: string }) => ({
    fee: writeRatio(
      ratePercentage({ ratePercent: rate_pct, fixedFee: '0', freeEvents: null, freeAmount: null }, [
        String(units),
      ]),
    ).text,
  }),
  'rt-lago-prorated-graduated': (given: {
    tiers: TierInput[]
    cases: { events: number[]; prorated: string[] }[]
  }) => ({
    total: given.cases.map(({ events, prorated }) => {
      const changes = events.map((units, index) => ({
        units: String(units),
        weightedUnits: prorated[index] ?? '0',
      }))
      return dollars(rateQuantityChanges(pricedTiers(given.tiers), changes))
    }),
  }),
  'rt-stripe-fee-rounding': ({ values }: { values: string[] }) => ({ rounded: values.map(dollars) }),
  'rt-lago-fee-rounding': ({ values }: { values: string[] }) => ({ rounded: values.map(dollars) }),
  'rt-flexprice-round-line': ({ values }: { values: { amount: string; places: number }[] }) => ({
    rounded: values.map(({ amount, places }) => toDecimal(roundToMoney(amount, currencyWith(places)))),
  }),
}
