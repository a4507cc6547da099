import type { AccountKind } from '../chart.ts'
import type { CalendarDate } from '../calendar.ts'
import { daysIn, overlap } from '../calendar.ts'
import type { BilledLine, TaxAmount } from '../fact.ts'
import type { Entry } from '../ledger.ts'
import { credit, debit } from '../ledger.ts'
import { allocate, divide, money } from '../money.ts'
import type { Positions } from '../position.ts'

/** A billed line of which part is taken back: the earned part against income, the unearned part against what we still owe. */
export type Unwound = {
  readonly line: BilledLine
  readonly earnedMinor: bigint
  readonly unearnedMinor: bigint
}

/**
 * Splits what is taken back of each line by the days served before `onDay`: the past is contra revenue, the future was never
 * earned and leaves the contract liability. Follows Stripe's revenue recognition (voids, refunds, credit notes, disputes).
 */
export function unwind(lines: readonly BilledLine[], onDay: CalendarDate): Unwound[] {
  return lines.map((line) => {
    const days = daysIn(line.service)
    const served = overlap(line.service, { startsOn: '0001-01-01', endsBefore: onDay })
    const earnedMinor =
      days === 0
        ? line.net.amountMinor
        : divide(line.net.amountMinor * BigInt(served === null ? 0 : daysIn(served)), BigInt(days))
    return { line, earnedMinor, unearnedMinor: line.net.amountMinor - earnedMinor }
  })
}

/** The part `amountMinor` of an invoice of `totalMinor`, spread over its lines and taxes; adds up to the part exactly. */
export function share(
  lines: readonly BilledLine[],
  taxes: readonly TaxAmount[],
  amountMinor: bigint,
  currency: string,
): { lines: BilledLine[]; taxes: TaxAmount[] } {
  const weights = [
    ...lines.map(({ net }) => net.amountMinor),
    ...taxes.map(({ amount }) => amount.amountMinor),
  ]
  const shares = allocate(money(currency, amountMinor), weights)
  return {
    lines: lines.map((line, index) => ({ ...line, net: shares[index] ?? money(currency, 0n) })),
    taxes: taxes.map((tax, index) => ({
      ...tax,
      amount: shares[lines.length + index] ?? money(currency, 0n),
    })),
  }
}

/** The debits of an unwinding: contra account, contract liability and tax. Their sum is what the counter-entry credits. */
export function unwindEntries(
  unwound: readonly Unwound[],
  taxes: readonly TaxAmount[],
  contra: { readonly kind: AccountKind; readonly segment: string | null },
  invoiceId: string,
  positions: Positions,
): Entry[] {
  const lines = unwound.flatMap(({ line, earnedMinor, unearnedMinor }) => {
    const { contractId, lineId } = line
    const where = { contractId, lineId, invoiceId }
    return [
      ...signedDebit(contra.kind, line.net.currency, earnedMinor, where, contra.segment),
      ...(contractId === null || lineId === null
        ? signedDebit(contra.kind, line.net.currency, unearnedMinor, where, contra.segment)
        : positions.bill(contractId, lineId, line.net.currency, -unearnedMinor)),
    ]
  })
  const taxEntries = taxes.flatMap(({ jurisdiction, amount }) =>
    signedDebit('tax-payable', amount.currency, amount.amountMinor, { invoiceId }, jurisdiction),
  )
  return [...lines, ...taxEntries]
}

/** A debit when positive, a credit of the absolute amount when negative, nothing when zero. */
export function signedDebit(
  kind: AccountKind,
  currency: string,
  amountMinor: bigint,
  where: Parameters<typeof debit>[2],
  segment: string | null = null,
): Entry[] {
  if (amountMinor === 0n) return []
  return amountMinor > 0n
    ? [debit(kind, money(currency, amountMinor), where, segment)]
    : [credit(kind, money(currency, -amountMinor), where, segment)]
}
