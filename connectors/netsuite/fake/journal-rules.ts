import type { FakeRefusal } from './reply.ts'
import { invalidValue, userError } from './reply.ts'
import type { AccountRecord, JournalLineRecord, JournalRecord, NetSuiteState, SegmentKind } from './state.ts'

/** The first rule of NetSuite that a journal breaks, or null. The period comes last, as the lock of the books stands above the form. */
export function brokenRule(state: NetSuiteState, journal: JournalRecord): FakeRefusal | null {
  const { journalLineLimit } = state.settings
  if (journal.lines.length === 0) return userError('Please enter value(s) for: Line')
  if (journal.lines.length > journalLineLimit)
    return userError(`A journal entry may have at most ${journalLineLimit} lines`)
  for (const [index, line] of journal.lines.entries()) {
    const refusal = brokenLineRule(state, journal, line, `line.items[${index}]`)
    if (refusal !== null) return refusal
  }
  if (!isBalanced(journal)) return userError('The amounts in a journal entry must balance')
  return lockedPeriod(state, journal)
}

/** Whether the journal's period keeps it from being written, changed or deleted. */
export function lockedPeriod(state: NetSuiteState, journal: JournalRecord): FakeRefusal | null {
  const period = state.periods.get(journal.postingPeriod)
  const touchesReceivables = journal.lines.some((line) => isReceivable(state.accounts.get(line.account)))
  const isLocked =
    period === undefined || period.closed || period.allLocked || (period.arLocked && touchesReceivables)
  return isLocked ? userError(state.settings.lockedPeriodText) : null
}

function brokenLineRule(
  state: NetSuiteState,
  journal: JournalRecord,
  line: JournalLineRecord,
  path: string,
): FakeRefusal | null {
  const account = state.accounts.get(line.account)
  if (account === undefined) return invalidValue(line.account, 'account', `${path}.account`)
  if (!takesPostings(account, journal.subsidiary))
    return userError(`Invalid account reference key ${line.account} for subsidiary ${journal.subsidiary}`)
  if (line.debitMinor !== null && line.creditMinor !== null)
    return userError('A line of a journal entry may have a debit or a credit, not both')
  if (state.settings.zeroAmountLines === 'refused' && (line.debitMinor ?? line.creditMinor ?? 0n) === 0n)
    return userError('Please enter value(s) for: Amount')
  return brokenReference(state, account, line, path)
}

function takesPostings(account: AccountRecord, subsidiary: string): boolean {
  const inSubsidiary = account.subsidiaries === null || account.subsidiaries.includes(subsidiary)
  return inSubsidiary && !account.isInactive && !account.isSummary
}

function brokenReference(
  state: NetSuiteState,
  account: AccountRecord,
  line: JournalLineRecord,
  path: string,
): FakeRefusal | null {
  if (line.entity === null && state.settings.receivablesNeedEntity && isReceivable(account))
    return userError('Please enter value(s) for: Name')
  if (line.entity !== null && !state.customers.has(line.entity))
    return invalidValue(line.entity, 'entity', `${path}.entity`)
  for (const segment of ['class', 'department', 'location'] as const satisfies readonly SegmentKind[]) {
    const id = line[segment]
    if (id === null && state.settings.requiredSegments.includes(segment))
      return userError(`Please enter value(s) for: ${segment.charAt(0).toUpperCase()}${segment.slice(1)}`)
    if (id !== null && !state.segments[segment].has(id))
      return invalidValue(id, segment, `${path}.${segment}`)
  }
  return null
}

function isReceivable(account: AccountRecord | undefined): boolean {
  return account?.acctType === 'AcctRec'
}

function isBalanced(journal: JournalRecord): boolean {
  const difference = journal.lines.reduce(
    (total, line) => total + (line.debitMinor ?? 0n) - (line.creditMinor ?? 0n),
    0n,
  )
  return difference === 0n
}
