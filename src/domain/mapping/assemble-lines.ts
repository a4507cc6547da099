import type { CalendarDate } from '../calendar.ts'
import type { BillingInterval, ContractLine, Discount, RampStep, Tier } from '../contract.ts'
import { type Money, times } from '../money.ts'
import { standInDay } from './assemble-terms.ts'
import type { Filled } from './filled.ts'
import type { LineKind } from './targets.ts'

/** What a line takes over from the contract when its own rows leave it out. */
export type LineSetting = { readonly position: number; readonly startsOn: CalendarDate }

const lineCounts = { months: { '1': 1, '3': 3, '6': 6, '12': 12 } } as const

/** Puts one line together from its values. */
export function assembleLine(kind: LineKind, filled: Filled, setting: LineSetting): ContractLine {
  const common = commonOf(filled, setting)
  switch (kind) {
    case 'fee':
    case 'seats':
      return {
        kind,
        ...common,
        unitPrice: filled.moneyOr('unitPrice'),
        listPrice: filled.money('listPrice'),
        quantity: filled.whole('quantity') ?? 1n,
        billing: billingOf(filled),
        ramp: rampOf(filled),
      }
    case 'usage':
      return usageLine(common, filled)
    case 'one-time':
      return {
        kind,
        ...common,
        price: priceOf(filled),
        chargedOn: filled.day('chargedOn', setting.startsOn),
        serviceMonths: filled.count('serviceMonths') ?? 0,
      }
    case 'prepaid-credits':
      return {
        kind,
        ...common,
        price: priceOf(filled),
        credits: filled.whole('credits') ?? 1n,
        chargedOn: filled.day('chargedOn', setting.startsOn),
        expiresOn: filled.text('expiresOn'),
      }
  }
}

/** The discount of a line on its own, when it has one. */
export function assembleLineDiscount(filled: Filled, lineId: string): Discount[] {
  const percent = filled.text('discountPercent')
  if (percent === null || percent === '0') return []
  return [
    { name: 'Negotiated discount', percent, amount: null, duration: { kind: 'forever' }, lineIds: [lineId] },
  ]
}

type LineCommon = Pick<ContractLine, 'lineId' | 'product' | 'description'>

function commonOf(filled: Filled, setting: LineSetting): LineCommon {
  const description = filled.text('description')
  const ownId = filled.text('lineId')
  return {
    lineId: ownId === null ? `line-${setting.position}` : ownId.toLowerCase(),
    product: {
      code: filled.textOr('product.code', '—'),
      name: filled.textOr('product.name', '—'),
      family: filled.textOr('product.family', '—'),
    },
    ...(description === null ? {} : { description }),
  }
}

function usageLine(common: LineCommon, filled: Filled): ContractLine {
  const tiers = tiersOf(filled)
  return {
    kind: 'usage',
    ...common,
    meter: filled.textOr('meter', 'meter'),
    includedUnits: filled.whole('includedUnits') ?? 0n,
    unitSize: filled.whole('unitSize') ?? 1n,
    model: filled.textOr('model', tiers.length > 1 ? 'graduated' : 'per-unit') as 'per-unit',
    tiers,
    overageDiscountPercent: filled.textOr('overageDiscountPercent', '0'),
    commit: commitOf(filled),
    minimum: filled.money('minimum'),
    billing: { ...billingOf(filled), timing: 'arrears' },
  }
}

function billingOf(filled: Filled): BillingInterval {
  const months = filled.textOr('billing.months', '1') as keyof typeof lineCounts.months
  return {
    months: lineCounts.months[months] ?? 1,
    timing: filled.textOr('billing.timing', 'advance') as BillingInterval['timing'],
  }
}

function commitOf(filled: Filled): Extract<ContractLine, { kind: 'usage' }>['commit'] {
  const amount = filled.money('commit.amount')
  if (amount === null) return null
  const months = filled.textOr('commit.periodMonths', '1')
  return {
    amount,
    periodMonths: months === '12' ? 12 : months === '3' ? 3 : 1,
    trueUp: filled.textOr('commit.trueUp', 'none') as 'none',
  }
}

/** Charged once: its own price, or the unit price for the quantity. */
function priceOf(filled: Filled): Money {
  return filled.money('price') ?? times(filled.moneyOr('unitPrice'), filled.whole('quantity') ?? 1n)
}

function rampOf(filled: Filled): RampStep[] {
  return numbersBelow(filled, 'ramp.').map((number) => ({
    startsOn: filled.day(`ramp.${number}.startsOn`, standInDay),
    unitPrice: filled.moneyOr(`ramp.${number}.unitPrice`, filled.moneyOr('unitPrice')),
    quantity: filled.whole(`ramp.${number}.quantity`) ?? filled.whole('quantity') ?? 1n,
  }))
}

function tiersOf(filled: Filled): Tier[] {
  const written = numbersBelow(filled, 'tiers.').map((number) => ({
    upTo: filled.whole(`tiers.${number}.upTo`),
    unitPrice: filled.textOr(`tiers.${number}.unitPrice`, '0'),
    flatFee: filled.money(`tiers.${number}.flatFee`),
  }))
  if (written.length > 0) return written
  return [{ upTo: null, unitPrice: filled.textOr('overagePrice', '0'), flatFee: null }]
}

/** The numbers of the steps that have any value, in order: a step that is empty in the CRM is no step. */
function numbersBelow(filled: Filled, prefix: string): string[] {
  const numbers = new Set(filled.below(prefix).map(({ name }) => name.split('.')[0] ?? ''))
  return [...numbers].sort((left, right) => left.localeCompare(right, 'en', { numeric: true }))
}
