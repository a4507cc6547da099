import { sql, type SQL } from 'drizzle-orm'
import type { Month } from '../domain/calendar.ts'
import type { Account, AccountKind } from '../domain/chart.ts'
import { money, type Money } from '../domain/money.ts'
import { among } from './json.ts'
import { rowsOf, type Reader } from './unit-of-work.ts'

/** Which lines of the books to add up. Without a filter: all. */
export type BalanceFilter = {
  readonly entity?: string
  readonly currency?: string
  /** This month only. */
  readonly month?: Month
  /** Everything up to this month, it included. */
  readonly throughMonth?: Month
}

/** One account: what was debited and credited, both zero or more. */
export type AccountBalance = {
  readonly entity: string
  readonly account: Account
  readonly debit: Money
  readonly credit: Money
}

/** Every account with its debits and credits; over each entity and currency the two add up to the same. */
export async function trialBalance(reader: Reader, filter: BalanceFilter = {}): Promise<AccountBalance[]> {
  const rows = await rowsOf<{
    entity: string
    currency: string
    account_kind: AccountKind
    segment: string | null
    debit: string
    credit: string
  }>(
    reader,
    sql`
    select entity, currency, account_kind, segment,
      coalesce(sum(amount_minor) filter (where side = 'debit'), 0) as debit,
      coalesce(sum(amount_minor) filter (where side = 'credit'), 0) as credit
    from ledger_entry where ${matching(filter)}
    group by entity, currency, account_kind, segment
    order by entity, currency, account_kind, segment nulls first`,
  )
  return rows.map((row) => ({
    entity: row.entity,
    account: { kind: row.account_kind, segment: row.segment },
    debit: money(row.currency, BigInt(row.debit)),
    credit: money(row.currency, BigInt(row.credit)),
  }))
}

/** A contract line's balance on an account kind, by segment; debits positive, credits negative. */
export type LineBalance = {
  readonly contractId: string
  readonly lineId: string | null
  readonly account: Account
  readonly balance: Money
}

/**
 * Balances of some account kinds by contract and line, for every contract or for those named. Lines without a contract are left out,
 * and so are balances of zero unless `withZero`.
 */
export async function balancesByContractLine(
  reader: Reader,
  kinds: readonly AccountKind[],
  filter: BalanceFilter & { readonly contractIds?: readonly string[]; readonly withZero?: boolean } = {},
): Promise<LineBalance[]> {
  const ofContracts =
    filter.contractIds === undefined
      ? sql`contract_id is not null`
      : sql`contract_id in ${among(filter.contractIds)}`
  const rows = await rowsOf<{
    contract_id: string
    line_id: string | null
    account_kind: AccountKind
    segment: string | null
    currency: string
    balance: string
  }>(
    reader,
    sql`
    select contract_id, line_id, account_kind, segment, currency, ${signedSum} as balance
    from ledger_entry where account_kind in ${among(kinds)} and ${ofContracts} and ${matching(filter)}
    group by contract_id, line_id, account_kind, segment, currency
    ${filter.withZero === true ? sql`` : sql`having ${signedSum} <> 0`}
    order by contract_id, line_id nulls first, account_kind, segment nulls first, currency`,
  )
  return rows.map((row) => ({
    contractId: row.contract_id,
    lineId: row.line_id,
    account: { kind: row.account_kind, segment: row.segment },
    balance: money(row.currency, BigInt(row.balance)),
  }))
}

/** Balances of one account kind by invoice, zero ones left out; debits positive. */
export async function balancesByInvoice(
  reader: Reader,
  kind: AccountKind,
  filter: BalanceFilter & { readonly invoiceIds?: readonly string[] } = {},
): Promise<{ invoiceId: string; balance: Money }[]> {
  const ofInvoices =
    filter.invoiceIds === undefined
      ? sql`invoice_id is not null`
      : sql`invoice_id in ${among(filter.invoiceIds)}`
  const rows = await rowsOf<{ invoice_id: string; currency: string; balance: string }>(
    reader,
    sql`
    select invoice_id, currency, ${signedSum} as balance
    from ledger_entry where account_kind = ${kind} and ${ofInvoices} and ${matching(filter)}
    group by invoice_id, currency having ${signedSum} <> 0 order by invoice_id, currency`,
  )
  return rows.map((row) => ({
    invoiceId: row.invoice_id,
    balance: money(row.currency, BigInt(row.balance)),
  }))
}

const signedSum = sql`sum(case side when 'debit' then amount_minor else -amount_minor end)`

function matching({ entity, currency, month, throughMonth }: BalanceFilter): SQL {
  const conditions = [
    entity === undefined ? undefined : sql`entity = ${entity}`,
    currency === undefined ? undefined : sql`currency = ${currency}`,
    month === undefined ? undefined : sql`month = ${month}`,
    throughMonth === undefined ? undefined : sql`month <= ${throughMonth}`,
  ].filter((condition) => condition !== undefined)
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}
