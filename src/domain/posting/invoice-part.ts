import type { BilledLine, InvoiceFinalized, TaxAmount } from '../fact.ts'
import type { Entry, LedgerTransaction } from '../ledger.ts'
import { debitMinor } from '../ledger.ts'
import { allocate, money } from '../money.ts'
import type { Money } from '../money.ts'
import { shareOut } from '../rating/share.ts'

/** An invoice, or a part of one: net amounts by line, taxes by jurisdiction. */
export type InvoicePart = { readonly lines: readonly BilledLine[]; readonly taxes: readonly TaxAmount[] }

/** What a part comes to, tax included, in minor units. */
export function wholeMinor({ lines, taxes }: InvoicePart): bigint {
  return weightsOf(lines, taxes).reduce((total, weight) => total + weight, 0n)
}

/**
 * What of an invoice still stands after credits, refunds and disputes: read off what the books hold of it, not from what one would
 * book today. A line that was credited in full bears nothing of a later refund.
 */
export function standingOf(
  invoice: InvoiceFinalized,
  earlier: readonly LedgerTransaction[] = [],
): InvoicePart {
  const taken = takenOff(invoice, earlier)
  const lines = [...Map.groupBy(invoice.lines, lineKey)].flatMap(([key, same]) =>
    lessened(same, taken.get(key) ?? 0n),
  )
  const taxes = invoice.taxes.map((tax) => ({
    ...tax,
    amount: money(tax.amount.currency, tax.amount.amountMinor - (taken.get(taxKey(tax.jurisdiction)) ?? 0n)),
  }))
  return { lines, taxes }
}

/**
 * The part of `amount` of an invoice, over its lines and taxes by what stands of each; odd cents go to the largest remainders.
 * Where the whole comes to less than the amount, the part is the whole.
 */
export function partOf(whole: InvoicePart, amount: Money): InvoicePart {
  const total = wholeMinor(whole)
  if (total <= 0n || amount.amountMinor >= total) return total <= 0n ? nothing : whole
  const shares = sharesOf(amount, weightsOf(whole.lines, whole.taxes))
  const shareAt = (index: number) => shares[index] ?? money(amount.currency, 0n)
  return {
    lines: whole.lines.map((line, index) => ({ ...line, net: shareAt(index) })),
    taxes: whole.taxes.map((tax, index) => ({ ...tax, amount: shareAt(whole.lines.length + index) })),
  }
}

/** Splits an amount by weights that add up to more than nothing. Lines that credit weigh less than nothing. */
export function sharesOf(amount: Money, weights: readonly bigint[]): Money[] {
  return weights.every((weight) => weight >= 0n) ? shareOut(amount, weights) : allocate(amount, weights)
}

const nothing: InvoicePart = { lines: [], taxes: [] }

function weightsOf(lines: readonly BilledLine[], taxes: readonly TaxAmount[]): bigint[] {
  return [...lines.map(({ net }) => net.amountMinor), ...taxes.map(({ amount }) => amount.amountMinor)]
}

/** What was taken off each line and tax, by key. */
function takenOff(
  { invoiceId }: InvoiceFinalized,
  earlier: readonly LedgerTransaction[],
): Map<string, bigint> {
  const taken = new Map<string, bigint>()
  const entries = earlier
    .filter(({ reason }) => reason !== 'invoice-finalized')
    .flatMap((transaction) => transaction.entries)
  for (const entry of entries) {
    const key = entry.dimensions.invoiceId === invoiceId ? standingKey(entry) : null
    if (key !== null) taken.set(key, (taken.get(key) ?? 0n) + debitMinor(entry))
  }
  return taken
}

/** The line or tax an entry takes from or gives back to; null for the money side. */
function standingKey({ account, dimensions }: Entry): string | null {
  switch (account.kind) {
    case 'tax-payable':
      return taxKey(account.segment ?? '')
    case 'contract-liability':
    case 'unbilled-receivable':
    case 'refunds-and-credits':
    case 'bad-debt':
    case 'dispute-losses':
      return lineKey(dimensions)
    default:
      return null
  }
}

function lessened(lines: readonly BilledLine[], taken: bigint): BilledLine[] {
  const total = lines.reduce((sum, { net }) => sum + net.amountMinor, 0n)
  if (taken === 0n || total <= 0n) return [...lines]
  const left = allocate(
    money(lines[0]?.net.currency ?? '', total - taken),
    lines.map(({ net }) => net.amountMinor),
  )
  return lines.map((line, index) => ({ ...line, net: left[index] ?? line.net }))
}

function lineKey({ contractId, lineId }: Pick<BilledLine, 'contractId' | 'lineId'>): string {
  return `line ${contractId} ${lineId}`
}

function taxKey(jurisdiction: string): string {
  return `tax ${jurisdiction}`
}
