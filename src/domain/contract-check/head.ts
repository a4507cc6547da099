import type { ContractTerms } from '../contract.ts'
import type { Money } from '../money.ts'
import type { Finding } from '../sentence.ts'
import { percentFault } from './lines.ts'
import { type Fault, amountFault, currencyFault, dateFault, textFault } from './values.ts'

/** Currency, entity, dates, purchase order, references, entitlements and discounts of the contract itself. */
export function headFindings(terms: ContractTerms): Finding[] {
  const { purchaseOrder, references, entitlements } = terms
  return found([
    ['currency', currencyFault(terms.currency)],
    ['entity', terms.entity.trim() === '' ? { code: 'INCOMPLETE', found: terms.entity } : null],
    ['signedOn', dateFault(terms.signedOn)],
    ['startsOn', dateFault(terms.startsOn)],
    ['endsBefore', dateFault(terms.endsBefore)],
    ['purchaseOrder.number', purchaseOrderFault(purchaseOrder?.number ?? null)],
    ['purchaseOrder.amount', purchaseOrder?.amount == null ? null : amountFault(purchaseOrder.amount)],
    ['purchaseOrder.expiresOn', purchaseOrder?.expiresOn == null ? null : dateFault(purchaseOrder.expiresOn)],
    ['references', references.length <= 3 ? null : tooManyReferences(references.length)],
    ...references.flatMap(({ name, value }): PlacedFault[] => [
      [`references.${name}`, textFault(name, { characters: 40 }) ?? textFault(value, { characters: 140 })],
    ]),
    ...Object.entries(entitlements).map(([name, value]): PlacedFault => [
      `entitlements.${name}`,
      textFault(String(value), { characters: 5_000 }),
    ]),
    ...terms.discounts.flatMap(discountFaults),
  ])
}

type PlacedFault = readonly [field: string, fault: Fault | null]

function found(faults: readonly PlacedFault[]): Finding[] {
  return faults.flatMap(([field, fault]) => (fault === null ? [] : [{ ...fault, field }]))
}

function purchaseOrderFault(number: string | null): Fault | null {
  if (number === null) return null
  if (number.trim() === '') return { code: 'PO_REQUIRED', found: number }
  return textFault(number, { characters: 140, tooLong: 'PO_TOO_LONG' })
}

function tooManyReferences(count: number): Fault {
  return {
    code: 'TYPE',
    found: count.toString(),
    details: { reason: 'an invoice shows at most three references' },
  }
}

function discountFaults({
  name,
  percent,
  amount,
  lineIds,
}: ContractTerms['discounts'][number]): PlacedFault[] {
  const field = lineIds === null ? 'discount' : 'discountPercent'
  const both = (percent === null) === (amount === null)
  const reason = 'a discount has either a percentage or an amount'
  return [
    [`${field}.name`, textFault(name, { characters: 255 })],
    [`${field}.percent`, percent === null ? null : percentFault(percent)],
    [`${field}.amount`, amount === null ? null : amountFault(amount)],
    [field, both ? { code: 'TYPE', found: name, details: { reason } } : null],
  ]
}

/** Every amount of a contract, with where it stands. */
export function amountsOf(terms: ContractTerms): { field: string; amount: Money }[] {
  const amounts: { field: string; amount: Money | null | undefined }[] = [
    { field: 'purchaseOrder.amount', amount: terms.purchaseOrder?.amount },
    ...terms.discounts.map(({ amount }) => ({ field: 'discount.amount', amount })),
    ...terms.lines.flatMap((line, index) =>
      amountsOfLine(line).map(([part, amount]) => ({ field: `lines[${index}].${part}`, amount })),
    ),
  ]
  return amounts.flatMap(({ field, amount }) => (amount == null ? [] : [{ field, amount }]))
}

function amountsOfLine(line: ContractTerms['lines'][number]): [string, Money | null][] {
  switch (line.kind) {
    case 'fee':
    case 'seats':
      return [
        ['unitPrice', line.unitPrice],
        ['listPrice', line.listPrice],
        ...line.ramp.map((step, index): [string, Money] => [`ramp.${index + 1}.unitPrice`, step.unitPrice]),
      ]
    case 'usage':
      return [
        ['minimum', line.minimum],
        ['commit.amount', line.commit?.amount ?? null],
        ...line.tiers.map((tier, index): [string, Money | null] => [
          `tiers.${index + 1}.flatFee`,
          tier.flatFee,
        ]),
      ]
    case 'one-time':
    case 'prepaid-credits':
      return [['price', line.price]]
  }
}
