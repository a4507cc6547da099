import type { BooksSettings } from '../../src/domain/books.ts'
import { booksAccountOf } from '../../src/domain/books.ts'
import type { Month } from '../../src/domain/calendar.ts'
import { lastDayOf } from '../../src/domain/calendar.ts'
import type { Account, AccountKind } from '../../src/domain/chart.ts'
import { accountKinds, accountName } from '../../src/domain/chart.ts'
import { add, fromDecimal, zero } from '../../src/domain/money.ts'
import type { AccountTotal } from '../../src/ports/erp.ts'
import { shortened } from './journal-body.ts'
import type { Statement, SuiteQlRow } from './suiteql.ts'
import { textOf } from './suiteql.ts'

/** What the external ids of all our journals begin with (src/domain/journal.ts). */
export const externalIdPrefix = 'tieout-'

/** The period of the base calendar that holds a day: no quarter, no year, no period of adjustments. */
const holdsDay = `p.isquarter = 'F' AND p.isyear = 'F' AND p.isadjust = 'F'
  AND p.startdate <= TO_DATE(?, 'YYYY-MM-DD') AND p.enddate >= TO_DATE(?, 'YYYY-MM-DD')`

/** Asks for the state of the period in which a month ends. */
export function periodStatement(month: Month): Statement {
  const day = lastDayOf(month)
  return {
    q: `SELECT p.id AS id, p.closed AS closed, p.alllocked AS alllocked FROM accountingperiod p WHERE ${holdsDay}`,
    params: [day, day],
  }
}

/**
 * Whether journals may go into the period: it exists, and none of its calendars has it closed or locked for all. A lock of receivables
 * only is left to the write to judge, because it stops only journals that touch them.
 */
export function isOpenPeriod(rows: readonly SuiteQlRow[]): boolean {
  return rows.length > 0 && rows.every((row) => !isTrue(row, 'closed') && !isTrue(row, 'alllocked'))
}

/**
 * Asks for the sums of our journals of a period by account and line memo, in the currency of the journal: the columns of
 * transactionaccountingline are in the subsidiary's own. Book 1 is the primary one; others would count everything again.
 */
export function totalsStatement(subsidiary: string, month: Month, currency: string): Statement {
  const day = lastDayOf(month)
  return {
    q: `SELECT a.account AS account, l.memo AS memo,
  SUM(l.debitforeignamount) AS debit, SUM(l.creditforeignamount) AS credit
FROM transaction t
INNER JOIN transactionline l ON l.transaction = t.id
INNER JOIN transactionaccountingline a ON a.transaction = l.transaction AND a.transactionline = l.id
INNER JOIN accountingperiod p ON p.id = t.postingperiod
WHERE t.type = 'Journal' AND t.externalid LIKE '${externalIdPrefix}%' AND t.posting = 'T'
  AND a.accountingbook = 1 AND l.subsidiary = ? AND t.currency = ?
  AND ${holdsDay}
GROUP BY a.account, l.memo ORDER BY a.account, l.memo`,
    params: [subsidiary, currency, day, day],
  }
}

/**
 * Turns rows into totals by ledger account, to the cent. Throws RangeError or TypeError where a value is no exact decimal of the
 * currency.
 */
export function totalsOf(
  rows: readonly SuiteQlRow[],
  currency: string,
  settings: BooksSettings,
): AccountTotal[] {
  const totals = new Map<string, AccountTotal>()
  for (const row of rows) {
    const account = ledgerAccountOf(textOf(row, 'account') ?? '', textOf(row, 'memo') ?? '', settings)
    const [debit, credit] = ['debit', 'credit'].map((side) =>
      fromDecimal(currency, textOf(row, side) ?? '0'),
    ) as [AccountTotal['debit'], AccountTotal['credit']]
    const so = totals.get(accountName(account)) ?? { account, debit: zero(currency), credit: zero(currency) }
    totals.set(accountName(account), { account, debit: add(so.debit, debit), credit: add(so.credit, credit) })
  }
  return [...totals.values()].filter(
    ({ debit, credit }) => debit.amountMinor !== 0n || credit.amountMinor !== 0n,
  )
}

/**
 * The ledger account of a line: the one its memo names, as long as that is the account we would post it to. After someone edited the
 * line it is the kind that owns the NetSuite account, or, where none does, a segment that names it, so that it compares with nothing.
 */
function ledgerAccountOf(account: string, memo: string, settings: BooksSettings): Account {
  const named = accountNamed(memo)
  if (named !== null && booksAccountOf(settings, named)?.account === account) return named
  const row = settings.accounts.find((candidate) => candidate.account === account)
  if (row !== undefined) return { kind: row.kind, segment: row.segment }
  return { kind: named?.kind ?? 'rounding', segment: `NetSuite account ${account}` }
}

function accountNamed(memo: string): Account | null {
  const colon = memo.indexOf(':')
  const kind = colon < 0 ? memo : memo.slice(0, colon)
  if (!(kind in accountKinds)) return null
  const account = { kind: kind as AccountKind, segment: colon < 0 ? null : memo.slice(colon + 1) }
  return shortened(accountName(account)) === memo ? account : null
}

function isTrue(row: SuiteQlRow, column: string): boolean {
  const value = textOf(row, column)
  if (value !== 'T' && value !== 'F') throw new TypeError(`SuiteQL column ${column} is neither T nor F`)
  return value === 'T'
}
