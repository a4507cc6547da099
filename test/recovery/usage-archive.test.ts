import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/ports/clock.ts'
import { countUse, monthOfUse } from '../cli/archive-book.ts'
import type { ImportBook } from '../cli/import-book.ts'
import { openImportBook } from '../cli/import-book.ts'
import { ownFolder, startTieout, tieoutJson } from '../cli/processes.ts'

const folder = ownFolder()
let book: ImportBook
beforeAll(async () => {
  book = await openImportBook()
  for (let batch = 0; batch < 15; batch++) await countUse(book, many(4_000, batch), '2024-01-31')
}, 60_000)
afterAll(async () => {
  await book.close()
  folder.remove()
})

function many(count: number, batch: number) {
  return monthOfUse('2024-01')
    .slice(0, 1)
    .flatMap((one) => Array.from({ length: count }, (_none, index) => ({ ...one, id: `${batch}-${index}` })))
}

const filesIn = () => readdirSync(folder.path).filter((name) => name.startsWith('usage-'))
const words = ['usage', 'archive', '--into', folder.path]

/** Kills the command a while after a file that matches is there. */
async function killAfter(name: RegExp, milliseconds: number): Promise<void> {
  const killed = startTieout(words, book.variables)
  await expect
    .poll(() => filesIn().some((found) => name.test(found)), { interval: 2, timeout: 30_000 })
    .toBe(true)
  await systemClock.sleep(milliseconds)
  killed.kill('SIGKILL')
  await killed.ended
}

test('killed while it writes 60,000 events and while it reads them back, the command leaves them all; run again, they are in one file', async () => {
  await killAfter(/unfinished$/, 0)
  expect(filesIn()).toEqual(['usage-2024-01-part-1.parquet.unfinished'])
  await killAfter(/unfinished$/, 300)
  await killAfter(/parquet$/, 0)
  expect(await book.count()).toBe(60_000)
  const { code, data } = await tieoutJson(words, book.variables)
  expect({ code, data }).toMatchObject({
    code: 0,
    data: { months: [{ month: '2024-01', state: 'archived', events: 60_000 }] },
  })
  expect(filesIn()).toEqual([expect.stringMatching(/^usage-2024-01-part-1-[0-9a-f]{12}\.parquet$/)])
  expect(await book.count()).toBe(0)
  expect((await book.import(`${folder.path}/${filesIn()[0] ?? ''}`)).data).toMatchObject({
    files: [{ restored: 60_000, month_is_whole: true }],
  })
}, 120_000)
