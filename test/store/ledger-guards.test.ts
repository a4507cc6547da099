import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { credit, debit, type LedgerTransaction } from '../../src/domain/ledger.ts'
import { money } from '../../src/domain/money.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { appendTransactions } from '../../src/store/ledger.ts'
import { closeMonth, openMonthFor, sealOf, startClosing, stopClosing } from '../../src/store/months.ts'
import { isMonthClosed } from '../../src/store/unit-of-work.ts'
import { after, ownStore, refusalOf, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
  await own.owner`insert into books_month (entity, month) values ('us', '2026-03')`
  await post(own.app, 'stored', [100, -100])
})
afterAll(() => own.close())

const notAllowed = '42501'
const refusedByGuard = 'TO002'
const factsStay = 'TO003'
const monthClosed = 'TO001'

/** Writes a transaction by hand: positive cents are debits, negative ones credits. */
function post(
  sql: postgres.Sql,
  key: string,
  cents: number[],
  header: { month?: string; lineCount?: number } = {},
) {
  return sql.begin(async (tx) => {
    await insertHeader(tx, key, { lineCount: cents.length, ...header })
    for (const [index, amount] of cents.entries()) await insertLine(tx, key, index + 1, amount, header.month)
  })
}

function insertHeader(sql: postgres.ISql, key: string, { month = '2026-03', lineCount = 2 } = {}) {
  return sql`
    insert into ledger_transaction (transaction_id, fact_key, fingerprint, reason, source_id, entity, occurred_at, accounting_date,
      month, recorded_at, memo, line_count)
    values (${key}, ${key}, 'f', 'invoice-paid', 's', 'us', ${after(0)}, ${`${month}-05`}, ${month}, ${after(0)}, '', ${lineCount})`
}

function insertLine(
  sql: postgres.ISql,
  key: string,
  line: number,
  amount: number,
  month = '2026-03',
  currency = 'USD',
) {
  return sql`
    insert into ledger_entry (transaction_id, line_number, account_kind, side, amount_minor, currency, entity, month)
    values (${key}, ${line}, 'bank', ${amount < 0 ? 'credit' : 'debit'}, ${Math.abs(amount)}, ${currency}, 'us', ${month})`
}

async function keysStored(): Promise<string[]> {
  const rows = await own.owner<
    { fact_key: string }[]
  >`select fact_key from ledger_transaction where entity = 'us'`
  return rows.map((row) => row.fact_key)
}

describe.each(['app', 'owner'] as const)('as the %s', (role) => {
  const sql = () => own[role]

  test('100 against 99 does not commit', async () => {
    expect(await refusalOf(post(sql(), 'unbalanced', [100, -99]))).toBe(refusedByGuard)
    expect(await keysStored()).not.toContain('unbalanced')
  })

  test('100 USD against 100 EUR does not commit', async () => {
    const attempt = sql().begin(async (tx) => {
      await insertHeader(tx, 'currencies')
      await insertLine(tx, 'currencies', 1, 100)
      await insertLine(tx, 'currencies', 2, -100, '2026-03', 'EUR')
    })
    expect(await refusalOf(attempt)).toBe(refusedByGuard)
  })

  test('a header without lines, or with fewer than it announces, does not commit', async () => {
    expect(await refusalOf(post(sql(), 'bare', [], { lineCount: 2 }))).toBe(refusedByGuard)
    expect(await refusalOf(post(sql(), 'short', [50, -50], { lineCount: 3 }))).toBe(refusedByGuard)
    expect(await refusalOf(post(sql(), 'single', [50], { lineCount: 1 }))).toBe('23514')
  })

  test('a balanced pair of lines cannot be added later', async () => {
    const attempt = sql().begin(async (tx) => {
      await insertLine(tx, 'stored', 3, 100)
      await insertLine(tx, 'stored', 4, -100)
    })
    expect(await refusalOf(attempt)).toBe(refusedByGuard)
  })
})

