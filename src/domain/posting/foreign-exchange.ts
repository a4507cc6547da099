import type { CalendarDate } from '../calendar.ts'
import type { Dimensions, LedgerTransaction } from '../ledger.ts'
import { credit, debit, signedCredit, signedDebit, sound } from '../ledger.ts'
import type { Money } from '../money.ts'
import { subtract } from '../money.ts'

/** A receivable in another currency, as the books carry it in their own. */
type ForeignReceivable = {
  readonly factKey: string
  readonly entity: string
  readonly occurredAt: Date
  readonly accountingDate: CalendarDate
  readonly memo: string
  readonly where: Partial<Dimensions>
  /** What the receivable was booked at, in the books' own currency. */
  readonly booked: Money
}

/**
 * A receivable in another currency was paid: it leaves at what it was booked at, the money comes in at today's, and the
 * difference is a gain or loss of the period (ASC 830-20-35-1). Contract liabilities are not revalued (ASC 830-10-45-18), so
 * revenue keeps the rate of its invoice. All amounts are in the books' own currency.
 */
export function exchangeSettled(
  { booked, where, ...receivable }: ForeignReceivable,
  received: Money,
  into: 'stripe-clearing' | 'bank' = 'stripe-clearing',
): LedgerTransaction {
  return sound({
    ...receivable,
    reason: 'exchange-settled',
    sourceId: receivable.factKey,
    entries: [
      debit(into, received, where),
      ...signedCredit('fx-gain-loss', subtract<string>(received, booked), where),
      credit('receivable', booked, where),
    ],
  })
}

/**
 * At a month end what is still owed in another currency is carried at the closing rate (ASC 830-20-35-2). Its `reverse` on
 * the next day leaves settlement to measure against what was booked. Null where the rate did not move it.
 */
export function receivableRevalued(
  { booked, where, ...receivable }: ForeignReceivable,
  atClosingRate: Money,
): LedgerTransaction | null {
  const gain = subtract<string>(atClosingRate, booked)
  if (gain.amountMinor === 0n) return null
  return sound({
    ...receivable,
    reason: 'receivable-revalued',
    sourceId: receivable.factKey,
    entries: [...signedDebit('receivable', gain, where), ...signedCredit('fx-gain-loss', gain, where)],
  })
}
