import { sql } from 'drizzle-orm'
import type { MeterSale } from '../domain/meter-sale.ts'
import type { BuyingAccount } from './customers.ts'
import { accountKey } from './customers.ts'
import { inputRows } from './json.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

type SoldRow = {
  account: string
  meter: string
  number: string
  starts_on: string
  ends_before: string
}

const accountColumns = 'account text, crm text, org text, crm_account_id text, entity text'

/**
 * The meters that contracts have sold to accounts so far, by `accountKey`; bulk. Until the unit ends, no other unit can sell a meter to
 * any of them.
 */
export async function meterSales(
  unit: Unit,
  accounts: readonly BuyingAccount[],
): Promise<Map<string, MeterSale[]>> {
  const byKey = new Map(accounts.map((account) => [accountKey(account), account]))
  const asked = [...byKey].map(([account, { crm, org, crmAccountId, entity }]) => {
    return { account, crm, org, crm_account_id: crmAccountId, entity }
  })
  const input = inputRows(asked, accountColumns)
  // In one order, so that two units wait for each other instead of for ever.
  await unit.tx.execute(sql`
    select pg_advisory_xact_lock(hashtextextended('meters ' || account, 0))
    from (select account from ${input} order by account) ordered`)
  const sold = await rowsOf<SoldRow>(
    unit,
    sql`
    select input.account, line->>'meter' as meter, held.number, held.starts_on::text, held.ends_before::text
    from ${input}
      join customer using (crm, org, crm_account_id, entity)
      join contract held using (customer_id)
      join contract_version version
        on version.contract_id = held.contract_id and version.version = held.current_version
      cross join lateral jsonb_array_elements(version.terms->'lines') as line
    where line->>'kind' = 'usage'
    order by held.starts_on, held.contract_id`,
  )
  return new Map(
    [...Map.groupBy(sold, ({ account }) => account)].map(([account, rows]) => [account, rows.map(saleOf)]),
  )
}

function saleOf({ meter, number, starts_on: startsOn, ends_before: endsBefore }: SoldRow): MeterSale {
  return { meter, startsOn, endsBefore, soldBy: `contract ${number}` }
}