describe.each(['app', 'owner'] as const)('one line at a time, as the %s', (role) => {
  const sql = () => own[role]

  test('lines without a header are refused', async () => {
    expect(await refusalOf(insertLine(sql(), 'nobody', 1, 100).execute())).toBe(refusedByGuard)
  })

  test('a transaction in a month the books do not know is refused', async () => {
    expect(await refusalOf(post(sql(), 'elsewhere', [1, -1], { month: '2031-01' }))).toBe(monthClosed)
  })

  test('a line dated in another month than its header is refused', async () => {
    const attempt = sql().begin(async (tx) => {
      await insertHeader(tx, 'astray')
      await insertLine(tx, 'astray', 1, 100, '2026-04')
    })
    expect(await refusalOf(attempt)).toBe(refusedByGuard)
  })

  test('lines written in a savepoint of the same transaction are fine', async () => {
    const key = `savepoint-${role}`
    await sql().begin(async (tx) => {
      await insertHeader(tx, key)
      await tx.savepoint((inner) => insertLine(inner, key, 1, 100))
      await tx.savepoint((inner) => insertLine(inner, key, 2, -100))
    })
    expect(await keysStored()).toContain(key)
  })

  test('an amount of zero or less, or a month that is not the date, is refused', async () => {
    expect(await refusalOf(post(sql(), 'nothing', [0, 0]))).toBe('23514')
    const attempt = sql().begin(async (tx) => {
      await insertHeader(tx, 'dated', { month: '2026-13' })
    })
    expect(await refusalOf(attempt)).not.toBeNull()
  })
})

const attacks = [
  'update ledger_entry set amount_minor = amount_minor + 1',
  'update ledger_transaction set memo = memo',
  'update ledger_entry set amount_minor = 1 where false',
  'delete from ledger_entry',
  'delete from ledger_transaction where false',
  'truncate ledger_entry',
  'truncate ledger_transaction, ledger_entry, journal_transaction',
  'update billing_fact set kind = kind',
  'delete from audit_entry',
  'truncate audit_entry',
  "update contract_version set terms = '{}'",
  'delete from deal_snapshot',
  "update mapping_version set text = ''",
  "update inbox_message set body = ''",
  'delete from inbox_message',
  'truncate inbox_message',
  'update usage_event set value = 0',
  'delete from usage_event',
  "update journal set content = '{}'",
  'delete from books_month',
]

test.each(attacks)('%s: no permission for the app, refused to the owner', async (attack) => {
  expect(await refusalOf(own.app.unsafe(attack))).toBe(notAllowed)
  expect(await refusalOf(own.owner.unsafe(attack))).toMatch(factsStay)
})

test.each([
  'alter table ledger_entry disable trigger all',
  'drop trigger check_balance on ledger_transaction',
  "set session_replication_role = 'replica'",
  'create table hole (id integer)',
  'select * from ledger_entry for update',
])('the app may not: %s', async (attack) => {
  expect(await refusalOf(own.app.unsafe(attack))).toBe(notAllowed)
})

test('the app cannot grant itself more: PostgreSQL warns and changes nothing', async () => {
  await own.app`grant update on ledger_entry to tieout_app`
  expect(await refusalOf(own.app.unsafe(attacks[0] as string))).toBe(notAllowed)
})

test('the number of the database transaction cannot be forged, not even by the owner', async () => {
  const forged = (sql: postgres.Sql) => sql`
    insert into ledger_transaction (transaction_id, fact_key, fingerprint, reason, source_id, entity, occurred_at, accounting_date,
      month, recorded_at, memo, line_count, xact)
    values ('forged', 'forged', 'f', 'invoice-paid', 's', 'us', ${after(0)}, '2026-03-05', '2026-03', ${after(0)}, '', 2,
      (pg_current_xact_id()::text::bigint + 1)::text::xid8)`
  expect(await refusalOf(forged(own.app).execute())).toBe(notAllowed)
  expect(await refusalOf(forged(own.owner).execute())).toBe(refusedByGuard)
})

