import type { InvoiceFinalized, InvoiceMarkedUncollectible, InvoicePaid, InvoiceVoided } from '../fact.ts'
import type { Entry, LedgerTransaction } from '../ledger.ts'
import { debit, signedCredit, signedDebit } from '../ledger.ts'
import { add, money, subtract } from '../money.ts'
import type { Money } from '../money.ts'
import type { PostingContext } from './context.ts'
import { transactionFor } from './context.ts'
import { unwindAmount } from './unwind.ts'
import { recover, reclassifiedAsVoid } from './write-off.ts'

/**
 * The customer owes us the invoice; we owe the service it covers, or it covers service already given; and we owe the state its tax.
 * The customer's credit with us settles its part at once; an invoice below zero adds to that credit.
 */
export function invoiceFinalized(fact: InvoiceFinalized, context: PostingContext): LedgerTransaction {
  const { contractId, invoiceId, total } = fact
  const where = { contractId, invoiceId }
  const settled = settledByCredit(fact)
  return transactionFor(fact, 'invoice-finalized', context, `Invoice ${nameOf(fact)}`, [
    ...signedDebit('receivable', total, where),
    ...fact.lines.flatMap((line) => billedEntries(line, invoiceId, context)),
    ...fact.taxes.flatMap(({ jurisdiction, amount }) =>
      signedCredit('tax-payable', amount, { invoiceId }, jurisdiction),
    ),
    ...signedDebit('customer-credit', settled, where),
    ...signedCredit('receivable', settled, where),
  ])
}

/**
 * Money came in: through Stripe it waits in the clearing account, otherwise it is in the bank. It pays what is owed, then brings
 * back what was given up as uncollectible; more than that is the customer's credit.
 */
export function invoicePaid(fact: InvoicePaid, context: PostingContext): LedgerTransaction | null {
  const { invoice } = context
  if (invoice === null) return null
  const { currency, amountMinor } = fact.amount
  const where = { contractId: invoice.contractId, invoiceId: fact.invoiceId }
  const owedMinor = context.openReceivableMinor > 0n ? context.openReceivableMinor : 0n
  const settled = money(currency, amountMinor < owedMinor ? amountMinor : owedMinor)
  const recovery = recover(subtract<string>(fact.amount, settled), context)
  const credited = subtract<string>(subtract<string>(fact.amount, settled), recovery.amount)
  return transactionFor(
    fact,
    'invoice-paid',
    context,
    `Payment of invoice ${nameOf(invoice)}`,
    [
      debit(fact.via === 'stripe' ? 'stripe-clearing' : 'bank', fact.amount, where),
      ...signedCredit('receivable', settled, where),
      ...recovery.entries,
      ...signedCredit('customer-credit', credited, where),
    ],
    recovery.writeOff?.factKey,
  )
}

/**
 * The invoice is void: nothing is owed, credit that settled a part of it goes back to the customer, the unearned part was never a
 * promise, and the earned part turns against income.
 */
export function invoiceVoided(fact: InvoiceVoided, context: PostingContext): LedgerTransaction | null {
  const { invoice } = context
  if (invoice === null) return null
  const settled = settledByCredit(invoice)
  const returned = settled.amountMinor > 0n ? settled : money(settled.currency, 0n)
  const taken = add<string>(openReceivable(invoice, context), returned)
  const where = { contractId: invoice.contractId, invoiceId: fact.invoiceId }
  const contra = { kind: 'refunds-and-credits', segment: 'voids' } as const
  return transactionFor(fact, 'invoice-voided', context, `Invoice ${nameOf(invoice)} voided`, [
    ...unwindAmount(taken, invoice, contra, context),
    ...signedCredit('receivable', openReceivable(invoice, context), where),
    ...signedCredit('customer-credit', returned, where),
    ...reclassifiedAsVoid(context),
  ])
}

/** Nobody will pay what is still owed: the earned part is bad debt, the unearned part leaves the contract liability. */
export function invoiceMarkedUncollectible(
  fact: InvoiceMarkedUncollectible,
  context: PostingContext,
): LedgerTransaction | null {
  const { invoice } = context
  if (invoice === null) return null
  const open = openReceivable(invoice, context)
  const where = { contractId: invoice.contractId, invoiceId: fact.invoiceId }
  const memo = `Invoice ${nameOf(invoice)} uncollectible`
  return transactionFor(fact, 'invoice-marked-uncollectible', context, memo, [
    ...unwindAmount(open, invoice, { kind: 'bad-debt', segment: null }, context),
    ...signedCredit('receivable', open, where),
  ])
}

/** A line that names no contract line waits in the contract liability for somebody to say what it is. */
function billedEntries(
  { contractId, lineId, net }: InvoiceFinalized['lines'][number],
  invoiceId: string,
  { positions }: PostingContext,
): Entry[] {
  return contractId === null || lineId === null
    ? signedCredit('contract-liability', net, { contractId, lineId, invoiceId })
    : positions.bill(contractId, lineId, net, invoiceId)
}

/** What the customer's credit settles: what Stripe says, and the whole of an invoice below zero, which nobody pays. */
function settledByCredit({ total, creditApplied }: InvoiceFinalized): Money {
  return creditApplied ?? money(total.currency, total.amountMinor < 0n ? total.amountMinor : 0n)
}

function openReceivable({ total }: InvoiceFinalized, { openReceivableMinor }: PostingContext): Money {
  return money(total.currency, openReceivableMinor > 0n ? openReceivableMinor : 0n)
}

function nameOf({ number, invoiceId }: InvoiceFinalized): string {
  return number ?? invoiceId
}
