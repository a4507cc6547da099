import { asc, eq, sql } from 'drizzle-orm'
import type { TaxIdStatus } from '../domain/tax-id-check.ts'
import { among, inputRows } from './json.ts'
import { customerTaxId } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A tax id with the newest answer about it. */
export type StoredTaxId = typeof customerTaxId.$inferSelect

const taxIdColumns =
  'tax_id_id text, customer_id text, type text, value text, status text, verified_name text, verified_address text, ' +
  'occurred_at timestamptz'

/** A check that has come back outranks one that is under way in the same second, which is all the provider's clock tells. */
const ranks: readonly TaxIdStatus[] = ['pending', 'unavailable', 'unverified', 'verified', 'removed']

/** Keeps the newest answer about each tax id, in whatever order they come; bulk. */
export async function keepTaxIds(unit: Unit, answers: readonly StoredTaxId[]): Promise<void> {
  const newest = [...Map.groupBy(answers, ({ taxIdId }) => taxIdId).values()].flatMap((all) =>
    all.toSorted(byAge).slice(-1),
  )
  if (newest.length === 0) return
  const rows = newest.map((answer) => ({
    tax_id_id: answer.taxIdId,
    customer_id: answer.customerId,
    type: answer.type,
    value: answer.value,
    status: answer.status,
    verified_name: answer.verifiedName,
    verified_address: answer.verifiedAddress,
    occurred_at: answer.occurredAt,
  }))
  await unit.tx.execute(sql`
    insert into customer_tax_id as held
      (tax_id_id, customer_id, type, value, status, verified_name, verified_address, occurred_at)
    select tax_id_id, customer_id, type, value, status, verified_name, verified_address, occurred_at
    from ${inputRows(rows, taxIdColumns)} order by tax_id_id
    on conflict (tax_id_id) do update set
      status = excluded.status, verified_name = excluded.verified_name, verified_address = excluded.verified_address,
      occurred_at = excluded.occurred_at
    where (excluded.occurred_at, ${rankOf(sql`excluded.status`)}) > (held.occurred_at, ${rankOf(sql`held.status`)})`)
}

function byAge(left: StoredTaxId, right: StoredTaxId): number {
  return (
    left.occurredAt.getTime() - right.occurredAt.getTime() ||
    ranks.indexOf(left.status) - ranks.indexOf(right.status)
  )
}

function rankOf(status: ReturnType<typeof sql>) {
  return sql`array_position(array(select json_array_elements_text(${JSON.stringify(ranks)}::json)), ${status})`
}

/** The tax ids a customer has, or had, at the provider. */
export async function taxIdsOfCustomer(reader: Reader, customerId: string): Promise<StoredTaxId[]> {
  return databaseOf(reader)
    .select()
    .from(customerTaxId)
    .where(eq(customerTaxId.customerId, customerId))
    .orderBy(asc(customerTaxId.taxIdId))
}

/**
 * Our customers by their ids at the provider, locked until the unit ends. A customer is tied to the provider's only when billing stands, but
 * that it was made there is written down at once, before its tax ids are.
 */
export async function lockCustomersOf(
  unit: Unit,
  providerCustomerIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await rowsOf<{ customer_id: string; provider_id: string }>(
    unit,
    sql`
    with known as (
      select customer_id, provider_customer_id as provider_id from customer
      where provider_customer_id in ${among(providerCustomerIds)}
      union
      select contract.customer_id, made.provider_id from external_op made join contract on contract.contract_id = made.subject
      where made.kind = 'customer' and made.provider_id in ${among(providerCustomerIds)}
    )
    select customer.customer_id, known.provider_id from customer join known using (customer_id)
    order by customer.customer_id for update of customer`,
  )
  return new Map(rows.map((row) => [row.provider_id, row.customer_id]))
}
