import type { InvoiceFinalized, InvoiceMarkedUncollectible, InvoicePaid, InvoiceVoided } from '../fact.ts'
import type { Entry, LedgerTransaction } from '../ledger.ts'
import { credit, debit } from '../ledger.ts'
import { money } from '../money.ts'
import type { PostingContext } from './context.ts'
import { transactionFor } from './context.ts'
import { share, signedDebit, unwind, unwindEntries } from './unwind.ts'

/** The customer owes us the invoice; we owe the service it covers, or it covers service already given; and the state its tax. */
export function invoiceFinalized(fact: InvoiceFinalized, context: PostingContext): LedgerTransaction {
  const { currency } = fact.total
  const { invoiceId } = fact
  const lines = fact.lines.flatMap(({ contractId, lineId, net }) =>
    contractId === null || lineId === null
      ? signedDebit('contract-liability', currency, -net.amountMinor, { contractId, lineId, invoiceId })
      : context.positions.bill(contractId, lineId, currency, net.amountMinor).map(onInvoice(invoiceId)),
  )
  const taxes = fact.taxes.flatMap(({ jurisdiction, amount }) =>
    signedDebit('tax-payable', currency, -amount.amountMinor, { invoiceId }, jurisdiction),
  )
  const { contractId, creditApplied } = fact
  const where = { contractId, invoiceId }
  return transactionFor(fact, 'invoice-finalized', context, `Invoice ${fact.number ?? invoiceId}`, [
    ...signedDebit('receivable', currency, fact.total.amountMinor, where),
    ...lines,
    ...taxes,
    ...(creditApplied
      ? [debit('customer-credit', creditApplied, where), credit('receivable', creditApplied, where)]
      : []),
  ])
}

/** Money came in: through Stripe it waits in the clearing account, otherwise it is in the bank. More than was owed is the customer's credit. */
export function invoicePaid(fact: InvoicePaid, context: PostingContext): LedgerTransaction | null {
  if (context.invoice === null) return null
  const { currency, amountMinor } = fact.amount
  const where = { contractId: context.invoice.contractId, invoiceId: fact.invoiceId }
  const owed = context.openReceivableMinor > 0n ? context.openReceivableMinor : 0n
  const appliedMinor = amountMinor < owed ? amountMinor : owed
  return transactionFor(fact, 'invoice-paid', context, `Payment of invoice ${nameOf(context.invoice)}`, [
    debit(fact.via === 'stripe' ? 'stripe-clearing' : 'bank', fact.amount, where),
    credit('receivable', money(currency, appliedMinor), where),
    credit('customer-credit', money(currency, amountMinor - appliedMinor), where),
  ])
}

/** The invoice is void: nothing is owed, the unearned part was never a promise, the earned part turns against income. */
export function invoiceVoided(fact: InvoiceVoided, context: PostingContext): LedgerTransaction | null {
  return writtenOff(fact, context, 'invoice-voided', { kind: 'refunds-and-credits', segment: 'voids' })
}

/** Nobody will pay: the earned part is bad debt, the unearned part leaves the contract liability. */
export function invoiceMarkedUncollectible(
  fact: InvoiceMarkedUncollectible,
  context: PostingContext,
): LedgerTransaction | null {
  return writtenOff(fact, context, 'invoice-marked-uncollectible', { kind: 'bad-debt', segment: null })
}

/** What is still owed leaves the receivable; what was already paid stays as it is. */
function writtenOff(
  fact: InvoiceVoided | InvoiceMarkedUncollectible,
  context: PostingContext,
  reason: 'invoice-voided' | 'invoice-marked-uncollectible',
  contra: Parameters<typeof unwindEntries>[2],
): LedgerTransaction | null {
  const { invoice } = context
  if (invoice === null) return null
  const { currency } = invoice.total
  const open = share(invoice.lines, invoice.taxes, context.openReceivableMinor, currency)
  const unwound = unwind(open.lines, context.occurredOn)
  const where = { contractId: invoice.contractId, invoiceId: fact.invoiceId }
  return transactionFor(fact, reason, context, `Invoice ${nameOf(invoice)}`, [
    ...unwindEntries(unwound, open.taxes, contra, fact.invoiceId, context.positions),
    ...signedDebit('receivable', currency, -context.openReceivableMinor, where),
  ])
}

function nameOf(invoice: InvoiceFinalized): string {
  return invoice.number ?? invoice.invoiceId
}

function onInvoice(invoiceId: string): (entry: Entry) => Entry {
  return (entry) => ({ ...entry, dimensions: { ...entry.dimensions, invoiceId } })
}
