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
 * Compares two books item by item. The caller names the items and writes figures as exact texts, each in one way, because
 * `100.00` and `100.0` differ here. `explain` puts the cause of a difference into words.
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
