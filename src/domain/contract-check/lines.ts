import { isCommitted } from '../commitment.ts'
import type { ContractLine, ContractTerms, FixedLine, UsageLine } from '../contract.ts'
import type { Finding } from '../sentence.ts'
import { type Fault, amountFault, dateFault, quantityFault, textFault } from './values.ts'

const mostLines = 500

/** Every line on its own: amounts, quantities, dates, names and texts, and line ids that differ. */
export function lineFindings({ lines }: ContractTerms): Finding[] {
  if (lines.length > mostLines)
    return [{ code: 'TOO_MANY_LINES', field: 'lines', found: lines.length.toString() }]
  const ids = new Set<string>()
  return lines.flatMap((line, index) => {
    const twin = ids.has(line.lineId)
    ids.add(line.lineId)
    return findingsOfLine(line, twin).map(({ part, fault }) => ({
      ...fault,
      field: `lines[${index}].${part}`,
    }))
  })
}

type PartFault = { readonly part: string; readonly fault: Fault }

function findingsOfLine(line: ContractLine, isTwin: boolean): PartFault[] {
  const found = [
    ...commonFaults(line, isTwin),
    ...(line.kind === 'usage' ? usageFaults(line) : []),
    ...(line.kind === 'fee' || line.kind === 'seats' ? fixedFaults(line) : []),
    ...(line.kind === 'one-time' || line.kind === 'prepaid-credits' ? chargedFaults(line) : []),
  ]
  return found.flatMap(({ part, fault }) => (fault === null ? [] : [{ part, fault }]))
}

type PossibleFault = { readonly part: string; readonly fault: Fault | null }

function commonFaults(line: ContractLine, isTwin: boolean): PossibleFault[] {
  const { lineId, product } = line
  const isId = /^[a-z0-9-]{1,40}$/.test(lineId)
  const idReason = isTwin ? 'two lines have this id' : 'an id has 1 to 40 small letters, digits and dashes'
  return [
    { part: 'lineId', fault: isId && !isTwin ? null : type(lineId, idReason) },
    { part: 'product.code', fault: textFault(product.code, { characters: 255 }) },
    { part: 'product.name', fault: textFault(product.name, { characters: 255 }) },
    { part: 'product.family', fault: textFault(product.family, { characters: 255 }) },
    { part: 'description', fault: textFault(line.description ?? '', { characters: 5_000, lines: 'many' }) },
  ]
}

function fixedFaults(line: FixedLine): PossibleFault[] {
  const isOneFee = line.kind !== 'fee' || line.quantity === 1n
  return [
    { part: 'unitPrice', fault: amountFault(line.unitPrice) },
    { part: 'listPrice', fault: line.listPrice === null ? null : amountFault(line.listPrice) },
    { part: 'quantity', fault: isOneFee ? quantityFault(line.quantity) : feeQuantity(line.quantity) },
    ...line.ramp.flatMap((step, index) => [
      { part: `ramp.${index + 1}.unitPrice`, fault: amountFault(step.unitPrice) },
      { part: `ramp.${index + 1}.quantity`, fault: quantityFault(step.quantity) },
      { part: `ramp.${index + 1}.startsOn`, fault: dateFault(step.startsOn) },
    ]),
  ]
}

function feeQuantity(quantity: bigint): Fault {
  return {
    code: 'QUANTITY',
    found: quantity.toString(),
    details: { allowed: ' of one, which a flat fee has' },
  }
}

function usageFaults(line: UsageLine): PossibleFault[] {
  const { meter, includedUnits, unitSize, overageDiscountPercent, commit, minimum } = line
  return [
    { part: 'meter', fault: /^[a-z0-9_.-]{1,100}$/.test(meter) ? null : type(meter, meterWords) },
    { part: 'includedUnits', fault: unitsFault(includedUnits, 0n) },
    { part: 'unitSize', fault: unitsFault(unitSize, 1n) },
    { part: 'overageDiscountPercent', fault: percentFault(overageDiscountPercent) },
    { part: 'commit.amount', fault: commit === null ? null : amountFault(commit.amount) },
    { part: 'commit.periodMonths', fault: commitPeriodFault(line) },
    { part: 'minimum', fault: minimum === null ? null : amountFault(minimum) },
    { part: 'tiers', fault: tiersFault(line) },
  ]
}

/** What is missing to a commitment is known from the use of whole billing periods. */
function commitPeriodFault(line: UsageLine): Fault | null {
  if (!isCommitted(line) || line.commit.periodMonths % line.billing.months === 0) return null
  const reason = `a commitment whose shortfall is charged lasts whole billing periods, here of ${line.billing.months} months`
  return type(line.commit.periodMonths.toString(), reason)
}

const meterWords = 'a meter has 1 to 100 small letters, digits, dots, dashes and underscores'

/** Tiers end in growing order, and only the last is open. */
function tiersFault({ tiers }: UsageLine): Fault | null {
  const ends = tiers.map(({ upTo }) => upTo)
  const isOrdered = ends.every((end, index) => {
    const next = ends[index + 1]
    return next === undefined ? end === null : end !== null && end > 0n && (next === null || end < next)
  })
  if (!isOrdered)
    return type(ends.map(String).join(', '), 'tiers end in growing order, the last one without end')
  return tiers.some(({ unitPrice }) => unitPrice.startsWith('-'))
    ? { code: 'AMOUNT_RANGE', found: 'a negative price' }
    : null
}

function chargedFaults(
  line: Extract<ContractLine, { kind: 'one-time' | 'prepaid-credits' }>,
): PossibleFault[] {
  const months = line.kind === 'one-time' ? line.serviceMonths : 0
  const hasMonths = Number.isInteger(months) && months >= 0 && months <= 120
  return [
    { part: 'price', fault: amountFault(line.price) },
    { part: 'chargedOn', fault: dateFault(line.chargedOn) },
    { part: 'serviceMonths', fault: hasMonths ? null : { code: 'TERM', found: String(months) } },
    { part: 'credits', fault: line.kind === 'one-time' ? null : unitsFault(line.credits, 1n) },
    { part: 'expiresOn', fault: expiryFault(line) },
  ]
}

function expiryFault(line: Extract<ContractLine, { kind: 'one-time' | 'prepaid-credits' }>): Fault | null {
  if (line.kind === 'one-time' || line.expiresOn === null) return null
  if (line.expiresOn <= line.chargedOn) return { code: 'DATE_RANGE', found: line.expiresOn }
  return dateFault(line.expiresOn)
}

function unitsFault(units: bigint, least: bigint): Fault | null {
  if (units >= least && units <= 10n ** 15n) return null
  return { code: 'QUANTITY', found: units.toString(), details: { allowed: ` from ${least}` } }
}

/** A percentage from 0 to 100. */
export function percentFault(percent: string): Fault | null {
  const isPercent = /^(\d{1,2}(\.\d{1,18})?|100(\.0{1,18})?)$/.test(percent)
  return isPercent ? null : { code: 'DISCOUNT_RANGE', found: percent }
}

function type(found: string, reason: string): Fault {
  return { code: 'TYPE', found, details: { reason } }
}
