import { existsSync } from 'node:fs'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { readUsageParquet, writeUsageParquet } from '../../connectors/files/usage-parquet.ts'
import type { KeptUsage } from '../../src/ports/usage-archive.ts'
import { eventsOf, fileFolder, gathered, rowsOf } from './written-files.ts'

const folder = fileFolder()
afterAll(() => folder.remove())

const wellFormed = (longest: number) => fc.string({ unit: 'binary', minLength: 1, maxLength: longest })
const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), fc.stringMatching(/^(\.\d{0,11}[1-9])?$/))
  .map(([whole, fraction]) => `${whole}${fraction}`)
const instant = fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') })
const usage: fc.Arbitrary<KeptUsage> = fc.record({
  source: wellFormed(20),
  id: wellFormed(40),
  meter: fc.stringMatching(/^[a-z0-9_.-]{1,20}$/),
  subject: wellFormed(20),
  customerId: fc.option(fc.uuid()),
  occurredAt: instant,
  receivedAt: instant,
  value: decimal,
  properties: fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,9}$/), wellFormed(20), {
    maxKeys: 4,
  }),
})

test('10,000 random events are read back as they were written, to the last digit and millisecond', async () => {
  const written = fc.sample(usage, { numRuns: 10_000, seed: 42 })
  const file = folder.path('random.parquet')
  expect(await writeUsageParquet(file, written)).toBe(10_000)
  expect(await gathered(readUsageParquet(file))).toStrictEqual(written.map(plain))
}, 60_000)

/** Dictionaries of the generator have no prototype, which is all that may differ. */
function plain(event: KeptUsage): KeptUsage {
  return { ...event, properties: { ...event.properties } }
}

const one: KeptUsage = {
  source: 'gateway',
  id: 'a',
  meter: 'tokens',
  subject: 'acme',
  customerId: null,
  occurredAt: new Date('2026-03-01T10:15:00.123Z'),
  receivedAt: new Date('2026-03-01T10:15:01Z'),
  value: '999999999999999999.999999999999',
  properties: { region: 'eu' },
}

test('no events make a file of 0 rows, which is read as 0 rows', async () => {
  const file = folder.path('none.parquet')
  expect(await writeUsageParquet(file, [])).toBe(0)
  expect(await gathered(readUsageParquet(file))).toEqual([])
})

test('25,001 events of a stream are written in 3 groups and read in order', async () => {
  const file = folder.path('groups.parquet')
  const events = Array.from({ length: 25_001 }, (_none, index) => ({ ...one, id: `e-${index}` }))
  expect(await writeUsageParquet(file, events)).toBe(25_001)
  const ids = (await gathered(readUsageParquet(file))).map(({ id }) => id)
  expect(ids).toEqual(events.map(({ id }) => id))
})

test('a stream that breaks after 20,000 events leaves the 1 event that was there, and no half file', async () => {
  const file = folder.path('kept.parquet')
  await writeUsageParquet(file, [one])
  function* breaking() {
    for (let index = 0; index < 20_000; index++) yield { ...one, id: `e-${index}` }
    throw new Error('the cursor broke')
  }
  await expect(writeUsageParquet(file, breaking())).rejects.toThrow('the cursor broke')
  expect(await gathered(readUsageParquet(file))).toEqual([one])
  expect(existsSync(`${file}.unfinished`)).toBe(false)
})

test('an import reads such a file under its own source and ids, whatever source was said', async () => {
  const file = folder.path('own.parquet')
  await writeUsageParquet(file, [one])
  const { customerId: _customerId, receivedAt: _receivedAt, ...event } = one
  expect(eventsOf(await rowsOf(file, { source: null }))).toEqual([event])
  expect(eventsOf(await rowsOf(file, { source: 'sheet' }))).toEqual([event])
})
