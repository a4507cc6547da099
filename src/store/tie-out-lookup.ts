import { sql } from 'drizzle-orm'
import type { CalendarDate, Month } from '../domain/calendar.ts'
import type { Reader } from './unit-of-work.ts'
import { rowsOf } from './unit-of-work.ts'

/** One line of a finalized invoice as the fact tells it, and whether the invoice was voided since. */
export type BilledLineRow = {
  readonly invoiceId: string
  readonly billedLineId: string
  readonly contractId: string
  readonly lineId: string
  readonly netMinor: bigint
  readonly startsOn: CalendarDate
  readonly endsBefore: CalendarDate
  readonly isVoid: boolean
  /** The charge of ours that the line stands for; null where it is the provider's own. */
  readonly chargeKey: string | null
}

/** Every invoice line that belongs to a contract line, in order of invoice and line. */
export async function billedLines(reader: Reader): Promise<BilledLineRow[]> {
  const rows = await rowsOf<{
    invoice_id: string
    billed_line_id: string
    contract_id: string
    line_id: string
    net: string
    starts_on: string
    ends_before: string
    is_void: boolean
    charge_key: string | null
  }>(
    reader,
    sql`
    select invoice.invoice_id, line->>'billedLineId' as billed_line_id, line->>'contractId' as contract_id,
      line->>'lineId' as line_id, line->'net'->'amountMinor'->>'$whole' as net,
      line->'service'->>'startsOn' as starts_on, line->'service'->>'endsBefore' as ends_before,
      line->>'chargeKey' as charge_key,
      exists (select from billing_fact void where void.kind = 'invoice-voided' and void.invoice_id = invoice.invoice_id) as is_void
    from billing_fact invoice, jsonb_array_elements(invoice.content->'lines') line
    where invoice.kind = 'invoice-finalized' and line->>'contractId' is not null and line->>'lineId' is not null
    order by 1, 2`,
  )
  return rows.map((row) => ({
    invoiceId: row.invoice_id,
    billedLineId: row.billed_line_id,
    contractId: row.contract_id,
    lineId: row.line_id,
    netMinor: BigInt(row.net),
    startsOn: row.starts_on,
    endsBefore: row.ends_before,
    isVoid: row.is_void,
    chargeKey: row.charge_key,
  }))
}

/**
 * What the books say of each invoice: its total when it was finalized, which is what its lines and taxes credit and may be below zero, and
 * what was paid on it.
 */
export async function bookedInvoices(
  reader: Reader,
): Promise<Map<string, { currency: string; totalMinor: bigint; paidMinor: bigint }>> {
  const rows = await rowsOf<{ invoice_id: string; currency: string; total: string; paid: string }>(
    reader,
    sql`
    select line.invoice_id, min(line.currency) as currency,
      coalesce(sum(case line.side when 'credit' then line.amount_minor else -line.amount_minor end)
        filter (where header.reason = 'invoice-finalized' and line.account_kind not in ('receivable', 'customer-credit')), 0)
        as total,
      coalesce(sum(line.amount_minor)
        filter (where header.reason = 'invoice-paid' and line.side = 'debit'), 0) as paid
    from ledger_transaction header join ledger_entry line using (transaction_id)
    where header.reason in ('invoice-finalized', 'invoice-paid') and line.invoice_id is not null
    group by 1`,
  )
  return new Map(
    rows.map(({ invoice_id, currency, total, paid }) => [
      invoice_id,
      { currency, totalMinor: BigInt(total), paidMinor: BigInt(paid) },
    ]),
  )
}

/** Balance of Stripe's clearing account by currency. */
export async function clearingBalances(reader: Reader): Promise<Map<string, bigint>> {
  const rows = await rowsOf<{ currency: string; balance: string }>(
    reader,
    sql`
    select currency, sum(case side when 'debit' then amount_minor else -amount_minor end) as balance
    from ledger_entry where account_kind = 'stripe-clearing' group by currency`,
  )
  return new Map(rows.map((row) => [row.currency, BigInt(row.balance)]))
}

/** The last closed month of an entity; null before the first. */
export async function lastClosedMonth(reader: Reader, entity: string): Promise<Month | null> {
  const [row] = await rowsOf<{ month: Month | null }>(
    reader,
    sql`select max(month) as month from books_month where entity = ${entity} and state = 'closed'`,
  )
  return row?.month ?? null
}

/**
 * Contracts whose periods are no longer settled because their subscription ended early. Whatever a person made of the exception: what has ended
 * does not run again.
 */
export async function endedEarly(reader: Reader): Promise<ReadonlySet<string>> {
  const rows = await rowsOf<{ subject: string }>(
    reader,
    sql`select distinct subject from exception where queue = 'settle-usage' and subject_kind = 'work' and code = 'PLAN_DRIFT'`,
  )
  return new Set(rows.map(({ subject }) => subject))
}
