import { accountName, type AccountKind } from '../../src/domain/chart.ts'
import type { BillingFact } from '../../src/domain/fact.ts'
import type { JournalEntry } from '../../src/domain/journal.ts'
import type { Entry, LedgerTransaction } from '../../src/domain/ledger.ts'
import { formatMoney, negate, type Money } from '../../src/domain/money.ts'

/** Ledger transactions as plain-text accounting, which ledger, hledger and people read: debits positive, credits negative. */

const groups: Readonly<Record<AccountKind, string>> = {
  receivable: 'assets',
  'unbilled-receivable': 'assets',
  'contract-liability': 'liabilities',
  revenue: 'income',
  'tax-payable': 'liabilities',
  'stripe-clearing': 'assets',
  bank: 'assets',
  'stripe-fees': 'expenses',
  'customer-credit': 'liabilities',
  'refunds-and-credits': 'income',
  'bad-debt': 'expenses',
  'dispute-losses': 'expenses',
  'fx-gain-loss': 'income',
  rounding: 'expenses',
}

/** One transaction, and what the fact behind it says besides money. */
export function writeTransaction(transaction: LedgerTransaction, fact: BillingFact | null): string {
  const { accountingDate, memo, factKey, entries } = transaction
  const notes = [`fact: ${factKey}`, ...(fact?.kind === 'invoice-finalized' ? invoiceNotes(fact) : [])]
  return [
    `${accountingDate} ${memo}`,
    ...notes.map((note) => `    ; ${note}`),
    ...entries.map(writeEntry),
  ].join('\n')
}

/** A journal for the ERP as a comment: what of the ledger goes out, and under which name. */
export function writeErpJournal({ externalId, postedOn, lines }: JournalEntry): string {
  const rows = lines.map(({ account, side, amount }) =>
    columns(`;     ${accountName(account)}`, `${formatMoney(amount)} ${side}`),
  )
  return [`; ${postedOn} to the ERP as ${externalId}`, ...rows].join('\n')
}

function invoiceNotes(invoice: Extract<BillingFact, { kind: 'invoice-finalized' }>): string[] {
  const fields = invoice.customFields.map(({ name, value }) => `${name}: ${value}`)
  return [...fields, ...(invoice.dueOn === null ? [] : [`due: ${invoice.dueOn}`])]
}

function writeEntry({ account, side, amount }: Entry): string {
  const name = `${groups[account.kind]}:${accountName(account)}`
  return columns(`    ${name}`, formatMoney(side === 'debit' ? amount : negate(amount as Money)))
}

/** Two columns, the second flush right at the width of the page. */
function columns(left: string, right: string): string {
  return left + right.padStart(Math.max(72 - left.length, right.length + 2))
}