const march: LedgerTransaction = {
  factKey: 'march',
  reason: 'invoice-finalized',
  sourceId: 'evt',
  entity: 'eu',
  occurredAt: after(0),
  accountingDate: '2026-03-31',
  memo: '',
  entries: [debit('receivable', money('EUR', 500n)), credit('contract-liability', money('EUR', 500n))],
}

function append(changes: Partial<LedgerTransaction>) {
  return own.store.unitOfWork((unit) => appendTransactions(unit, [{ ...march, ...changes }], after(0)))
}

test('a closing month takes recognition only, a closed one nothing, and facts go to the next', async () => {
  const { store } = own
  await append({})
  expect(await store.unitOfWork((unit) => startClosing(unit, 'eu', '2026-03'))).toEqual({
    ok: true,
    value: null,
  })
  await expect(append({ factKey: 'late' })).rejects.toSatisfy(isMonthClosed)
  expect(await append({ factKey: 'recognized', reason: 'revenue-recognized' })).toEqual(['appended'])
  expect(await openMonthFor(store.read, 'eu', '2026-03-31')).toBe('2026-04')
  const closed = await store.unitOfWork((unit) => closeMonth(unit, 'eu', '2026-03', 'finance', after(60)))
  expect(closed).toEqual({ ok: true, value: await sealOf(store.read, 'eu', '2026-03') })
  await expect(append({ factKey: 'later', reason: 'revenue-recognized' })).rejects.toSatisfy(isMonthClosed)
  expect(await append({ factKey: 'late', accountingDate: '2026-04-01' })).toEqual(['appended'])
  expect(
    await refusalOf(
      own.owner`update books_month set state = 'open', closed_at = null, seal = null where state = 'closed'`.execute(),
    ),
  ).toBe(monthClosed)
  expect(await store.unitOfWork((unit) => stopClosing(unit, 'eu', '2026-03'))).toMatchObject({ ok: false })
})

test('the seal of a closed month changes when a line is changed behind our back', async () => {
  const before = await sealOf(own.store.read, 'eu', '2026-03')
  await own.owner.begin(async (tx) => {
    await tx`alter table ledger_entry disable trigger refuse_change`
    await tx`update ledger_entry set amount_minor = 501 where currency = 'EUR' and month = '2026-03'`
    await tx`alter table ledger_entry enable trigger refuse_change`
  })
  expect(await sealOf(own.store.read, 'eu', '2026-03')).not.toBe(before)
})

test('a month does not close over an earlier one with entries that is open', async () => {
  await append({ factKey: 'jan', entity: 'uk', accountingDate: '2026-01-15' })
  await append({ factKey: 'feb', entity: 'uk', accountingDate: '2026-02-15' })
  expect(await own.store.unitOfWork((unit) => startClosing(unit, 'uk', '2026-02'))).toEqual({
    ok: false,
    error: { state: 'open', earlierOpen: '2026-01' },
  })
  expect(
    await own.store.unitOfWork((unit) => closeMonth(unit, 'uk', '2026-01', 'finance', after(0))),
  ).toMatchObject({
    ok: false,
    error: { state: 'open' },
  })
})

test('closing waits for a unit that is appending, and then counts its lines (E7-136)', async () => {
  const order: string[] = []
  const appending = own.store.unitOfWork(async (unit) => {
    await appendTransactions(unit, [{ ...march, factKey: 'slow', entity: 'jp' }], after(0))
    await systemClock.sleep(150)
    order.push('appended')
  })
  await systemClock.sleep(50)
  const closing = own.store.unitOfWork(async (unit) => {
    await startClosing(unit, 'jp', '2026-03')
    order.push('closing')
  })
  await Promise.all([appending, closing])
  expect(order).toEqual(['appended', 'closing'])
})
