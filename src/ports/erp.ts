import type { Account } from '../domain/chart.ts'
import type { Month } from '../domain/calendar.ts'
import type { JournalEntry } from '../domain/journal.ts'
import type { Money } from '../domain/money.ts'
import type { Answer } from './answer.ts'

/** What the ERP holds for one account of one entity, month and currency: debits and credits, both zero or more. */
export type AccountTotal = {
  readonly account: Account
  readonly debit: Money
  readonly credit: Money
}

/**
 * Something that the books' settings name and the ERP does not have as they say: an account that is gone, inactive or called otherwise, a seller
 * in another currency. `reason` completes the sentence "The journals wait, because …".
 */
export type ReferenceFault = { readonly field: string; readonly found: string; readonly reason: string }

/** A journal of ours as the ERP holds it. */
export type PostedJournal = { readonly externalId: string; readonly erpId: string }

/** What we need from any ERP. Nothing here may name NetSuite. */
export interface Erp {
  /**
   * Answers null only when the ERP is sure it has no such journal. Asked for an entry, it answers `conflict` where another journal than that
   * one carries its id.
   */
  findJournal(externalId: string, entry?: JournalEntry): Promise<Answer<PostedJournal | null>>
  /**
   * Creates the journal. `conflict` when the external id is taken, `locked` when the month is closed,
   * `rejected` when an account or entity does not fit.
   */
  postJournal(entry: JournalEntry): Promise<Answer<PostedJournal>>
  /** What is wrong with the references that journals of an entity to these accounts need, asked before the first of them is posted. */
  referenceFaults(entity: string, accounts: readonly Account[]): Promise<Answer<readonly ReferenceFault[]>>
  isOpen(entity: string, month: Month): Promise<Answer<boolean>>
  /**
   * Sums of all journals that bear our external ids, by account, read back from the ERP's own books. A line that someone moved to an account that
   * is none of ours comes back under a segment that names that account, so that it compares with nothing.
   */
  totals(entity: string, month: Month, currency: string): Promise<Answer<readonly AccountTotal[]>>
}
