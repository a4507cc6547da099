import { sql } from 'drizzle-orm'
import { rowsOf, type Reader } from './unit-of-work.ts'

/**
 * What the application may do with each table besides reading it: `insert` and `update` name the columns, or `all`. Said a second
 * time here, because grants are easily widened by hand and nobody would notice.
 */
type Allowed = {
  readonly insert?: readonly string[] | 'all'
  readonly update?: readonly string[] | 'all'
  readonly canDelete?: true
}

const fact: Allowed = { insert: 'all' }
const standing: Allowed = { insert: 'all', update: 'all' }
const passing: Allowed = { insert: 'all', update: 'all', canDelete: true }

const allowedByTable: Readonly<Record<string, Allowed>> = {
  migration: {},
  billing_fact: fact,
  deal_alias: fact,
  deal_snapshot: fact,
  mapping_version: fact,
  mapping_activation: fact,
  customer_alias: fact,
  contract_version: fact,
  ledger_entry: fact,
  journal_transaction: fact,
  reconciliation_difference: fact,
  audit_entry: fact,
  usage_threshold_crossed: fact,
  meter_version: fact,
  usage_group: fact,
  usage_archived_month: {},
  usage_archived_sum: {},
  usage_archived_file: {},
  usage_proven_month: { update: ['proven_before'] },
  usage_proven_change: { canDelete: true },
  ledger_transaction: {
    insert: [
      'transaction_id',
      'fact_key',
      'fingerprint',
      'reason',
      'source_id',
      'entity',
      'occurred_at',
      'accounting_date',
      'month',
      'recorded_at',
      'memo',
      'line_count',
    ],
  },
  inbox_message: { insert: 'all', update: ['disposition', 'disposition_detail', 'disposed_at'] },
  usage_charge: fact,
  settlement_start: {},
  usage_id_ahead: { insert: 'all', update: ['received_on'] },
  usage_event: { insert: 'all', update: ['customer_id'] },
  usage_correction: { insert: 'all', update: ['customer_id'] },
  books_month: { insert: ['entity', 'month'], update: ['state', 'closed_at', 'closed_by', 'seal'] },
  journal: { insert: 'all', update: ['state', 'state_detail', 'erp_id', 'posted_at'] },
  reconciliation_run: {
    insert: 'all',
    update: ['state', 'finished_at', 'population', 'matched', 'difference_count', 'state_detail'],
  },
  api_key: { insert: 'all', update: ['revoked_at'] },
  customer: { insert: 'all', update: ['name', 'provider_customer_id'] },
  contract: {
    insert: 'all',
    update: [
      'state',
      'current_version',
      'starts_on',
      'ends_before',
      'subscription_id',
      'activated_at',
      'granted_version',
      'settled_before',
    ],
  },
  customer_tax_id: standing,
  deal_case: standing,
  external_op: standing,
  exception: standing,
  usage_window: standing,
  usage_level: standing,
  usage_group_window: standing,
  usage_position: standing,
  refused_usage: standing,
  sweep_mark: standing,
  work_item: passing,
  usage_pending: passing,
  usage_point: passing,
  usage_proven_sum: passing,
  api_answer: passing,
  granted_feature: passing,
  usage_standing: passing,
}

/** Thrown when the database lets us do more, or less, than we should. */
export class PrivilegeError extends Error {
  override readonly name = 'PrivilegeError'
}

/**
 * Refuses to start (PrivilegeError, naming every fault) unless the role we work as can do exactly what it should: no superuser, owner of
 * nothing in the hub's schema, facts append-only.
 */
export async function assertPrivileges(reader: Reader): Promise<void> {
  const faults = [...(await roleFaults(reader)), ...(await tableFaults(reader))]
  if (faults.length > 0)
    throw new PrivilegeError(`The hub must not work under this database role: ${faults.join('; ')}`)
}

async function roleFaults(reader: Reader): Promise<string[]> {
  const rows = await rowsOf<{ fault: string }>(
    reader,
    sql`
    select rolname || ' ' || fault as fault from pg_roles cross join lateral (values
        (rolsuper, 'is a superuser'),
        (rolbypassrls, 'bypasses row security'),
        (rolcreaterole, 'can make roles'),
        (rolcreatedb, 'can make databases'),
        (rolreplication, 'can replicate'),
        (has_schema_privilege(oid, 'public', 'CREATE'), 'can make tables in the schema public'),
        (has_database_privilege(oid, current_database(), 'CREATE'), 'can make schemas')
      ) as attribute (is_set, fault)
    where rolname = current_user and is_set
    union all
    select current_user || ' owns ' || relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S', 'v', 'm')
      and pg_has_role(current_user, relowner, 'USAGE')
    union all
    select current_user || ' owns the function ' || proname from pg_proc
    where pronamespace = 'public'::regnamespace and pg_has_role(current_user, proowner, 'USAGE')`,
  )
  return rows.map((row) => row.fault)
}

type ColumnRow = {
  table: string
  column: string
  can_select: boolean
  can_insert: boolean
  can_update: boolean
}

type TableRow = { table: string; can_delete: boolean; too_much: string | null }

async function tableFaults(reader: Reader): Promise<string[]> {
  const [tables, columns] = await Promise.all([readTables(reader), readColumns(reader)])
  const held = new Set(tables.map((table) => table.table))
  return [
    ...Object.keys(allowedByTable).flatMap((name) => (held.has(name) ? [] : [`there is no table ${name}`])),
    ...tables.flatMap(faultsOfTable),
    ...columns.flatMap(faultsOfColumn),
  ]
}

function readTables(reader: Reader): Promise<TableRow[]> {
  return rowsOf<TableRow>(
    reader,
    sql`
    select relname as table, has_table_privilege(oid, 'DELETE') as can_delete,
      (select string_agg(privilege, ' and ') from unnest(array['TRUNCATE', 'REFERENCES', 'TRIGGER']) as privilege
        where has_table_privilege(oid, privilege)) as too_much
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname`,
  )
}

function readColumns(reader: Reader): Promise<ColumnRow[]> {
  return rowsOf<ColumnRow>(
    reader,
    sql`
    select relname as table, attname as column,
      has_column_privilege(attrelid, attnum, 'SELECT') as can_select,
      has_column_privilege(attrelid, attnum, 'INSERT') as can_insert,
      has_column_privilege(attrelid, attnum, 'UPDATE') as can_update
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
    order by relname, attnum`,
  )
}

function faultsOfTable({ table, can_delete, too_much }: TableRow): string[] {
  const allowed = allowedByTable[table]
  if (allowed === undefined) return [`table ${table} is not ours`]
  return [
    ...(can_delete === (allowed.canDelete ?? false)
      ? []
      : [`${can_delete ? 'may' : 'may not'} delete from ${table}`]),
    ...(too_much === null ? [] : [`may ${too_much} on ${table}`]),
  ]
}

function faultsOfColumn(row: ColumnRow): string[] {
  const allowed = allowedByTable[row.table]
  if (allowed === undefined) return []
  const name = `${row.table}.${row.column}`
  return [
    ...(row.can_select ? [] : [`may not read ${name}`]),
    ...(row.can_insert === includes(allowed.insert, row.column)
      ? []
      : [`${verb(row.can_insert)} insert ${name}`]),
    ...(row.can_update === includes(allowed.update, row.column)
      ? []
      : [`${verb(row.can_update)} update ${name}`]),
  ]
}

function includes(columns: Allowed['insert'], column: string): boolean {
  return columns === 'all' || (columns?.includes(column) ?? false)
}

function verb(can: boolean): string {
  return can ? 'may' : 'may not'
}
