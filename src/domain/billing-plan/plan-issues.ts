import { covers } from '../billable.ts'
import type { CalendarDate } from '../calendar.ts'
import { addMonths } from '../calendar.ts'
import type { ContractLine, ContractTerms, ContractVersion, Discount, FixedLine } from '../contract.ts'
import { isFixed } from '../contract.ts'
import type { Issue } from '../issue.ts'
import type { Finding } from '../sentence.ts'
import { issueOf } from '../sentence.ts'
import type { Layout } from './layout.ts'
import { isMetered } from './layout.ts'
import { flagKey } from './references.ts'

/** Limits of the provider, in characters and keys: custom fields and metadata. */
const limits = {
  fieldName: 40,
  fieldValue: 140,
  metadataKey: 40,
  metadataValue: 500,
  items: 20,
  couponName: 40,
}

/** A subscription carries 50 keys: 3 name the contract, and one for each item tells which line it bills. */
const mostFlags = 50 - 3 - limits.items

/** More items than one subscription takes. */
export function itemIssues(layout: Layout): Issue[] {
  const items = layout.nativeFixed.length + layout.metered.length
  if (items <= limits.items) return []
  const reason = `a subscription takes at most ${limits.items} items`
  return [issueOf(unfit('lines', items.toString(), reason))]
}

/** Everything that keeps a contract from being billed as agreed; all faults at once. */
export function planIssues({ terms }: ContractVersion, asOf: CalendarDate): Issue[] {
  return [
    ...termFindings(terms, asOf),
    ...terms.lines.flatMap((line, index) => lineFindings(line, `lines[${index}]`, terms)),
    ...terms.discounts.flatMap((discount, index) => discountFindings(discount, `discounts[${index}]`, terms)),
    ...referenceFindings(terms),
    ...metadataFindings(terms),
  ].map((finding) => issueOf(finding))
}

function termFindings(terms: ContractTerms, asOf: CalendarDate): Finding[] {
  const { startsOn, endsBefore } = terms
  if (endsBefore <= startsOn) return [{ code: 'TERM', field: 'endsBefore', found: endsBefore }]
  if (endsBefore <= asOf)
    return [unfit('endsBefore', endsBefore, 'the term is over, and no subscription can be made for it')]
  const metered = terms.lines.filter((line) => isMetered(line, terms.currency))
  const intervals = new Set(metered.map(({ billing }) => billing.months))
  if (startsOn > asOf || intervals.size < 2) return []
  return [unfit('startsOn', startsOn, 'usage in two billing intervals cannot start today or in the past')]
}

function lineFindings(line: ContractLine, at: string, terms: ContractTerms): Finding[] {
  if (!isFixed(line)) return currencyFindings(line, at, terms)
  const steps = [line, ...line.ramp]
  return [
    ...currencyFindings(line, at, terms),
    ...steps
      .filter(({ quantity }) => quantity < 0n)
      .map(
        ({ quantity }) =>
          ({ code: 'QUANTITY', field: `${at}.quantity`, found: quantity.toString() }) as const,
      ),
    ...wholePeriodFindings(line, at, terms),
    ...line.ramp.flatMap((step, index) => rampFindings(step.startsOn, line, `${at}.ramp[${index}]`, terms)),
  ]
}

function currencyFindings(line: ContractLine, at: string, { currency }: ContractTerms): Finding[] {
  const amounts = isFixed(line)
    ? [line.unitPrice, line.listPrice, ...line.ramp.map(({ unitPrice }) => unitPrice)]
    : line.kind === 'usage'
      ? [line.minimum, line.commit?.amount ?? null, ...line.tiers.map(({ flatFee }) => flatFee)]
      : [line.price]
  return amounts.flatMap((amount) => {
    if (amount === null) return []
    if (amount.currency !== currency) return [mismatch(at, amount.currency, currency)]
    return amount.amountMinor < 0n
      ? [{ code: 'AMOUNT_RANGE', field: at, found: amount.amountMinor.toString() } as const]
      : []
  })
}

function wholePeriodFindings(
  { billing }: FixedLine,
  at: string,
  { startsOn, endsBefore }: ContractTerms,
): Finding[] {
  if (isBoundary(endsBefore, startsOn, billing.months)) return []
  const reason = `the term from ${startsOn} until ${endsBefore} is not a whole number of billing periods`
  return [unfit(`${at}.billing.months`, billing.months.toString(), reason)]
}

