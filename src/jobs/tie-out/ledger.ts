import { formatMoney, money } from '../../domain/money.ts'
import type { TieOutResult } from '../../domain/reconcile.ts'
import { compareBooks } from '../../domain/reconcile.ts'
import type { Billing, Page } from '../../ports/billing.ts'
import type { Answer } from '../../ports/answer.ts'
import type { Clock } from '../../ports/clock.ts'
import { balancesByInvoice } from '../../store/balances.ts'
import { bookedInvoices, clearingBalances } from '../../store/tie-out-lookup.ts'
import type { JobContext } from '../job.ts'
import { addTo, readPatiently } from './books.ts'

/**
 * Each of the provider's invoices and payments is in the ledger, what is still owed on it too, which credits, voids and write-offs
 * change; and its balance is our clearing account.
 */
export async function tieOutLedger({ store, billing, clock }: JobContext): Promise<TieOutResult> {
  const theirs = new Map<string, string>()
  const ours = new Map<string, string>()
  const booked = await bookedInvoices(store.read)
  const receivable = await balancesByInvoice(store.read, 'receivable')
  const openMinor = new Map(receivable.map(({ invoiceId, balance }) => [invoiceId, balance.amountMinor]))
  for (const invoice of await everything((cursor) => billing.listInvoices(cursor), 'invoices', clock)) {
    if (invoice.status === 'draft' || invoice.finalizedAt === null) continue
    const { currency } = invoice.total
    const { totalMinor, paidMinor } = booked.get(invoice.invoiceId) ?? { totalMinor: 0n, paidMinor: 0n }
    theirs.set(`${invoice.invoiceId} total`, formatMoney(invoice.total))
    ours.set(`${invoice.invoiceId} total`, formatMoney(money(currency, totalMinor)))
    theirs.set(`${invoice.invoiceId} paid`, formatMoney(invoice.amountPaid))
    ours.set(`${invoice.invoiceId} paid`, formatMoney(money(currency, paidMinor)))
    theirs.set(`${invoice.invoiceId} open`, formatMoney(invoice.amountOpen))
    ours.set(
      `${invoice.invoiceId} open`,
      formatMoney(money(currency, openMinor.get(invoice.invoiceId) ?? 0n)),
    )
  }
  for (const [invoiceId, { currency, totalMinor }] of booked) {
    // Only the books know of it: the other side stays empty.
    if (!theirs.has(`${invoiceId} total`))
      ours.set(`${invoiceId} total`, formatMoney(money(currency, totalMinor)))
  }
  const balances = await clearingBalances(store.read)
  const held = await providerBalances(billing, clock)
  for (const currency of new Set([...balances.keys(), ...held.keys()])) {
    theirs.set(`balance in ${currency}`, formatMoney(money(currency, held.get(currency) ?? 0n)))
    ours.set(`balance in ${currency}`, formatMoney(money(currency, balances.get(currency) ?? 0n)))
  }
  return compareBooks('ledger', theirs, ours, (item) =>
    item.startsWith('balance')
      ? 'the clearing account is not the balance at Stripe'
      : 'a fact of this invoice is not booked, or booked differently',
  )
}

async function providerBalances(billing: Billing, clock: Clock): Promise<Map<string, bigint>> {
  const balances = new Map<string, bigint>()
  for (const { amount, fee } of await everything(
    (cursor) => billing.listBalanceChanges(cursor),
    'balance changes',
    clock,
  )) {
    addTo(balances, amount.currency, amount.amountMinor - fee.amountMinor)
  }
  return balances
}

/** Follows a listing to its end. */
async function everything<T>(
  list: (cursor: string | null) => Promise<Answer<Page<T>>>,
  what: string,
  clock: Clock,
): Promise<T[]> {
  const items: T[] = []
  for (let cursor: string | null = null; ;) {
    const from = cursor
    const page: Page<T> = await readPatiently(() => list(from), what, clock)
    items.push(...page.items)
    cursor = page.cursor
    if (cursor === null) return items
  }
}
