import { asc, eq, gt, inArray, sql, type SQL } from 'drizzle-orm'
import type { CrmName } from '../domain/deal.ts'
import { among } from './json.ts'
import { customer, customerAlias } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A buyer, once for each CRM account and legal seller. */
export type Customer = typeof customer.$inferSelect

/** A buyer as the CRM knows it, for one legal seller. */
export type BuyingAccount = {
  readonly crm: CrmName
  readonly org: string
  readonly crmAccountId: string
  readonly entity: string
}

export type NewCustomer = BuyingAccount & { readonly name: string }

/** One text for each buying account. */
export function accountKey({ crm, org, crmAccountId, entity }: BuyingAccount): string {
  return JSON.stringify([crm, org, crmAccountId, entity])
}

/** The customers of many deals in their order, each found or made once however many of the deals are theirs. */
export async function ensureCustomers(
  unit: Unit,
  wanted: readonly NewCustomer[],
  at: Date,
): Promise<Customer[]> {
  const found = new Map<string, Customer>()
  const customers: Customer[] = []
  for (const buyer of wanted) {
    const held = found.get(accountKey(buyer)) ?? (await ensureCustomer(unit, buyer, at))
    found.set(accountKey(buyer), held)
    customers.push(held)
  }
  return customers
}

/**
 * Finds or makes the customer of a CRM account and entity. Usage may name it by its own id and by the CRM account's, as long as that
 * belongs to one customer only.
 */
export async function ensureCustomer(unit: Unit, wanted: NewCustomer, at: Date): Promise<Customer> {
  const held = await customerOfAccount(unit, wanted)
  if (held !== undefined) return held
  await unit.tx
    .insert(customer)
    .values({ ...wanted, customerId: unit.ids.next('cus'), createdAt: at })
    .onConflictDoNothing()
  const made = await customerOfAccount(unit, wanted)
  if (made === undefined) throw new Error(`Customer ${wanted.crmAccountId} was neither made nor found`)
  await addAlias(unit, made.customerId, made.customerId, at)
  await addAlias(unit, wanted.crmAccountId, made.customerId, at)
  return made
}

async function customerOfAccount(
  unit: Unit,
  { crm, org, crmAccountId, entity }: BuyingAccount,
): Promise<Customer | undefined> {
  const [found] = await unit.tx
    .select()
    .from(customer)
    .where(
      sql`${customer.crm} = ${crm} and ${customer.org} = ${org}
        and ${customer.crmAccountId} = ${crmAccountId} and ${customer.entity} = ${entity}`,
    )
  return found
}

/** Lets usage name a customer by `alias`. An alias that two customers share names neither of them. */
export async function addAlias(unit: Unit, alias: string, customerId: string, at: Date): Promise<void> {
  await unit.tx.insert(customerAlias).values({ alias, customerId, createdAt: at }).onConflictDoNothing()
}

/**
 * Ties a customer to the provider's. Throws when the customer is tied to another already, which would make a second one at the
 * provider.
 */
export async function linkProviderCustomer(
  unit: Unit,
  customerId: string,
  providerCustomerId: string,
  at: Date,
): Promise<void> {
  const linked = await rowsOf(
    unit,
    sql`
    with linked as (
      update customer set provider_customer_id = ${providerCustomerId}
      where customer_id = ${customerId} and coalesce(provider_customer_id, ${providerCustomerId}) = ${providerCustomerId}
      returning customer_id
    ), named as (
      insert into customer_alias (alias, customer_id, created_at)
      select ${providerCustomerId}, customer_id, ${at.toISOString()}::timestamptz from linked
      on conflict do nothing
    )
    select customer_id from linked`,
  )
  if (linked.length === 0)
    throw new Error(`Customer ${customerId} is unknown or tied to another provider customer`)
}

/** Customers by id, in no order. */
export async function loadCustomers(reader: Reader, customerIds: readonly string[]): Promise<Customer[]> {
  return databaseOf(reader)
    .select()
    .from(customer)
    .where(inArray(customer.customerId, among(customerIds)))
}

/** The customer a usage subject names; null when it names none, or more than one. */
export async function customerBySubject(reader: Reader, subject: string): Promise<Customer | null> {
  const [row] = await rowsOf<{ customer_id: string }>(
    reader,
    sql`select customer_id from ${ownersOf(sql`alias = ${subject}`)} as owner`,
  )
  if (row === undefined) return null
  const [found] = await loadCustomers(reader, [row.customer_id])
  return found ?? null
}

/** The customer tied to a provider's customer. */
export async function customerByProviderId(
  reader: Reader,
  providerCustomerId: string,
): Promise<Customer | null> {
  const [row] = await databaseOf(reader)
    .select()
    .from(customer)
    .where(eq(customer.providerCustomerId, providerCustomerId))
  return row ?? null
}

/** Aliases that name exactly one customer, as rows of (alias, customer_id). */
export function ownersOf(where: SQL): SQL {
  return sql`(
    select alias, min(customer_id) as customer_id from customer_alias where ${where} group by alias having count(*) = 1
  )`
}

/** Customers in order of their ids; `cursor` is the last id of the page before. */
export async function listCustomers(
  reader: Reader,
  { cursor = '', limit = 50 }: { cursor?: string; limit?: number } = {},
): Promise<Customer[]> {
  return databaseOf(reader)
    .select()
    .from(customer)
    .where(gt(customer.customerId, cursor))
    .orderBy(asc(customer.customerId))
    .limit(limit)
}
