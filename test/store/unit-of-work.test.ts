import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inputRows, toJson, encodeExact, decodeExact } from '../../src/store/json.ts'
import { fingerprintOf } from '../../src/store/fingerprint.ts'
import { moveSweepMark, sweepMarkOf } from '../../src/store/marks.ts'
import { copyRows, rowsOf, sqlState } from '../../src/store/unit-of-work.ts'
import { after, ownStore, refusalOf, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

function mark(stream: string): Promise<string | null> {
  return sweepMarkOf(own.store.read, 'stripe', stream).then((held) => held?.mark ?? null)
}

test('a unit commits as a whole, and a thrown error undoes all of it', async () => {
  await own.store.unitOfWork((unit) => moveSweepMark(unit, 'stripe', 'kept', '1', after(0)))
  const undone = own.store.unitOfWork(async (unit) => {
    await moveSweepMark(unit, 'stripe', 'kept', '2', after(0))
    expect((await sweepMarkOf(unit, 'stripe', 'kept'))?.mark).toBe('2')
    throw new Error('no')
  })
  await expect(undone).rejects.toThrow('no')
  expect(await mark('kept')).toBe('1')
})

test('two units that lock each other out are both done, one of them at the second try', async () => {
  let tries = 0
  const both = (first: string, second: string) =>
    own.store.unitOfWork(async (unit) => {
      tries++
      await moveSweepMark(unit, 'stripe', first, first, after(0))
      await unit.tx.execute(sql`select pg_sleep(0.1)`)
      await moveSweepMark(unit, 'stripe', second, first, after(0))
    })
  await both('left', 'right')
  tries = 0
  await Promise.all([both('left', 'right'), both('right', 'left')])
  expect(tries).toBe(3)
})

test('a conflict that does not end is given up after five tries; another error is not tried again', async () => {
  for (const [code, expected] of [
    ['40001', 5],
    ['23505', 1],
  ] as const) {
    let tries = 0
    const unit = own.store.unitOfWork((open) => {
      tries++
      return open.tx.execute(sql.raw(`do $$ begin raise exception 'x' using errcode = '${code}'; end $$`))
    })
    expect(await unit.catch((error: unknown) => sqlState(error))).toBe(code)
    expect(tries).toBe(expected)
  }
})

test('text PostgreSQL cannot hold is stored as U+FFFD, everything else as it is', async () => {
  const names = ['a\u0000b', '\ud800', 'Müller \ud83d\ude00', '\\u0000']
  const rows = await rowsOf<{ name: string }>(
    own.store.read,
    sql`select name::jsonb #>> '{}' as name from ${inputRows(
      names.map((name) => ({ name: toJson(name) })),
      'name text',
    )}`,
  )
  expect(rows.map(({ name }) => name)).toEqual(['a\ufffdb', '\ufffd', 'Müller \ud83d\ude00', '\\u0000'])
})

test('whole numbers beyond 2^53 and instants survive JSON', () => {
  const value = { amount: 9_007_199_254_740_993n, at: after(0), list: [1n, null, 'x'], nested: { zero: 0n } }
  expect(decodeExact(JSON.parse(JSON.stringify(encodeExact(value))))).toEqual(value)
})

test('a fingerprint ignores the order of keys and nothing else', () => {
  expect(fingerprintOf({ a: 1n, b: [{ c: 2, d: null }] })).toBe(
    fingerprintOf({ b: [{ d: null, c: 2 }], a: 1n }),
  )
  const all = [{ a: 1n }, { a: '1' }, { a: 1 }, { a: [1n] }, { a: null }, {}].map(fingerprintOf)
  expect(new Set(all).size).toBe(6)
})

test('20,000 copied rows are there; one that is refused, early or last, undoes its unit and leaves the connection in use', async () => {
  const columns = ['alias', 'customer_id', 'created_at']
  const row = (alias: string, customerId = 'cus_copied') => `${alias}\t${customerId}\t2026-03-02\n`
  const count = () =>
    rowsOf<{ count: number }>(own.store.read, sql`select count(*)::integer as count from customer_alias`)
  await own.owner`insert into customer (customer_id, crm, org, crm_account_id, entity, name, created_at)
    values ('cus_copied', 'salesforce', '00D', 'copied', 'us', 'Copied', '2026-03-02')`
  const many = Array.from({ length: 20_000 }, (_, index) => row(`a-${index}`)).join('')
  await own.store.unitOfWork((unit) => copyRows(unit, 'customer_alias', columns, many))
  expect(await count()).toEqual([{ count: 20_000 }])
  const copied = (rows: string) =>
    own.store.unitOfWork(async (unit) => {
      await moveSweepMark(unit, 'stripe', 'copied', 'yes', after(0))
      await copyRows(unit, 'customer_alias', columns, rows)
    })
  const refusals = [copied(row('b') + row('a-1')), copied(`${row('c')}d\tcus_copied\tno day\n`)]
  expect(await Promise.all(refusals.map(refusalOf))).toEqual(['23505', '22007'])
  expect([await count(), await mark('copied')]).toEqual([[{ count: 20_000 }], null])
  await copied(row('e'))
  expect([await count(), await mark('copied')]).toEqual([[{ count: 20_001 }], 'yes'])
})