function rampFindings(
  date: CalendarDate,
  { billing }: FixedLine,
  at: string,
  { startsOn, endsBefore }: ContractTerms,
): Finding[] {
  if (date >= startsOn && date < endsBefore && isBoundary(date, startsOn, billing.months)) return []
  return [
    unfit(`${at}.startsOn`, date, `it is not the first day of a billing period of ${billing.months} months`),
  ]
}

function isBoundary(date: CalendarDate, startsOn: CalendarDate, months: number): boolean {
  for (let index = 0; ; index++) {
    const boundary = addMonths(startsOn, index * months)
    if (boundary >= date) return boundary === date
  }
}

function discountFindings(discount: Discount, at: string, terms: ContractTerms): Finding[] {
  const findings: Finding[] = []
  if ((discount.percent === null) === (discount.amount === null)) {
    findings.push(unfit(at, discount.name, 'a discount has either a percentage or an amount'))
  }
  const hundred = /^(100(\.0+)?|\d{1,2}(\.\d+)?)$/
  if (discount.percent !== null && !hundred.test(discount.percent)) {
    findings.push({ code: 'DISCOUNT_RANGE', field: `${at}.percent`, found: discount.percent })
  }
  if (discount.amount !== null && discount.amount.currency !== terms.currency) {
    findings.push(mismatch(`${at}.amount`, discount.amount.currency, terms.currency))
  }
  if (discount.amount !== null && discount.amount.amountMinor < 0n) {
    findings.push({
      code: 'DISCOUNT_RANGE',
      field: `${at}.amount`,
      found: discount.amount.amountMinor.toString(),
    })
  }
  return [
    ...findings,
    ...tooLong(`${at}.name`, discount.name, limits.couponName),
    ...namedLineFindings(discount, at, terms),
  ]
}

function namedLineFindings(discount: Discount, at: string, { lines }: ContractTerms): Finding[] {
  const priced = lines.filter((line) => line.kind !== 'usage' && covers(discount, line))
  const known = new Set(priced.map(({ lineId }) => lineId))
  return (discount.lineIds ?? [])
    .filter((lineId) => !known.has(lineId))
    .map((lineId) => unfit(`${at}.lineIds`, lineId, 'it is not a line with a price of its own'))
}

function referenceFindings({ purchaseOrder, references }: ContractTerms): Finding[] {
  const number = purchaseOrder?.number ?? ''
  return [
    ...(count(number) > limits.fieldValue
      ? [{ code: 'PO_TOO_LONG', field: 'purchaseOrder.number', found: number } as const]
      : []),
    ...[number, ...references.flatMap(({ name, value }) => [name, value])]
      .filter((text) => /\p{Cc}/u.test(text))
      .map((found) => ({ code: 'TEXT_INVALID', field: 'references', found }) as const),
    ...references.flatMap(({ name, value }, index) => [
      ...tooLong(`references[${index}].name`, name, limits.fieldName),
      ...tooLong(`references[${index}].value`, value, limits.fieldValue),
    ]),
  ]
}

function metadataFindings({ entitlements }: ContractTerms): Finding[] {
  const names = Object.keys(entitlements)
  const tooMany = `a subscription carries at most ${mostFlags} capability flags`
  return [
    ...(names.length > mostFlags ? [unfit('entitlements', names.length.toString(), tooMany)] : []),
    ...names.flatMap((name) => [
      ...tooLong(`entitlements.${name}`, flagKey(name), limits.metadataKey),
      ...tooLong(`entitlements.${name}`, String(entitlements[name]), limits.metadataValue),
    ]),
  ]
}

function tooLong(field: string, found: string, limit: number): Finding[] {
  return count(found) > limit
    ? [{ code: 'FIELD_TOO_LONG', field, found, details: { limit: limit.toString() } }]
    : []
}

function count(text: string): number {
  return [...text].length
}

function unfit(field: string, found: string, reason: string): Finding {
  return { code: 'TYPE', field, found, details: { reason } }
}

function mismatch(field: string, found: string, currency: string): Finding {
  return { code: 'CURRENCY_MISMATCH', field, found, details: { currency } }
}
