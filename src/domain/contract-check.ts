import { contractValue, customaryAmounts } from './contract-value.ts'
import type { ContractTerms } from './contract.ts'
import { customerFindings, customerWarnings } from './contract-check/customer.ts'
import { amountsOf, headFindings } from './contract-check/head.ts'
import { lineFindings } from './contract-check/lines.ts'
import { termFindings } from './contract-check/term.ts'
import type { Issue } from './issue.ts'
import { formatMoney, subtract, type Money } from './money.ts'
import { type DealHead, type Finding, issueOf, warningOf } from './sentence.ts'

/** What a contract is checked against: the deal it came from, and the policies of its mapping. */
export type ContractContext = {
  readonly deal: DealHead | null
  readonly policies: {
    readonly amountCheck: 'refuse' | 'warn' | 'none'
    readonly sameProductTwice: 'allow' | 'refuse'
    readonly zeroValue: 'allow' | 'refuse'
  }
  /** Puts the CRM's field names in place of ours, where a mapping knows them. */
  readonly placed?: (finding: Finding) => Finding
}

/**
 * Everything that stops a contract, at once: each value in its range, and the values against one another: dates, currencies,
 * line ids, products, and the contract value against the amount of the deal.
 */
export function checkContract(terms: ContractTerms, context: ContractContext): Issue[] {
  const findings = [...valueFindings(terms), ...termFindings(terms), ...agreementFindings(terms, context)]
  const sound = findings.length === 0 ? valueAgreement(terms, context, 'refuse') : []
  return [...findings, ...sound].map((finding) => issueOf(placedFinding(finding, context), context.deal))
}

/** What a person should see about a contract although it may go on. */
export function warnAboutContract(terms: ContractTerms, context: ContractContext): Issue[] {
  const findings = [...customerWarnings(terms.customer), ...valueAgreement(terms, context, 'warn')]
  return findings.map((finding) => warningOf(placedFinding(finding, context), context.deal))
}

/** The faults of each value on its own, in the contract's own field names. */
export function valueFindings(terms: ContractTerms): Finding[] {
  return [...headFindings(terms), ...customerFindings(terms.customer), ...lineFindings(terms)]
}

function placedFinding(finding: Finding, { placed }: ContractContext): Finding {
  return placed === undefined ? finding : placed(finding)
}

function agreementFindings(terms: ContractTerms, { policies }: ContractContext): Finding[] {
  return [
    ...currencyFindings(terms),
    ...rampFindings(terms),
    ...discountFindings(terms),
    ...(policies.sameProductTwice === 'refuse' ? twinFindings(terms) : []),
  ]
}

function currencyFindings(terms: ContractTerms): Finding[] {
  return amountsOf(terms)
    .filter(({ amount }) => amount.currency !== terms.currency)
    .map(({ field, amount }) => ({
      code: 'CURRENCY_MISMATCH',
      field,
      found: amount.currency,
      details: { currency: terms.currency },
    }))
}

/** Ramp steps follow one another within the term. */
function rampFindings({ lines, startsOn, endsBefore }: ContractTerms): Finding[] {
  return lines.flatMap((line, index): Finding[] => {
    if (line.kind !== 'fee' && line.kind !== 'seats') return []
    const days = line.ramp.map((step) => step.startsOn)
    const isOrdered = days.every(
      (day, place) => day >= startsOn && day < endsBefore && day > (days[place - 1] ?? ''),
    )
    return isOrdered ? [] : [{ code: 'TERM', field: `lines[${index}].ramp`, found: days.join(', ') }]
  })
}

function discountFindings({ discounts, lines }: ContractTerms): Finding[] {
  const known = new Set(lines.map(({ lineId }) => lineId))
  return discounts.flatMap(({ lineIds, duration }): Finding[] => {
    const stray = (lineIds ?? []).filter((lineId) => !known.has(lineId))
    const found: Finding[] = stray.map((lineId) => ({
      code: 'TYPE',
      field: 'discounts',
      found: lineId,
      details: { reason: 'the discount names a line the contract does not have' },
    }))
    const hasMonths = duration.kind !== 'months' || (duration.months >= 1 && duration.months <= 120)
    return hasMonths
      ? found
      : [...found, { code: 'TERM', field: 'discount.months', found: `${duration.months}` }]
  })
}

function twinFindings({ lines }: ContractTerms): Finding[] {
  const groups = Map.groupBy(lines, (line) => [line.product.code, line.kind].join(' '))
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map(([first]) => ({
      code: 'DUPLICATE_SUSPECT',
      field: 'lines',
      label: 'product',
      found: first?.product.code ?? null,
      details: { reason: 'it is sold on more than one line' },
    }))
}

/** The contract value against the amount of the deal, and whether a contract may be worth nothing. */
function valueAgreement(
  terms: ContractTerms,
  { deal, policies }: ContractContext,
  severity: 'refuse' | 'warn',
): Finding[] {
  const value = contractValue(terms)
  const findings: Finding[] = []
  const hasUsage = terms.lines.some(({ kind }) => kind === 'usage')
  if (severity === 'refuse' && policies.zeroValue === 'refuse' && value.amountMinor === 0n && !hasUsage)
    findings.push({
      code: 'AMOUNT_RANGE',
      field: 'lines',
      label: 'the contract value',
      found: '0',
      details: { allowed: ': it must be more than zero' },
    })
  const amount = deal?.amount
  if (policies.amountCheck !== severity || amount === undefined) return findings
  const accepted = severity === 'refuse' ? [value] : customaryAmounts(terms)
  return accepted.some((one) => isSame(one, amount)) ? findings : [...findings, mismatch(value, amount)]
}

function isSame(left: Money, right: Money): boolean {
  return left.currency === right.currency && left.amountMinor === right.amountMinor
}

function mismatch(value: ReturnType<typeof contractValue>, amount: NonNullable<DealHead['amount']>): Finding {
  const isComparable = value.currency === amount.currency
  return {
    code: 'TCV_MISMATCH',
    field: 'head.amount',
    label: 'the amount of the deal',
    found: formatMoney(amount),
    details: {
      lines: formatMoney(value),
      difference: isComparable ? formatMoney(subtract(value, amount)) : 'another currency',
    },
    cause: 'the amount of the deal differs from what its lines add to',
  }
}
