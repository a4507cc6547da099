import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { boundBy } from './bound.ts'
import { dealsInput } from './deals-input.ts'
import { latencies, median, percentile, reportText } from './figures.ts'

test('the median of 1, 2, 4, 9 is 3, and of nothing there is none', () => {
  expect(median([9, 1, 4, 2])).toBe(3)
  expect(median([9, 1, 4])).toBe(4)
  expect(() => median([])).toThrow(RangeError)
})

test('of 1 to 200 ms, 100 are p50, 190 are p95 and 198 are p99; of one, it is all three', () => {
  const milliseconds = Array.from({ length: 200 }, (_, index) => 200 - index)
  expect(latencies(milliseconds)).toEqual({ p50: 100, p95: 190, p99: 198 })
  expect(percentile([7], 1)).toBe(7)
})

test('who is always at work binds; when nobody is, waiting does', () => {
  const effort = { wallSeconds: 10, hubSeconds: 9, databaseSeconds: 4 }
  expect(boundBy(effort, 2)).toBe("the hub's one thread: hub 90 %, PostgreSQL 40 % of a core")
  expect(boundBy({ ...effort, databaseSeconds: 9 }, 2)).toMatch(/^all 2 cores: /)
  expect(boundBy({ ...effort, hubSeconds: 3 }, 2)).toMatch(/^waiting, not computing: /)
})

test('a report lists each figure with what bounds it, or says why there is none', () => {
  const figures = [{ name: 'rate', value: 1234.5, unit: '/s', boundBy: 'the disk' }]
  expect(reportText({ bench: 'b', what: 'w', figures, differences: [] })).toBe(
    'b: w\n  rate      1,235 /s   (the disk)\n  differences: []\n',
  )
  expect(reportText({ bench: 'b', what: 'w', skipped: 'no input', figures: [] })).toBe(
    'b: skipped: no input\n',
  )
})

test('the first two days of won deals: two of three, worth 1,500.00, with everything lost or open kept', async () => {
  const [source, target] = [mkdtempSync(join(tmpdir(), 'from-')), mkdtempSync(join(tmpdir(), 'to-'))]
  const rows = [
    'id,deal_stage,close_date,close_value',
    'a,Won,3/1/2017,1000',
    'b,Won,3/2/2017,500',
    'c,Won,3/3/2017,70',
    'd,Lost,3/9/2017,0',
    'e,Engaging,,',
  ]
  for (const name of ['accounts.csv', 'products.csv', 'sales_teams.csv'])
    writeFileSync(join(source, name), '')
  writeFileSync(join(source, 'sales_pipeline.csv'), `${rows.join('\n')}\n`)
  expect(await dealsInput(source, target, null)).toEqual({
    folder: source,
    won: 3,
    value: '1570.00',
    days: 3,
  })
  expect(await dealsInput(source, target, 2)).toEqual({ folder: target, won: 2, value: '1500.00', days: 2 })
  expect(readFileSync(join(target, 'sales_pipeline.csv'), 'utf8').trim().split('\n')).toEqual(
    rows.toSpliced(3, 1),
  )
  for (const folder of [source, target]) rmSync(folder, { recursive: true })
})
