import type { CalendarDate, DateRange, Month } from '../../../src/domain/calendar.ts'
import { addDays, monthOf, monthsBetween } from '../../../src/domain/calendar.ts'
import type { AccountKind } from '../../../src/domain/chart.ts'
import { normalSide } from '../../../src/domain/chart.ts'
import type { BillingFact } from '../../../src/domain/fact.ts'
import type { Entry, LedgerTransaction } from '../../../src/domain/ledger.ts'
import { debitMinor } from '../../../src/domain/ledger.ts'
import { money, toDecimal, type Money } from '../../../src/domain/money.ts'
import type { Obligation } from '../../../src/domain/obligation.ts'
import { billedLine, finalizedInvoice } from '../fact-samples.ts'
import type { Earning } from '../played-books.ts'
import { earningOf, PlayedBooks, promiseOf } from '../played-books.ts'

/** Playing the examples through the books, and reading the books in the examples' words. */

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Feb 14` of a year without a 29th, unless the example names the year. */
export function dayOf(text: string, year = 2025): CalendarDate {
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) return text.slice(0, 10)
  const [name = '', day = '1'] = text.split(' ')
  const month = (monthNames.indexOf(name) + 1).toString().padStart(2, '0')
  return `${year}-${month}-${day.padStart(2, '0')}`
}

/** A service from a day to another, which lies in the next year where the example goes over the turn of it. */
export function serviceFrom(start: string, end: string): DateRange {
  const startsOn = dayOf(start)
  return { startsOn, endsBefore: dayOf(end) > startsOn ? dayOf(end) : dayOf(end, 2026) }
}

/** A service of so many days, and the day on which so many of them have passed. */
export function serviceOfDays(days: number, passed: number): { service: DateRange; on: CalendarDate } {
  const startsOn = '2025-01-01'
  return { service: { startsOn, endsBefore: addDays(startsOn, days) }, on: addDays(startsOn, passed) }
}

/** Tells facts in order of time and closes every month from the first to the last. */
export function playMonths(
  books: PlayedBooks,
  facts: readonly BillingFact[],
  first: Month,
  last: Month,
): PlayedBooks {
  const waiting = [...facts]
  for (const month of monthsBetween(first, last)) {
    while (waiting[0] && monthOf(waiting[0].occurredAt.toISOString().slice(0, 10)) <= month) {
      const told = books.tell(waiting.shift() as BillingFact)
      if (told.kind === 'waits') throw new Error(`A fact waits for ${told.forFact}`)
    }
    books.closeMonth(month)
  }
  return books
}

/** Books of an earning, played from January to April 2025 unless told otherwise. */
export function played(
  earning: Earning,
  facts: readonly BillingFact[],
  settings: ConstructorParameters<typeof PlayedBooks>[1] = {},
  [first, last]: readonly [Month, Month] = ['2025-01', '2025-04'],
): PlayedBooks {
  return playMonths(new PlayedBooks(earning, settings), facts, first, last)
}

const contraNames: Readonly<Record<string, string>> = {
  voids: 'Voids',
  refunds: 'Refunds',
  'credit-notes': 'CreditNotes',
}

const accountNames: Readonly<Partial<Record<AccountKind, string>>> = {
  receivable: 'AR',
  'unbilled-receivable': 'UnbilledAR',
  'contract-liability': 'DeferredRevenue',
  revenue: 'Revenue',
  'tax-payable': 'TaxLiability',
  'stripe-clearing': 'Cash',
  bank: 'ExternalAsset',
  'stripe-fees': 'Fees',
  'customer-credit': 'CustomerBalance',
  'bad-debt': 'BadDebt',
  'dispute-losses': 'Disputes',
  'fx-gain-loss': 'FxLoss',
}

/** Other names an example has for an account. */
export type Names = Readonly<Partial<Record<AccountKind, string>>>

function nameOf({ account }: Entry, names: Names): string {
  if (account.kind === 'refunds-and-credits') return contraNames[account.segment ?? ''] ?? 'Contra'
  return names[account.kind] ?? accountNames[account.kind] ?? account.kind
}

/** What each account moved by over some entries, on the side on which it grows; a loss grows by debit. Accounts that did not move are left out. */
export function netOf(entries: readonly Entry[], names: Names = {}): Record<string, string> {
  const sums = new Map<string, { minor: bigint; currency: string }>()
  for (const entry of entries) {
    const name = nameOf(entry, names)
    const growsByDebit = normalSide(entry.account.kind) === 'debit' || name === 'FxLoss'
    const minor = growsByDebit ? debitMinor(entry) : -debitMinor(entry)
    sums.set(name, { minor: (sums.get(name)?.minor ?? 0n) + minor, currency: entry.amount.currency })
  }
  const moved = [...sums].filter(([, { minor }]) => minor !== 0n)
  return Object.fromEntries(
    moved.map(([name, { minor, currency }]) => [name, toDecimal(money(currency, minor))]),
  )
}

/** What each account moved by in each month: `{ Revenue: { Jan: "17.00" } }`. */
export function movementsOf({ transactions }: PlayedBooks): Record<string, Record<string, string>> {
  const table: Record<string, Record<string, string>> = {}
  const byMonth = Map.groupBy(transactions, ({ accountingDate }) => monthOf(accountingDate))
  for (const [month, moved] of [...byMonth].toSorted()) {
    const net = netOf(moved.flatMap(({ entries }) => entries))
    for (const [account, amount] of Object.entries(net)) (table[account] ??= {})[monthName(month)] = amount
  }
  return table
}

/** Revenue, or another account, of some months, also where it did not move; keyed as the example writes months. */
export function monthsOfAccount(
  books: PlayedBooks,
  months: readonly Month[],
  kind: AccountKind = 'revenue',
  keyOf: (month: Month) => string = monthName,
): Record<string, string> {
  return Object.fromEntries(
    months.map((month) => [keyOf(month), toDecimal(money('USD', books.balance(kind, month)))]),
  )
}

/** `Jan` of 2025-01. */
export function monthName(month: Month): string {
  return monthNames[Number.parseInt(month.slice(5), 10) - 1] ?? month
}

/** One debit and one credit of the same amount. */
export type Row = { readonly dr: string; readonly cr: string; readonly amount: string }

/** Entries as pairs of one debit and one credit, matched in the order in which they were posted. */
export function rowsOf(entries: readonly Entry[], names: Names = {}): Row[] {
  const open = { debit: [] as Open[], credit: [] as Open[] }
  for (const entry of entries) {
    const { minor, currency } = { minor: entry.amount.amountMinor, currency: entry.amount.currency }
    open[entry.side].push({ name: nameOf(entry, names), minor, currency })
  }
  const rows: Row[] = []
  while (open.debit[0] && open.credit[0]) {
    const [from, to] = [open.debit[0], open.credit[0]]
    const minor = from.minor < to.minor ? from.minor : to.minor
    rows.push({ dr: from.name, cr: to.name, amount: toDecimal(money(from.currency, minor)) })
    for (const side of [from, to]) side.minor -= minor
    if (from.minor === 0n) open.debit.shift()
    if (to.minor === 0n) open.credit.shift()
  }
  return rows
}

type Open = { readonly name: string; minor: bigint; readonly currency: string }

/** Several postings of one moment as one: an account that gives on what it takes shows only what stays. */
export function netted(transactions: readonly LedgerTransaction[]): Entry[] {
  const entries = transactions.flatMap((transaction) => transaction.entries)
  return [...Map.groupBy(entries, ({ account }) => JSON.stringify(account)).values()].flatMap((same) => {
    const minor = same.reduce((total, entry) => total + debitMinor(entry), 0n)
    const [first] = same
    if (first === undefined || minor === 0n) return []
    const amount = money(first.amount.currency, minor < 0n ? -minor : minor)
    return [{ ...first, side: minor > 0n ? ('debit' as const) : ('credit' as const), amount }]
  })
}

/** Rows and what they come to, as the entry patterns are written. */
export function patternOf(steps: readonly (readonly Entry[])[], names: Names = {}) {
  return {
    entries: steps.flatMap((entries) => rowsOf(entries, names)),
    net: netOf(steps.flat(), names),
  }
}

/**
 * Two goods promised together, each paid only once both are delivered: the first in January, the second on the day of the invoice (ASC 606
 * example 39). Answers the transactions in their order; the first is the first delivery.
 */
export function deliverOneThenTheOther(first: Money, second: Money): readonly LedgerTransaction[] {
  const january = { startsOn: '2025-01-01', endsBefore: '2025-02-01' }
  const lines = [first, second].map((price) => billedLine(price, { service: january }))
  const invoice = finalizedInvoice('2025-02-10', lines)
  const [early, late] = promiseOf(invoice) as [Obligation, Obligation]
  const atInvoice = { startsOn: '2025-02-10', endsBefore: '2025-02-10' }
  const books = new PlayedBooks(earningOf([early, { ...late, service: atInvoice }]))
  books.closeMonth('2025-01')
  books.tell(invoice)
  books.closeMonth('2025-02')
  return books.transactions
}
