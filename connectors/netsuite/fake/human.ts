import type { Month } from '../../../src/domain/calendar.ts'
import type { JournalLineRecord, JournalRecord, NetSuiteState } from './state.ts'
import { journalAt, periodHolding } from './state.ts'

/** How a period may be shut. */
export type PeriodLock = 'closed' | 'all-locked' | 'ar-locked'

/** What a person changes on a line: its account, its memo or its amount, in minor units of the journal's currency. */
export type LineEdit = {
  readonly line: number
  readonly account?: string
  readonly memo?: string
  readonly amountMinor?: bigint
}

export type JournalEdit = {
  readonly tranDate?: string
  readonly memo?: string
  readonly lines?: readonly LineEdit[]
}

/** What people do in NetSuite's own screens, past the hub. Each throws RangeError where the journal or period does not exist. */
export interface People {
  lockPeriod(month: Month, lock: PeriodLock): void
  openPeriod(month: Month): void
  /** Locks the month just before the next journal is written, after anyone has asked whether it is open. */
  lockPeriodBeforeNextWrite(month: Month): void
  editJournal(externalId: string, edit: JournalEdit): void
  voidJournal(externalId: string): void
  deleteJournal(externalId: string): void
  /** Stops an account from taking postings. */
  deactivateAccount(account: string): void
}

/** The hands of the people who work in an account. They may do more than the API lets a program do. */
export function peopleOf(state: NetSuiteState): People {
  return {
    lockPeriod: (month, lock) => {
      const period = periodOf(state, month)
      if (lock === 'closed') period.closed = true
      if (lock === 'all-locked') period.allLocked = true
      if (lock === 'ar-locked') period.arLocked = true
    },
    openPeriod: (month) => {
      const period = periodOf(state, month)
      period.closed = period.allLocked = period.arLocked = false
    },
    lockPeriodBeforeNextWrite: (month) =>
      void state.lockBeforeWrite.add(periodOf(state, month).endDate.slice(0, 7)),
    editJournal: (externalId, edit) => replace(state, edited(state, journalOf(state, externalId), edit)),
    voidJournal: (externalId) => replace(state, { ...journalOf(state, externalId), isVoid: true }),
    deleteJournal: (externalId) => void state.journals.delete(journalOf(state, externalId).id),
    deactivateAccount: (account) => {
      const found = state.accounts.get(account)
      if (found === undefined) throw new RangeError(`There is no account ${account}`)
      found.isInactive = true
    },
  }
}

function edited(
  state: NetSuiteState,
  journal: JournalRecord,
  { tranDate, memo, lines = [] }: JournalEdit,
): JournalRecord {
  return {
    ...journal,
    memo: memo ?? journal.memo,
    tranDate: tranDate ?? journal.tranDate,
    postingPeriod: tranDate === undefined ? journal.postingPeriod : periodOf(state, tranDate.slice(0, 7)).id,
    lines: journal.lines.map((line) =>
      lines.filter((edit) => edit.line === line.line).reduce(editedLine, line),
    ),
  }
}

function editedLine(line: JournalLineRecord, { account, memo, amountMinor }: LineEdit): JournalLineRecord {
  return {
    ...line,
    account: account ?? line.account,
    memo: memo ?? line.memo,
    debitMinor: line.debitMinor === null ? null : (amountMinor ?? line.debitMinor),
    creditMinor: line.creditMinor === null ? null : (amountMinor ?? line.creditMinor),
  }
}

function replace(state: NetSuiteState, journal: JournalRecord): void {
  state.journals.set(journal.id, { ...journal, lastModifiedDate: state.now().toISOString() })
}

function journalOf(state: NetSuiteState, externalId: string): JournalRecord {
  const journal = journalAt(state, `eid:${externalId}`)
  if (journal === undefined) throw new RangeError(`There is no journal ${externalId}`)
  return journal
}

function periodOf(state: NetSuiteState, month: Month) {
  const period = periodHolding(state, `${month}-01`)
  if (period === undefined) throw new RangeError(`There is no period for ${month}`)
  return period
}
