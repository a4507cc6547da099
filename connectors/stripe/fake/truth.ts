import type { World } from './world.ts'

/** Totals as they truly are, by kind; amounts are minor units as text. */
export type Truth = {
  readonly now: string
  readonly customers: number
  readonly subscriptions: Readonly<Record<string, number>>
  readonly schedules: Readonly<Record<string, number>>
  /** By currency and status. */
  readonly invoices: readonly {
    readonly currency: string
    readonly status: string
    readonly count: number
    readonly total: string
    readonly tax: string
    readonly paid: string
    readonly paidOffStripe: string
    readonly creditNotes: string
  }[]
  /** By currency and type. */
  readonly balance: readonly {
    readonly currency: string
    readonly type: string
    readonly count: number
    readonly amount: string
    readonly fee: string
  }[]
  readonly creditNotes: number
  readonly refunds: Readonly<Record<string, number>>
  readonly disputes: Readonly<Record<string, number>>
  readonly payouts: Readonly<Record<string, number>>
  readonly events: number
  readonly deliveriesWaiting: number
}

/** Adds everything up. Walks all objects: for oracles, not for requests. */
export function truthOf(world: World): Truth {
  return {
    now: new Date(world.milliseconds()).toISOString(),
    customers: [...world.customers.all()].filter(({ deleted }) => !deleted).length,
    subscriptions: countBy(world.subscriptions.all()),
    schedules: countBy(world.schedules.all()),
    invoices: invoiceTotals(world),
    balance: balanceTotals(world),
    creditNotes: world.creditNotes.size(),
    refunds: countBy(world.refunds.all()),
    disputes: countBy(world.disputes.all()),
    payouts: countBy(world.payouts.all()),
    events: world.events.size(),
    deliveriesWaiting: world.outbox.size(),
  }
}

function countBy(rows: Iterable<{ readonly status: string }>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

function groups<T>(rows: Iterable<T>, keyOf: (row: T) => string): T[][] {
  const found = new Map<string, T[]>()
  for (const row of rows) {
    const group = found.get(keyOf(row))
    if (group) group.push(row)
    else found.set(keyOf(row), [row])
  }
  return [...found.entries()].toSorted(([left], [right]) => left.localeCompare(right)).map(([, list]) => list)
}

function total<T>(rows: readonly T[], amountOf: (row: T) => bigint): string {
  return rows.reduce((sum, row) => sum + amountOf(row), 0n).toString()
}

function invoiceTotals(world: World): Truth['invoices'] {
  return groups(world.invoices.all(), ({ currency, status }) => `${currency} ${status}`).map((rows) => ({
    currency: rows[0]?.currency ?? '',
    status: rows[0]?.status ?? '',
    count: rows.length,
    total: total(rows, ({ totalMinor }) => totalMinor),
    tax: total(rows, ({ taxMinor }) => taxMinor),
    paid: total(rows, ({ amountPaidMinor }) => amountPaidMinor),
    paidOffStripe: total(rows, ({ offStripeMinor }) => offStripeMinor),
    creditNotes: total(rows, (row) => row.prePaymentCreditMinor + row.postPaymentCreditMinor),
  }))
}

function balanceTotals(world: World): Truth['balance'] {
  return groups(world.balanceTransactions.all(), ({ currency, type }) => `${currency} ${type}`).map(
    (rows) => ({
      currency: rows[0]?.currency ?? '',
      type: rows[0]?.type ?? '',
      count: rows.length,
      amount: total(rows, ({ amountMinor }) => amountMinor),
      fee: total(rows, ({ feeMinor }) => feeMinor),
    }),
  )
}
