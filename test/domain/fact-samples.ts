import type { CalendarDate, DateRange } from '../../src/domain/calendar.ts'
import type {
  BilledLine,
  BillingFact,
  CreditNoteIssued,
  InvoiceFinalized,
  TaxAmount,
} from '../../src/domain/fact.ts'
import type { Money } from '../../src/domain/money.ts'
import { money, sum } from '../../src/domain/money.ts'

/** Noon of a day, so that the day is the same in UTC and in the zones of the tests. */
export function noonOf(day: CalendarDate): Date {
  return new Date(`${day}T12:00:00Z`)
}

/** US dollars in cents. */
export function cents(amountMinor: number | bigint): Money {
  return money('USD', BigInt(amountMinor))
}

/** Three months of 2025 that are not leap: 31, 28 and 31 days. */
export const firstQuarter: DateRange = { startsOn: '2025-01-01', endsBefore: '2025-04-01' }

/** A billed line of contract `ctr_1`; a quarter for the line `fee` unless told otherwise. */
export function billedLine(net: Money, overrides: Partial<BilledLine> = {}): BilledLine {
  return {
    billedLineId: `il_${overrides.lineId ?? 'fee'}`,
    contractId: 'ctr_1',
    lineId: 'fee',
    description: 'Fee',
    net,
    quantity: null,
    service: firstQuarter,
    ...overrides,
  }
}

/** Invoice `in_1` of some lines and taxes, finalized on a day. */
export function finalizedInvoice(
  day: CalendarDate,
  lines: readonly BilledLine[],
  overrides: Partial<InvoiceFinalized> = {},
): InvoiceFinalized {
  const { invoiceId = 'in_1', taxes = [] } = overrides
  const currency = lines[0]?.net.currency ?? taxes[0]?.amount.currency ?? 'USD'
  const parts = [...lines.map(({ net }) => net), ...taxes.map(({ amount }) => amount)]
  return {
    kind: 'invoice-finalized',
    factKey: `invoice:${invoiceId}:finalized`,
    occurredAt: noonOf(day),
    invoiceId,
    number: null,
    customerId: 'cus_1',
    contractId: 'ctr_1',
    total: sum<string>(currency, parts),
    lines,
    taxes,
    dueOn: null,
    customFields: [],
    ...overrides,
  }
}

/** A credit note of some lines and taxes on invoice `in_1`, settled against the invoice unless told otherwise. */
export function creditNote(
  day: CalendarDate,
  lines: readonly BilledLine[],
  settlement: Partial<CreditNoteIssued['settlement']> | null = null,
  taxes: readonly TaxAmount[] = [],
): CreditNoteIssued {
  const currency = lines[0]?.net.currency ?? 'USD'
  const parts = [...lines.map(({ net }) => net), ...taxes.map(({ amount }) => amount)]
  const total = sum<string>(currency, parts)
  const nothing = money(currency, 0n)
  return {
    kind: 'credit-note-issued',
    factKey: 'credit-note:cn_1',
    occurredAt: noonOf(day),
    creditNoteId: 'cn_1',
    invoiceId: 'in_1',
    total,
    lines,
    taxes,
    settlement: {
      againstInvoice: settlement === null ? total : nothing,
      customerBalance: nothing,
      refunded: nothing,
      offStripe: nothing,
      ...settlement,
    },
  }
}

type Kind = BillingFact['kind']
type Own<K extends Kind> = Omit<Extract<BillingFact, { kind: K }>, 'kind' | 'factKey' | 'occurredAt'>

/** Any other fact: its kind, its day, and what it says. */
export function fact<K extends Exclude<Kind, 'dispute-won' | 'dispute-lost'>>(
  kind: K,
  day: CalendarDate,
  own: Own<K>,
): Extract<BillingFact, { kind: K }> {
  const factKey = [kind, ...Object.values(own).filter((value) => typeof value === 'string')].join(':')
  return { kind, factKey, occurredAt: noonOf(day), ...own } as unknown as Extract<BillingFact, { kind: K }>
}

/** How dispute `dp_1` ended. */
export function disputeClosed(
  kind: 'dispute-won' | 'dispute-lost',
  day: CalendarDate,
  amount: Money,
): BillingFact {
  return {
    kind,
    factKey: `${kind}:dp_1`,
    occurredAt: noonOf(day),
    disputeId: 'dp_1',
    invoiceId: 'in_1',
    amount,
  }
}
