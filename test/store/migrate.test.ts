import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { appUrl, migrate, MigrationError } from '../../src/store/migrate.ts'
import { assertPrivileges, PrivilegeError } from '../../src/store/privileges.ts'
import { openStore } from '../../src/store/unit-of-work.ts'
import { ownStore, refusalOf, type OwnStore } from './store.ts'

let own: OwnStore
let folder = ''
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

const files = readdirSync('migrations').sort()

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tieout-migrations-'))
  cpSync('migrations', folder, { recursive: true })
  await own.owner`drop schema public cascade`
  await own.owner`drop schema if exists pgboss cascade`
  await own.owner`drop schema if exists usage_month cascade`
  await own.owner`create schema public`
  return () => rmSync(folder, { recursive: true })
})

async function run(log: string[] = []): Promise<string[]> {
  await migrate(own.url, (line) => log.push(line), { folder: pathToFileURL(`${folder}/`) })
  return log
}

function edit(name: string, change: (text: string) => string): void {
  const path = join(folder, name)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

test('every migration runs once, in order, also when four processes start at the same time', async () => {
  const log: string[] = []
  await Promise.all([1, 2, 3, 4].map(() => run(log)))
  expect(log).toEqual(files.map((name) => `Applied migration ${name}`))
  expect(await run()).toEqual([])
})

test('each migration opens with a sentence that says why', () => {
  for (const name of files)
    expect(readFileSync(`migrations/${name}`, 'utf8')).toMatch(/^-- [A-Z][^\n]{30,}\.\n/)
})

test('an edited, a renamed and a removed migration are refused', async () => {
  await run()
  edit('0001_inbox_and_work.sql', (text) => `${text}\n`)
  await expect(run()).rejects.toThrow('Migration 0001_inbox_and_work.sql was edited after it had run')
  cpSync('migrations', folder, { recursive: true })
  renameSync(join(folder, '0004_usage.sql'), join(folder, '0004_metering.sql'))
  await expect(run()).rejects.toBeInstanceOf(MigrationError)
  cpSync('migrations', folder, { recursive: true })
  rmSync(join(folder, '0004_metering.sql'))
  rmSync(join(folder, files.at(-1) as string))
  await expect(run()).rejects.toThrow('but the files have none in its place')
})

test('events of two months that came before there were tables by month are all there after, each under its key', async () => {
  const later = files.filter((name) => name >= '0011')
  for (const name of later) rmSync(join(folder, name))
  await run()
  await own.owner`
    insert into usage_event (event_key, source, id, body_hash, meter, subject, occurred_at, received_at, value, properties)
    select gen_random_uuid(), 'app', id, repeat('0123456789abcdef', 4), 'tokens', 'acme', at::timestamptz, at::timestamptz, 7, '{}'
    from (values ('a', '2026-01-31T23:59:59Z'), ('b', '2026-02-01T00:00:00Z')) as event(id, at)`
  cpSync('migrations', folder, { recursive: true })
  expect(await run()).toEqual(later.map((name) => `Applied migration ${name}`))
  expect(
    await own.owner`select tableoid::regclass::text as month, id, received_on::text from usage_event order by id`,
  ).toEqual([
    {
      month: 'usage_month.event_2026_01',
      id: 'a',
      received_on: '2026-01-31',
    },
    {
      month: 'usage_month.event_2026_02',
      id: 'b',
      received_on: '2026-02-01',
    },
  ])
})

test('a database with a contract settles the periods that end from its upgrade on; a new one settles all', async () => {
  await run()
  expect(await own.owner`select * from settlement_start`).toEqual([])
  await own.owner`drop schema public cascade`
  await own.owner`drop schema pgboss cascade`
  await own.owner`drop schema usage_month cascade`
  await own.owner`create schema public`
  for (const name of files.filter((file) => file >= '0020')) rmSync(join(folder, name))
  await run()
  await own.owner.begin(async (unit) => {
    await unit`set local session_replication_role = replica`
    await unit`
      insert into contract (contract_id, case_id, generation, customer_id, entity, currency, state, current_version, starts_on,
        ends_before, created_at)
      values ('ctr_1', 'case_1', 1, 'cus_1', 'us', 'USD', 'active', 1, '2026-01-01', '2027-01-01', now())`
  })
  cpSync('migrations', folder, { recursive: true })
  await run()
  expect(
    await own.owner`select settled_from between now() - interval '1 minute' and now() as is_now from settlement_start`,
  ).toEqual([{ is_now: true }])
})

test('a migration that fails in the middle leaves nothing, and runs again when it is mended', async () => {
  writeFileSync(join(folder, '0099_half.sql'), 'create table half (id integer); select 1 / 0;')
  expect(await refusalOf(run())).toBe('22012')
  expect(await own.owner`select to_regclass('half') as half`).toEqual([{ half: null }])
  edit('0099_half.sql', () => 'create table half (id integer);')
  expect(await run()).toEqual(['Applied migration 0099_half.sql'])
})

function hub(url: string) {
  return openStore({ url, maxConnections: 1, clock: systemClock, random: systemRandom })
}

test('the app role passes the self-check; the owner is told why not', async () => {
  await run()
  const [app, owner] = [hub(appUrl(own.url)), hub(own.url)]
  await assertPrivileges(app.read)
  const refused = await assertPrivileges(owner.read).catch((error: unknown) => error as Error)
  expect(refused).toBeInstanceOf(PrivilegeError)
  expect(refused?.message).toContain('is a superuser')
  expect(refused?.message).toContain('owns ledger_entry')
  await Promise.all([app.close(), owner.close()])
})

test.each([
  ['grant update on ledger_entry to tieout_app', 'may update ledger_entry.amount_minor'],
  ['grant update (body) on inbox_message to public', 'may update inbox_message.body'],
  ['grant insert (xact) on ledger_transaction to tieout_app', 'may insert ledger_transaction.xact'],
  ['grant delete on audit_entry to tieout_app', 'may delete from audit_entry'],
  ['grant truncate on billing_fact to tieout_app', 'may TRUNCATE on billing_fact'],
  ['create table hole (id integer); grant all on hole to tieout_app', 'table hole is not ours'],
  ['alter table ledger_entry owner to tieout_app', 'tieout_app owns ledger_entry'],
  ['grant create on schema public to tieout_app', 'tieout_app can make tables in the schema public'],
  ['revoke insert on ledger_entry from tieout_app', 'may not insert ledger_entry.side'],
])('after "%s" the hub refuses to start: %s', async (change, fault) => {
  await run()
  await own.owner.unsafe(change)
  const store = hub(appUrl(own.url))
  await expect(assertPrivileges(store.read)).rejects.toThrow(fault)
  await store.close()
})

test('the application plans each statement by the tables as they are', async () => {
  await run()
  const store = hub(appUrl(own.url))
  const rows = await store.read.execute(
    sql`select current_setting('plan_cache_mode') as mode, current_user::text as role`,
  )
  expect(Array.from(rows)).toEqual([{ mode: 'force_custom_plan', role: 'tieout_app' }])
  await store.close()
})

test('with a password the app role signs in by itself', async () => {
  const password = `it's a "secret" \\ % + @`
  await migrate(own.url, undefined, { appPassword: password })
  const url = appUrl(own.url, password)
  const client = postgres(url, { max: 1, onnotice: () => undefined })
  expect(await client`select session_user::text, current_user::text`).toEqual([
    { session_user: 'tieout_app', current_user: 'tieout_app' },
  ])
  await client.end()
  const store = hub(url)
  await assertPrivileges(store.read)
  await store.close()
})
