import type { Account } from '../chart.ts'
import type { CalendarDate } from '../calendar.ts'
import { daysIn } from '../calendar.ts'
import type { BilledLine, InvoiceFinalized } from '../fact.ts'
import type { Entry, LedgerTransaction } from '../ledger.ts'
import { debitMinor, mirrored, signedDebit } from '../ledger.ts'
import { money, negate } from '../money.ts'
import type { Money } from '../money.ts'
import type { Positions } from '../position.ts'
import { scheduledBefore } from '../revenue.ts'
import type { Spread } from '../spread.ts'
import type { CreditPolicy, PostingContext } from './context.ts'
import type { InvoicePart } from './invoice-part.ts'
import { partOf, standingOf, wholeMinor } from './invoice-part.ts'

/** A billed line of which part is taken back: the earned part against income, the unearned part against what we still owe. */
export type Unwound = {
  readonly line: BilledLine
  readonly earnedMinor: bigint
  readonly unearnedMinor: bigint
}

/**
 * Splits what is taken back of each line at a day: the past is contra revenue, the future was never earned and leaves the contract
 * liability. Follows Stripe's revenue recognition (voids, refunds, credit notes, disputes). The day is that of the books: what
 * they hold as recognized by then is past. A line that belongs to no contract line was never earned.
 */
export function unwind(
  lines: readonly BilledLine[],
  onDay: CalendarDate,
  spread: Spread = 'by-day',
  credits: CreditPolicy = 'proportional',
): Unwound[] {
  return lines.map((line) => {
    const hasFuture = daysIn(line.service) > 0 && onDay < line.service.endsBefore
    const isUnearned = line.lineId === null || (credits === 'prospective' && hasFuture)
    const earnedMinor = isUnearned
      ? 0n
      : scheduledBefore({ price: line.net, service: line.service }, onDay, spread)
    return { line, earnedMinor, unearnedMinor: line.net.amountMinor - earnedMinor }
  })
}

/** Takes an amount off what stands of an invoice: contra account, contract liability and tax. What no line bears goes to the contra account. */
export function unwindAmount(
  amount: Money,
  invoice: InvoiceFinalized,
  contra: Account,
  context: PostingContext,
): Entry[] {
  if (amount.amountMinor <= 0n) return []
  const part = partOf(standingOf(invoice, context.earlier), amount)
  const rest = money(amount.currency, amount.amountMinor - wholeMinor(part))
  const where = { contractId: invoice.contractId, invoiceId: invoice.invoiceId }
  return [
    ...unwindPart(part, invoice.invoiceId, contra, context),
    ...signedDebit(contra.kind, rest, where, contra.segment),
  ]
}

/** Takes lines and taxes back. The sum of the debits is what the counter-entry credits. */
export function unwindPart(
  { lines, taxes }: InvoicePart,
  invoiceId: string,
  contra: Account,
  { accountingDate, spread, credits, positions }: PostingContext,
): Entry[] {
  return [
    ...unwind(lines, accountingDate, spread, credits).flatMap((unwound) =>
      unwoundEntries(unwound, invoiceId, contra, positions),
    ),
    ...taxes.flatMap(({ jurisdiction, amount }) =>
      signedDebit('tax-payable', amount, { invoiceId }, jurisdiction),
    ),
  ]
}

/**
 * Takes an earlier transaction back: its mirror, except that a contract line goes to where it stands now. Revenue may have been
 * recognized since, and the plain mirror would leave the line with a liability and an asset at once.
 */
export function undo(undone: LedgerTransaction, positions: Positions): Entry[] {
  const lines = undone.entries.filter(movesPosition)
  const byLine = Map.groupBy(lines, ({ dimensions, amount }) => JSON.stringify([dimensions, amount.currency]))
  const returned = [...byLine.values()].flatMap((entries) => {
    const [first] = entries
    const { contractId = null, lineId = null, invoiceId = null } = first?.dimensions ?? {}
    if (first === undefined || contractId === null || lineId === null) return []
    const minor = entries.reduce((total, entry) => total + debitMinor(entry), 0n)
    return positions.bill(contractId, lineId, money(first.amount.currency, minor), invoiceId)
  })
  return [...mirrored(undone.entries.filter((entry) => !movesPosition(entry))), ...returned]
}

function unwoundEntries(
  { line, earnedMinor, unearnedMinor }: Unwound,
  invoiceId: string,
  contra: Account,
  positions: Positions,
): Entry[] {
  const { contractId, lineId, net } = line
  const where = { contractId, lineId, invoiceId }
  const unearned = money(net.currency, unearnedMinor)
  return [
    ...signedDebit(contra.kind, money(net.currency, earnedMinor), where, contra.segment),
    ...(contractId === null || lineId === null
      ? signedDebit('contract-liability', unearned, where)
      : positions.bill(contractId, lineId, negate(unearned), invoiceId)),
  ]
}

/** Whether an entry moves where a contract line stands. */
export function movesPosition({ account, dimensions }: Entry): boolean {
  return (
    (account.kind === 'contract-liability' || account.kind === 'unbilled-receivable') &&
    dimensions.contractId !== null &&
    dimensions.lineId !== null
  )
}
