import { accountName } from '../../src/domain/chart.ts'
import type { Entry, LedgerTransaction } from '../../src/domain/ledger.ts'
import { toDecimal } from '../../src/domain/money.ts'
import type { Posting } from '../../src/domain/posting.ts'

/** The transaction of a posting; fails the test when there is none. */
export function transactionOf(posting: Posting): LedgerTransaction {
  if (posting.kind !== 'posted') throw new Error(`Nothing was posted: ${JSON.stringify(posting)}`)
  return posting.transaction
}

/** Entries as an accountant says them: `debit receivable 90.00`. */
export function written(entries: readonly Entry[]): string[] {
  return entries.map(({ side, account, amount }) => `${side} ${accountName(account)} ${toDecimal(amount)}`)
}
