import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { fileFolder } from '../files/written-files.ts'
import type { ImportBook } from './import-book.ts'
import { openImportBook } from './import-book.ts'
import { root, start, tieout, tieoutJson } from './processes.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { join } from 'node:path'

const folder = fileFolder()
afterAll(() => folder.remove())

let book: ImportBook
beforeEach(async () => {
  book = await openImportBook()
})
afterEach(() => book.close())

const head = 'id,customer,meter,value,time\n'
const row = (id: string, customer: string, value: string) =>
  `${id},${customer},tokens,${value},2026-03-01T10:15:00Z\n`
const many = (count: number) =>
  Array.from({ length: count }, (_none, index) => row(`r${index}`, 'acme', '1')).join('')

test('of 5 rows 2 count, 1 waits for its customer, 1 repeats and 1 is refused by its line: exit 7', async () => {
  const file = folder.write(
    'five.csv',
    head +
      row('a', 'acme', '0.1') +
      row('b', 'acme', '0.2') +
      row('c', 'nobody', '9') +
      row('a', 'acme', '0.10') +
      row('d', 'acme', 'many'),
  )
  const words = ['usage', 'import', file, '--source', 'sheet']
  const { code, ok, data } = await tieoutJson(words, book.variables)
  expect({ code, ok }).toEqual({ code: 7, ok: false })
  expect(data).toMatchObject({
    dry_run: false,
    refused: 1,
    files: [
      { format: 'csv', accepted: 2, unmatched: 1, duplicates: 1, refused: 1, resumed_after_line: null },
    ],
  })
  expect(await book.hours()).toEqual(['acme tokens 2026-03-01T10 0.3 of 2'])
  const { code: again, stdout } = await tieout(words, book.variables)
  expect(again).toBe(7)
  expect(stdout).toBe(
    'five.csv\n  accepted    0\n  unmatched   0\n  duplicates  4\n  refused     1\n' +
      '  line 6: The value must be a decimal of zero or more, with at most 18 digits and 12 decimals.\n',
  )
  expect(await book.hours()).toEqual(['acme tokens 2026-03-01T10 0.3 of 2'])
}, 60_000)

test('one id with two bodies, 1,500 rows apart: the first counts and the second is refused by its line, and a rehearsal says the same and counts 0', async () => {
  const file = folder.write(
    'conflict.csv',
    head + many(1_500) + row('r0', 'acme', '2') + row('r1', 'acme', '1'),
  )
  const rehearsed = await book.import(file, { dryRun: true })
  expect(rehearsed.exit).toBe('partial')
  expect(rehearsed.text).toContain('Nothing was counted.')
  expect(await book.count()).toBe(0)
  const imported = await book.import(file)
  const expected = {
    refused: 1,
    files: [
      {
        accepted: 1_500,
        unmatched: 0,
        duplicates: 1,
        refused: 1,
        refusals: [
          {
            line: 1_502,
            code: 'event-conflict',
            reason: 'Another event has the source sheet and the id r0. The first one stays.',
          },
        ],
      },
    ],
  }
  expect(rehearsed.data).toMatchObject(expected)
  expect(imported.data).toMatchObject(expected)
  expect(await book.hours()).toEqual(['acme tokens 2026-03-01T10 1500 of 1500'])
  expect((await book.import(file, { dryRun: true })).data).toMatchObject({
    files: [{ accepted: 0, duplicates: 1_501, refused: 1 }],
  })
})

test('3 equal rows without ids count 3 times; the file again, and 1 row longer in another order, counts 3 and 4', async () => {
  const bare = 'acme,tokens,5,2026-03-01T10:15:00Z\n'
  const other = 'acme,tokens,7,2026-03-01T10:15:00Z\n'
  const file = folder.write('bare.csv', `customer,meter,value,time\n${bare.repeat(3)}`)
  await book.import(file)
  await book.import(file)
  expect(await book.hours()).toEqual(['acme tokens 2026-03-01T10 15 of 3'])
  await book.import(folder.write('longer.csv', `customer,meter,value,time\n${other}${bare.repeat(3)}`))
  expect(await book.hours()).toEqual(['acme tokens 2026-03-01T10 22 of 4'])
})

test('of 1,001 rows the 1 of the year 0 is refused by its line, by a rehearsal and by an import, and 1,000 count', async () => {
  const odd = 'odd,acme,tokens,1,0000-06-01T00:00:00Z\n'
  const rest = many(1_000).slice(many(700).length)
  const file = folder.write('odd.csv', head + many(700) + odd + rest)
  const expected = {
    files: [{ accepted: 1_000, refused: 1, refusals: [{ line: 702, code: 'custom' }] }],
  }
  expect((await book.import(file, { dryRun: true })).data).toMatchObject(expected)
  expect(await book.count()).toBe(0)
  expect((await book.import(file)).data).toMatchObject(expected)
  expect(await book.hours()).toEqual(['acme tokens 2026-03-01T10 1000 of 1000'])
})

test('an import of 20,000 rows that is killed twice goes on where it stood, and each row counts once', async () => {
  const file = folder.write('killed.csv', head + many(20_000))
  const words = ['usage', 'import', file, '--source', 'sheet', '--json']
  let reached = 0
  for (let time = 1; time <= 2; time++) {
    const running = start(process.execPath, [join(root, 'src/cli/tieout.ts'), ...words], book.variables)
    while ((await book.count()) <= reached) await systemClock.sleep(5)
    running.kill('SIGKILL')
    await running.ended
    reached = await book.count()
    expect(reached).toBeLessThan(20_000)
  }
  const { code, data } = await tieoutJson(words.slice(0, -1), book.variables)
  expect(code).toBe(0)
  expect(data).toMatchObject({
    files: [{ resumed_after_line: reached + 1, accepted: 20_000, duplicates: 0, refused: 0 }],
  })
  expect(await book.hours()).toEqual(['acme tokens 2026-03-01T10 20000 of 20000'])
}, 120_000)

test('4 imports of one file at the same time count its 3,000 rows once', async () => {
  const file = folder.write('race.csv', head + many(3_000))
  const ends = await Promise.allSettled(Array.from({ length: 4 }, () => book.import(file)))
  expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true)
  expect(await book.hours()).toEqual(['acme tokens 2026-03-01T10 3000 of 3000'])
})

test.each([
  [['nowhere.csv'], 'There is no such file, or it may not be read. Nothing was counted.'],
  [['package.json', '--format', 'parquet'], 'It cannot be read as Parquet'],
  [['package.json', '--columns', 'customer'], '"customer" does not say which column is what'],
])('usage import %j is not understood: %s', async (words, sentence) => {
  const { code, stdout, stderr } = await tieout(
    ['usage', 'import', ...words, '--source', 's'],
    book.variables,
  )
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(sentence)
})
