import { sql } from 'drizzle-orm'
import type { CalendarDate, Month } from '../domain/calendar.ts'
import type { AccountKind } from '../domain/chart.ts'
import type { BillingFact, InvoiceFinalized } from '../domain/fact.ts'
import { among, decodeExact } from './json.ts'
import type { Reader, Unit } from './unit-of-work.ts'
import { rowsOf } from './unit-of-work.ts'

/**
 * Keeps everybody else from booking on these contracts until the unit ends, because a posting depends on where its contract stands.
 * Locks are taken in one order, so that two batches wait for each other instead of for ever.
 */
export async function lockContracts(unit: Unit, contractIds: readonly string[]): Promise<void> {
  await unit.tx.execute(sql`
    select pg_advisory_xact_lock(hashtextextended('contract ' || id, 0))
    from (select id from ${among(contractIds.toSorted())} as asked(id) order by id) ordered`)
}

/** Finalizations of invoices by invoice id; those not known yet are left out. */
export async function finalizationsOf(
  reader: Reader,
  invoiceIds: readonly string[],
): Promise<Map<string, InvoiceFinalized>> {
  const rows = await rowsOf<{ invoice_id: string; content: unknown }>(
    reader,
    sql`select invoice_id, content from billing_fact where kind = 'invoice-finalized' and invoice_id in ${among(invoiceIds)}`,
  )
  return new Map(rows.map((row) => [row.invoice_id, decodeExact<InvoiceFinalized>(row.content)]))
}

/** Facts of a kind whose content names an object, such as the opening of a dispute by `disputeId`. */
export async function factsNaming(
  reader: Reader,
  kind: BillingFact['kind'],
  field: string,
  value: string,
): Promise<BillingFact[]> {
  const rows = await rowsOf<{ content: unknown }>(
    reader,
    sql`select content from billing_fact where kind = ${kind} and content->>${field} = ${value} order by occurred_at`,
  )
  return rows.map((row) => decodeExact<BillingFact>(row.content))
}

/**
 * What a void, credit, refund or dispute took off a contract line: of what it will earn, and of what it had earned (`contraMinor`). Negative
 * where it was given back. `accountingDate` is the day of the books on which it was first taken, for what is given back too.
 */
export type TakenLine = {
  readonly contractId: string
  readonly lineId: string
  readonly invoiceId: string
  readonly accountingDate: CalendarDate
  readonly currency: string
  readonly amountMinor: bigint
  readonly contraMinor: bigint
}

/** Everything taken off the contract lines of an entity so far. */
export async function takenLines(reader: Reader, entity: string): Promise<TakenLine[]> {
  const rows = await rowsOf<{
    contract_id: string
    line_id: string
    invoice_id: string
    accounting_date: string
    currency: string
    taken: string
    contra: string
  }>(
    reader,
    sql`
    select line.contract_id, line.line_id, coalesce(line.invoice_id, fact.content->>'invoiceId') as invoice_id,
      origin.accounting_date::text as accounting_date, line.currency,
      coalesce(sum(${debitMinor}) filter (where line.account_kind in ${among(positionKinds)}), 0) as taken,
      coalesce(sum(${debitMinor}) filter (where line.account_kind not in ${among(positionKinds)}), 0) as contra
    from ledger_transaction header join ledger_entry line using (transaction_id)
      join billing_fact fact on fact.fact_key = header.fact_key
      join ledger_transaction origin on origin.fact_key = header.source_id
    where header.entity = ${entity} and line.line_id is not null
      and line.account_kind in ${among([...positionKinds, ...contraKinds])}
      and header.reason not in ('invoice-finalized', 'revenue-recognized')
    group by 1, 2, 3, 4, 5, header.fact_key order by 1, 2, 4, header.fact_key`,
  )
  return rows.map((row) => ({
    contractId: row.contract_id,
    lineId: row.line_id,
    invoiceId: row.invoice_id,
    accountingDate: row.accounting_date,
    currency: row.currency,
    amountMinor: BigInt(row.taken),
    contraMinor: BigInt(row.contra),
  }))
}

const positionKinds: AccountKind[] = ['contract-liability', 'unbilled-receivable']
const contraKinds: AccountKind[] = ['refunds-and-credits', 'bad-debt', 'dispute-losses']
const debitMinor = sql`case line.side when 'debit' then line.amount_minor else -line.amount_minor end`

/** The invoices that billed contracts, with the day of the books on which each was finalized. */
export async function invoicesOfContracts(
  reader: Reader,
  contractIds: readonly string[],
): Promise<{ invoiceId: string; billedOn: CalendarDate }[]> {
  const rows = await rowsOf<{ invoice_id: string; billed_on: string }>(
    reader,
    sql`
    select distinct line.invoice_id, header.accounting_date::text as billed_on
    from ledger_entry line join ledger_transaction header using (transaction_id)
    where line.contract_id in ${among(contractIds)} and line.account_kind in ${among(positionKinds)}
      and line.invoice_id is not null and header.reason = 'invoice-finalized'
    order by 1`,
  )
  return rows.map((row) => ({ invoiceId: row.invoice_id, billedOn: row.billed_on }))
}

/** How often revenue of a month was recognized for each contract; contracts without are left out. */
export async function recognitionRuns(
  reader: Reader,
  month: Month,
  contractIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await rowsOf<{ source_id: string; runs: number }>(
    reader,
    sql`
    select source_id, count(*)::integer as runs from ledger_transaction
    where reason = 'revenue-recognized' and month = ${month} and source_id in ${among(contractIds)}
    group by source_id`,
  )
  return new Map(rows.map(({ source_id, runs }) => [source_id, runs]))
}

/** The first month in which an entity serves or books anything; null when it does neither. */
export async function firstMonthOf(reader: Reader, entity: string): Promise<Month | null> {
  const [row] = await rowsOf<{ month: Month | null }>(
    reader,
    sql`
    select least(
      (select to_char(min(starts_on), 'YYYY-MM') from contract where entity = ${entity} and state in ('active', 'ended')),
      (select min(month) from ledger_transaction where entity = ${entity})) as month`,
  )
  return row?.month ?? null
}

/** Currencies that move in a month of an entity. */
export async function currenciesOf(reader: Reader, entity: string, month: Month): Promise<string[]> {
  const rows = await rowsOf<{ currency: string }>(
    reader,
    sql`select distinct currency from ledger_entry where entity = ${entity} and month = ${month} order by 1`,
  )
  return rows.map(({ currency }) => currency)
}
