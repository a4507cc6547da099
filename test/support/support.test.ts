import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ownDatabase } from './database.ts'
import { inWords } from './golden.ts'
import { goldenSummary } from './golden-summary.ts'

describe('a database of one’s own', () => {
  test('two files do not see each other’s rows, and dropping one leaves the other', async () => {
    const [left, right] = await Promise.all([ownDatabase(), ownDatabase()])
    const [leftSql, rightSql] = [postgres(left.url, { max: 1 }), postgres(right.url, { max: 1 })]
    expect(await leftSql`select count(*)::int as count from ledger_transaction`).toEqual([{ count: 0 }])
    await leftSql`create table only_left as select 1 as one`
    expect(await rightSql`select to_regclass('only_left') as found`).toEqual([{ found: null }])
    await left.drop()
    expect(await rightSql`select 1 as one`).toEqual([{ one: 1 }])
    await rightSql.end()
    await right.drop()
    await expect(postgres(right.url, { max: 1 })`select 1`).rejects.toMatchObject({ code: '3D000' })
    await leftSql.end({ timeout: 0 })
  })
})

describe('the golden summary', () => {
  let root: string
  const [cases, reports, empty] = ['cases', 'reports', 'empty']
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'tieout-summary-'))
    for (const name of [cases, reports, empty]) mkdirSync(join(root, name))
    const ids = ['a', 'b', 'c'].map((id) => ({ id }))
    writeFileSync(join(root, cases, 'rating.json'), JSON.stringify({ cases: ids }))
    writeFileSync(join(root, cases, 'tax.json'), JSON.stringify({ cases: ids.slice(1) }))
    const report = { passed: ['a'], failed: ['b'], handled: ['a', 'b', 'z'] }
    writeFileSync(join(root, reports, 'rating.json'), JSON.stringify(report))
  })
  afterAll(() => rmSync(root, { recursive: true }))

  test('counts what passed and names what failed, what is pending and what no longer exists', () => {
    expect(goldenSummary(join(root, cases), join(root, reports))).toEqual([
      'golden rating: 1/3',
      '  failed: b',
      '  pending: c',
      '  handlers without a case: z',
      'golden tax: 0/2, no test ran',
    ])
  })

  test('says in one line that there are no cases, and nothing when no golden test ran', () => {
    expect(goldenSummary(join(root, empty), join(root, empty))).toEqual([
      `golden: no cases in ${join(root, empty)}, skipped (GOLDEN_DIR says where they are)`,
    ])
    expect(goldenSummary(join(root, cases), join(root, empty))).toEqual([])
  })
})

test('a rule in words stands for any sentence, and for nothing else', () => {
  expect({ rule: inWords }).toEqual({ rule: 'priority first' })
  expect({ rule: inWords }).not.toEqual({ rule: 5 })
})
