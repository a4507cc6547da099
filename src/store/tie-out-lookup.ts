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
 * What a customer used of a meter: accepted events, what of them was corrected and counts no longer, hours added up, what of them was sent, and
 * what of them was charged, as the hours and as the charges have it. Exact decimals.
 */
export type UsageSums = {
  readonly customerId: string
  readonly meter: string
  readonly accepted: string
  readonly voided: string
  readonly inWindows: string
  readonly reported: string
  readonly charged: string
  readonly inCharges: string
  readonly firstAt: Date
  readonly lastAt: Date
}

/**
 * Usage of every customer and meter from both sides. What a month that was put away had is told by its sums, also while its events are here
 * as copies.
 */
export async function usageSums(reader: Reader): Promise<UsageSums[]> {
  const rows = await rowsOf<{
    customer_id: string
    meter: string
    accepted: string
    voided: string
    in_windows: string
    reported: string
    charged: string
    in_charges: string
    first_at: string
    last_at: string
  }>(
    reader,
    sql`
    with events as (
      select customer_id, meter, sum(value) as accepted from (
        select customer_id, meter, value from usage_event
        where customer_id is not null and date_trunc('month', received_on)::date not in (select month from usage_archived_month)
        union all
        select customer_id, meter, quantity from usage_archived_sum
      ) as kept_and_archived(customer_id, meter, value) group by 1, 2
    ), corrections as (
      select customer_id, meter, sum(quantity) as voided from usage_correction where customer_id is not null group by 1, 2
    ), windows as (
      select customer_id, meter, sum(quantity) as in_windows, sum(reported_quantity) as reported,
        sum(charged_quantity) as charged,
        min(starts_at) as first_at, max(starts_at) as last_at
      from usage_window group by 1, 2
    ), charges as (
      select customer_id, meter, sum(further_quantity) as in_charges from usage_charge group by 1, 2
    )
    select customer_id, meter, trim_scale(coalesce(accepted, 0))::text as accepted,
      trim_scale(coalesce(voided, 0))::text as voided, trim_scale(coalesce(in_windows, 0))::text as in_windows, trim_scale(coalesce(reported, 0))::text as reported,
      trim_scale(coalesce(charged, 0))::text as charged, trim_scale(coalesce(in_charges, 0))::text as in_charges,
      first_at::text as first_at, last_at::text as last_at
    from events full join windows using (customer_id, meter) left join charges using (customer_id, meter)
      left join corrections using (customer_id, meter)
    order by 1, 2`,
  )
  return rows.map((row) => ({
    customerId: row.customer_id,
    meter: row.meter,
    accepted: row.accepted,
    voided: row.voided,
    inWindows: row.in_windows,
    reported: row.reported,
    charged: row.charged,
    inCharges: row.in_charges,
    firstAt: new Date(row.first_at),
    lastAt: new Date(row.last_at),
  }))
}
