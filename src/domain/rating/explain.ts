import { Big } from 'big.js'
import type { UsageLine } from '../contract.ts'
import { toDecimal, type Money } from '../money.ts'
import { writeDecimal, writeRatio } from './exact.ts'
import type { TierCharge } from './tiers.ts'
import type { UsageCharge } from './usage-charge.ts'

/**
 * Writes how a charge came about, so that a person can redo it: `3,000,000 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 9.60`.
 * `rated` is the amount the charge was rounded to.
 */
export function explainCharge(line: UsageLine, charge: UsageCharge, rated: Money): string {
  return `${formulaOf(line, charge)} ${resultOf(charge, rated)}`
}

/** Writes a number for people, its whole part in groups of three: `3,000,000.5`. */
export function groupDigits(value: Big): string {
  const [whole = '', fraction] = writeDecimal(value).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

function formulaOf(line: UsageLine, charge: UsageCharge): string {
  const discount = new Big(line.overageDiscountPercent)
  const terms = termsOf(line, charge)
  if (discount.eq(0)) return terms
  const isSum = charge.charges.length > 1 || terms.includes(' + ')
  return `${isSum ? `(${terms})` : terms} × (1 − ${groupDigits(discount)} %)`
}

function termsOf(line: UsageLine, charge: UsageCharge): string {
  const [only, ...others] = charge.charges
  if (only === undefined) return '0'
  if (line.model === 'package') return packageTerms(line, charge)
  if (others.length === 0) return withFlatFee(onlyTerm(line, charge, only), only)
  const terms = charge.charges.map((tier) => withFlatFee(tierTerm(tier), tier)).join(' + ')
  return `${amountOfUse(line, charge)}: ${terms}`
}

function onlyTerm(line: UsageLine, charge: UsageCharge, { unitPrice, unitSize }: TierCharge): string {
  return `${amountOfUse(line, charge)}${dividedBy(unitSize)} × ${writeDecimal(unitPrice)}`
}

function tierTerm({ units, unitPrice, unitSize }: TierCharge): string {
  return `${groupDigits(units)}${dividedBy(unitSize)} × ${writeDecimal(unitPrice)}`
}

function packageTerms(line: UsageLine, charge: UsageCharge): string {
  const size = new Big(line.unitSize.toString())
  const terms = charge.charges.map((tier) =>
    withFlatFee(`${groupDigits(tier.units.div(size))} × ${writeDecimal(tier.unitPrice)}`, tier),
  )
  return `${amountOfUse(line, charge)} in packages of ${groupDigits(size)}: ${terms.join(' + ')}`
}

function amountOfUse(line: UsageLine, { overageUnits }: UsageCharge): string {
  const unit = line.meter.replace(/[_.-]+/g, ' ')
  return `${groupDigits(overageUnits)} ${unit}${line.includedUnits > 0n ? ' over' : ''}`
}

function dividedBy(unitSize: Big): string {
  return unitSize.eq(1) ? '' : ` ÷ ${groupDigits(unitSize)}`
}

function withFlatFee(term: string, { flatFee }: TierCharge): string {
  return flatFee.eq(0) ? term : `${term} + ${writeDecimal(flatFee)}`
}

function resultOf({ net }: UsageCharge, rated: Money): string {
  const amount = toDecimal(rated)
  const { text, isExact } = writeRatio(net)
  if (isExact && new Big(text).eq(amount)) return `= ${amount}`
  return `${isExact ? '=' : '≈'} ${text}, rounded ${amount}`
}
