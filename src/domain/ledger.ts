import type { Account, AccountKind, Reason, Side } from './chart.ts'
import { accountName, mayMeet } from './chart.ts'
import type { CalendarDate } from './calendar.ts'
import type { Money } from './money.ts'
import { negate } from './money.ts'
import type { Result } from './result.ts'
import { ok, refused } from './result.ts'

export type { Reason } from './chart.ts'

/** What an entry is about: the contract and its line, the invoice, the customer. */
export type Dimensions = {
  readonly contractId: string | null
  readonly lineId: string | null
  readonly invoiceId: string | null
}

/** One account, one side, one positive amount. */
export type Entry = {
  readonly account: Account
  readonly side: Side
  readonly amount: Money
  readonly dimensions: Dimensions
}

/**
 * A balanced set of entries for one business fact. `factKey` names the fact and is unique in the books; `sourceId` is that fact
 * too, or the earlier one that this fact takes back. `occurredAt` is when it happened in the world, `accountingDate` the
 * day of the books it belongs to (the first of the next open month when its own month is closed).
 */
export type LedgerTransaction = {
  readonly factKey: string
  readonly reason: Reason
  readonly sourceId: string
  readonly entity: string
  readonly occurredAt: Date
  readonly accountingDate: CalendarDate
  readonly memo: string
  readonly entries: readonly Entry[]
}

const nowhere: Dimensions = { contractId: null, lineId: null, invoiceId: null }

/** Makes a debit entry. */
export function debit(
  kind: AccountKind,
  amount: Money,
  dimensions: Partial<Dimensions> = {},
  segment: string | null = null,
): Entry {
  return entry('debit', kind, amount, dimensions, segment)
}

/** Makes a credit entry. */
export function credit(
  kind: AccountKind,
  amount: Money,
  dimensions: Partial<Dimensions> = {},
  segment: string | null = null,
): Entry {
  return entry('credit', kind, amount, dimensions, segment)
}

/** A debit when the amount is positive, a credit of the rest of it when negative, nothing when zero. */
export function signedDebit(
  kind: AccountKind,
  amount: Money,
  dimensions: Partial<Dimensions> = {},
  segment: string | null = null,
): Entry[] {
  if (amount.amountMinor === 0n) return []
  return amount.amountMinor > 0n
    ? [debit(kind, amount, dimensions, segment)]
    : [credit(kind, negate(amount), dimensions, segment)]
}

/** A credit when the amount is positive, a debit when negative, nothing when zero. */
export function signedCredit(
  kind: AccountKind,
  amount: Money,
  dimensions: Partial<Dimensions> = {},
  segment: string | null = null,
): Entry[] {
  return signedDebit(kind, negate(amount), dimensions, segment)
}

/** What an entry adds to its account when debits count up, in minor units. */
export function debitMinor({ side, amount }: Entry): bigint {
  return side === 'debit' ? amount.amountMinor : -amount.amountMinor
}

/** The mirror of entries: each on the other side. */
export function mirrored(entries: readonly Entry[]): Entry[] {
  return entries.map((entry_) => ({ ...entry_, side: entry_.side === 'debit' ? 'credit' : 'debit' }))
}

/**
 * A mistake is corrected by its mirror in an open month, never by an edit. Its key comes from the original's, so the books take
 * a second reversal of one transaction for the first. A reversal is not reversed: the original is booked anew.
 */
export function reverse(
  transaction: LedgerTransaction,
  on: Pick<LedgerTransaction, 'occurredAt' | 'accountingDate'>,
): Result<LedgerTransaction, 'is-a-reversal'> {
  if (transaction.reason === 'reversal') return refused('is-a-reversal')
  return ok({
    ...transaction,
    ...on,
    factKey: `reversal:${transaction.factKey}`,
    reason: 'reversal',
    sourceId: transaction.factKey,
    memo: `Reversal of: ${transaction.memo}`,
    entries: mirrored(transaction.entries),
  })
}

/** What is wrong with a transaction, in words. */
export type LedgerFault = {
  readonly code: 'TOO_FEW_ENTRIES' | 'AMOUNT_NOT_POSITIVE' | 'UNBALANCED' | 'ACCOUNTS_MAY_NOT_MEET'
  readonly sentence: string
}

/** Everything that keeps a transaction out of the books; none when it is sound. Each currency must balance by itself. */
export function faultsOf({ reason, entries }: Pick<LedgerTransaction, 'reason' | 'entries'>): LedgerFault[] {
  return [
    ...countFaults(entries),
    ...amountFaults(entries),
    ...balanceFaults(entries),
    ...meetingFaults(reason, entries),
  ]
}

/** Gives a transaction on when it is sound; throws when it is not, because postings make no unsound ones. */
export function sound(transaction: LedgerTransaction): LedgerTransaction {
  const faults = faultsOf(transaction)
  if (faults.length === 0) return transaction
  throw new Error(`${transaction.factKey}: ${faults.map(({ sentence }) => sentence).join(' ')}`)
}

function countFaults(entries: readonly Entry[]): LedgerFault[] {
  if (entries.length >= 2) return []
  return [
    {
      code: 'TOO_FEW_ENTRIES',
      sentence: `A transaction has two entries or more; this one has ${entries.length}.`,
    },
  ]
}

function amountFaults(entries: readonly Entry[]): LedgerFault[] {
  return entries
    .filter(({ amount }) => amount.amountMinor <= 0n)
    .map(({ account, side, amount }) => ({
      code: 'AMOUNT_NOT_POSITIVE',
      sentence: `The ${side} of ${accountName(account)} is ${amount.amountMinor}; amounts are above zero, the side gives the direction.`,
    }))
}

function balanceFaults(entries: readonly Entry[]): LedgerFault[] {
  const differences = new Map<string, bigint>()
  for (const moved of entries) {
    const { currency } = moved.amount
    differences.set(currency, (differences.get(currency) ?? 0n) + debitMinor(moved))
  }
  return [...differences]
    .filter(([, difference]) => difference !== 0n)
    .map(([currency, difference]) => ({
      code: 'UNBALANCED',
      sentence: `Debits exceed credits by ${difference} minor units of ${currency}.`,
    }))
}

function meetingFaults(reason: Reason, entries: readonly Entry[]): LedgerFault[] {
  return entries
    .filter(({ side, account }) => !mayMeet(reason, side, account.kind))
    .map(({ side, account }) => ({
      code: 'ACCOUNTS_MAY_NOT_MEET',
      sentence: `${reason} has no ${side} of ${accountName(account)}.`,
    }))
}

function entry(
  side: Side,
  kind: AccountKind,
  amount: Money,
  dimensions: Partial<Dimensions>,
  segment: string | null,
): Entry {
  return { side, amount, account: { kind, segment }, dimensions: { ...nowhere, ...dimensions } }
}
