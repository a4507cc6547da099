import type { Money } from './money.ts'

/** The seven comparisons that prove the books, in the order of the pipe. */
export const tieOuts = [
  { name: 'deals', from: 'closed-won deals in the CRM', to: 'deal cases' },
  { name: 'contracts', from: 'contract value', to: 'billed and to bill' },
  { name: 'usage', from: 'usage accepted', to: 'rated, pending, excepted and voided' },
  { name: 'invoices', from: 'our predicted invoice lines', to: "Stripe's invoice lines" },
  { name: 'ledger', from: "Stripe's invoices, payments, credits and refunds", to: 'the ledger' },
  { name: 'revenue', from: 'contract liability and unbilled receivable', to: 'billed less recognized' },
  { name: 'erp', from: 'the ledger', to: 'journals in the ERP' },
] as const

export type TieOutName = (typeof tieOuts)[number]['name']

/** A figure in a book: money, or a count or quantity as an exact decimal. */
export type Figure =
  | { readonly kind: 'money'; readonly amount: Money }
  | { readonly kind: 'quantity'; readonly value: string }

/** One named disagreement of two books. A side that does not know the item at all is null. */
export type Difference = {
  readonly tieOut: TieOutName
  readonly item: string
  readonly left: string | null
  readonly right: string | null
  readonly cause: string
}

/** What a comparison found: how many items it looked at, and where they disagree. */
export type TieOutResult = {
  readonly name: TieOutName
  readonly population: number
  readonly differences: readonly Difference[]
}

/**
 * Compares two books item by item. Items are named by the caller; figures are exact texts, so that `100.00` and `100.0` differ
 * only when the caller lets them. `explain` puts the cause of a difference into words.
 */
export function compareBooks(
  name: TieOutName,
  left: ReadonlyMap<string, string>,
  right: ReadonlyMap<string, string>,
  explain: (item: string, left: string | null, right: string | null) => string,
): TieOutResult {
  const items = [...new Set([...left.keys(), ...right.keys()])].sort()
  const differences = items.flatMap((item) => {
    const [here, there] = [left.get(item) ?? null, right.get(item) ?? null]
    if (here === there) return []
    return [{ tieOut: name, item, left: here, right: there, cause: explain(item, here, there) }]
  })
  return { name, population: items.length, differences }
}
