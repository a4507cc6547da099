import { afterAll, expect, test } from 'vitest'
import { writeUsageParquet } from '../../connectors/files/usage-parquet.ts'
import type { KeptUsage } from '../../src/ports/usage-archive.ts'
import { usageEvent } from '../../src/store/schema.ts'
import { fileFolder } from '../files/written-files.ts'
import type { ImportBook } from './import-book.ts'
import { openImportBook } from './import-book.ts'

const folder = fileFolder()
afterAll(() => folder.remove())

/** 300 rows over five hours, two customers and two meters, and 30 of nobody; some without ids of their own. */
function mixedUse(): string {
  const row = (index: number) => {
    const customer = index % 11 === 0 ? 'nobody' : ['acme', 'beta'][index % 2]
    const time = `2026-03-01T1${index % 5}:15:00.${String(index).padStart(3, '0')}Z`
    return `${customer},${index % 3 === 0 ? 'tokens' : 'calls'},${index}.${index + 1},${time},region-${index % 4}`
  }
  return `customer,meter,value,time,region\n${Array.from({ length: 330 }, (_none, index) => row(index)).join('\n')}\n`
}

async function keptIn(book: ImportBook): Promise<KeptUsage[]> {
  const rows = await book.own.store.read.select().from(usageEvent).orderBy(usageEvent.eventKey)
  return rows.map(({ eventKey: _eventKey, ...kept }) => kept)
}

test('330 events put away and imported into an empty book are the same events and hours; imported again, 330 duplicates', async () => {
  const [first, second] = await Promise.all([openImportBook(), openImportBook()])
  try {
    await first.import(folder.write('mixed.csv', mixedUse()), { columns: new Map([['region', 'region']]) })
    const kept = await keptIn(first)
    const file = folder.path('put-away.parquet')
    expect(await writeUsageParquet(file, kept)).toBe(330)
    const imported = await second.import(file)
    expect(imported.data).toMatchObject({
      files: [{ accepted: 300, unmatched: 30, duplicates: 0, refused: 0 }],
    })
    const hours = await first.hours()
    expect(await second.hours()).toEqual(hours)
    expect((await keptIn(second)).map(identityOf)).toEqual(kept.map(identityOf))
    const again = { files: [{ accepted: 0, unmatched: 0, duplicates: 330, refused: 0 }] }
    expect((await second.import(file)).data).toMatchObject(again)
    expect((await first.import(file)).data).toMatchObject(again)
    expect(await second.hours()).toEqual(hours)
  } finally {
    await Promise.all([first.close(), second.close()])
  }
}, 60_000)

/** The two books have their own names for a customer, and their own times of hearing. */
function identityOf({ customerId, receivedAt: _receivedAt, ...event }: KeptUsage) {
  return { ...event, isMatched: customerId !== null }
}
