import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { publishMeterFile } from '../../src/cli/commands/meter-publish.ts'
import { tryMeter } from '../../src/cli/commands/meter-try.ts'
import { showUsageMonths } from '../../src/cli/commands/usage-months.ts'
import { listActs } from '../../src/store/audit.ts'
import { fileFolder } from '../files/written-files.ts'
import { acceptedAndHours, archive, countUse, eventsKept, monthOfUse, sessionOf } from './archive-book.ts'
import type { ImportBook } from './import-book.ts'
import { openImportBook } from './import-book.ts'
import { ownFolder, tieout } from './processes.ts'

const files = fileFolder()
afterAll(() => files.remove())

let book: ImportBook
let folder: ReturnType<typeof ownFolder>
beforeEach(async () => {
  book = await openImportBook()
  folder = ownFolder()
})
afterEach(async () => {
  await book.close()
  folder.remove()
})

const archivesIn = () => readdirSync(folder.path).filter((name) => name.startsWith('usage-'))
const archivePath = () => join(folder.path, archivesIn()[0] ?? '')

test('300 events of January 2024 are put away and leave the database; hours and the tie-out stay; again, nothing is left to do', async () => {
  await countUse(book, monthOfUse('2024-01'), '2024-01-31')
  const [hours, sums] = [await book.hours(), await acceptedAndHours(book)]
  expect(sums).toHaveLength(4)
  expect(sums.every(([accepted, inHours]) => accepted === inHours)).toBe(true)

  const rehearsed = await archive(book, folder.path, { dryRun: true })
  expect(rehearsed.data).toMatchObject({ months: [{ month: '2024-01', state: 'due', events: 300 }] })
  expect([await book.count(), archivesIn()]).toEqual([300, []])

  const { data, text, exit } = await archive(book, folder.path)
  expect(data).toMatchObject({
    months: [
      {
        month: '2024-01',
        state: 'archived',
        events: 300,
        quantities: { tokens: '14880.583', calls: '30063.167' },
      },
    ],
  })
  expect(text).toMatch(/^2024-01 {2}300 events put away in .*\n +usage-2024-01-part-1-[0-9a-f]{12}\.parquet$/)
  expect(exit).toBeUndefined()
  expect(archivesIn()).toHaveLength(1)
  expect(await book.count()).toBe(0)
  expect(await book.hours()).toEqual(hours)
  expect(await acceptedAndHours(book)).toEqual(sums)
  expect(await listActs(book.own.store.read, { action: 'usage-month-archived' })).toMatchObject([
    { subject: '2024-01', detail: { eventCount: 300, files: [{ eventCount: 300 }] } },
  ])
  expect((await archive(book, folder.path)).text).toBe('No month was put away.')
}, 60_000)

test('a month with events of nobody stays and names them, a recent one and one not before --before are not looked at', async () => {
  await countUse(book, monthOfUse('2024-01', { subject: 'nobody' }), '2024-01-31')
  await countUse(book, monthOfUse('2024-02'), '2024-02-20')
  await countUse(book, monthOfUse('2024-03'), '2024-03-20')
  await countUse(book, monthOfUse('2026-06'), '2026-06-20')
  const { data, text, exit } = await archive(book, folder.path, { before: '2024-03' })
  expect(exit).toBe('partial')
  expect(data).toMatchObject({
    months: [
      { month: '2024-01', state: 'held', code: 'unmatched' },
      { month: '2024-02', state: 'archived', events: 300 },
    ],
  })
  expect(text).toContain(
    '2024-01  stays: Events wait for a customer under nobody (300). Say whose they are.\n',
  )
  expect(await book.count()).toBe(900)
  const months = await showUsageMonths(sessionOf(book))
  expect(months.data).toMatchObject({
    months: [
      { month: '2024-01', state: 'held' },
      { month: '2024-02', state: 'archived', files: archivesIn() },
      { month: '2024-03', state: 'due' },
      { month: '2026-06', state: 'kept', detail: 'until 2027-08-05' },
    ],
  })
}, 60_000)

test('an archive is imported: the 300 events are back as they were and counted no second time; then they are put away again with the same hash', async () => {
  await countUse(book, monthOfUse('2024-01'), '2024-01-31')
  const [events, hours, sums] = [await eventsKept(book), await book.hours(), await acceptedAndHours(book)]
  const first = await archive(book, folder.path)
  const file = archivePath()

  const rehearsed = await book.import(file, { dryRun: true })
  expect(rehearsed.data).toMatchObject({ files: [{ archived_month: '2024-01', restored: 300, present: 0 }] })
  expect(await book.count()).toBe(0)

  const restored = await book.import(file)
  expect(restored.data).toMatchObject({
    refused: 0,
    files: [{ archived_month: '2024-01', restored: 300, present: 0, month_is_whole: true }],
  })
  expect(await eventsKept(book)).toEqual(events)
  expect(await book.hours()).toEqual(hours)
  expect(await acceptedAndHours(book)).toEqual(sums)
  const again = await book.import(file)
  expect(again.data).toMatchObject({ files: [{ restored: 0, present: 300, month_is_whole: true }] })
  expect(again.text).toContain('restored  0\n  present   300\n  month     whole')
  expect(await eventsKept(book)).toEqual(events)
  expect((await showUsageMonths(sessionOf(book))).text).toContain('2024-01  restored')

  const second = await archive(book, folder.path)
  expect(hashesOf(second)).toEqual(hashesOf(first))
  expect((await showUsageMonths(sessionOf(book))).data).toMatchObject({
    months: [{ state: 'archived', files: filesOf(second) }],
  })
  expect(await book.count()).toBe(0)
  expect(await acceptedAndHours(book)).toEqual(sums)
  expect((await book.import(file)).data).toMatchObject({ files: [{ restored: 300, month_is_whole: true }] })
}, 60_000)

function filesOf({ data }: { readonly data: unknown }): string[] {
  return (data as { months: { files: { name: string }[] }[] }).months.flatMap(({ files: named }) =>
    named.map(({ name }) => name),
  )
}

function hashesOf({ data }: { readonly data: unknown }): string[] {
  return (data as { months: { content_hash: string }[] }).months.map(({ content_hash: hash }) => hash)
}

test('use of January 2024 that comes after January was put away is late use: it counts, and the tie-out adds up', async () => {
  await countUse(book, monthOfUse('2024-01'), '2024-01-31')
  await archive(book, folder.path)
  const late = { ...monthOfUse('2024-01')[0], id: 'late', value: '7' } as ReturnType<
    typeof monthOfUse
  >[number]
  expect(await countUse(book, [late], '2026-11-30')).toEqual(['accepted'])
  const sums = await acceptedAndHours(book)
  expect(sums.every(([accepted, inHours]) => accepted === inHours)).toBe(true)
  expect((await book.import(archivePath())).data).toMatchObject({ files: [{ restored: 300, present: 0 }] })
  expect(await acceptedAndHours(book)).toEqual(sums)
}, 60_000)

test('an archive of another hub, or one whose bytes were changed, is refused and counts nothing', async () => {
  const other = await openImportBook()
  try {
    await countUse(other, monthOfUse('2024-01'), '2024-01-31')
    await archive(other, folder.path)
    await expect(book.import(archivePath())).rejects.toThrow(
      'It is an archive of 2024-01, and this database has not put 2024-01 away in it, or it was changed since. Nothing was counted.',
    )
    expect(await book.count()).toBe(0)
    expect(await book.hours()).toEqual([])
    const bytes = readFileSync(archivePath())
    bytes[100] = (bytes[100] ?? 0) ^ 1
    const damaged = files.write('damaged.parquet', bytes)
    await expect(other.import(damaged)).rejects.toThrow('or it was changed since. Nothing was counted.')
    expect(await other.count()).toBe(0)
  } finally {
    await other.close()
  }
}, 60_000)

test('where the database has an event otherwise than the file, nothing of its page is brought back', async () => {
  await countUse(book, monthOfUse('2024-01'), '2024-01-31')
  const [first] = await eventsKept(book)
  await archive(book, folder.path)
  const { own } = book
  const changed = { ...(JSON.parse(first ?? '') as object), value: 5 }
  await own.owner`select keep_usage_month('2024-01-31')`
  const columns = Object.keys(changed).join(', ')
  await own.owner.unsafe(
    `insert into usage_event (${columns}) select ${columns} from jsonb_populate_record(null::usage_event, $1::text::jsonb)`,
    [JSON.stringify(changed)],
  )
  await expect(book.import(archivePath())).rejects.toThrow('otherwise than the file')
  expect(await book.count()).toBe(1)
  await expect(archive(book, folder.path)).resolves.toMatchObject({
    data: { months: [{ month: '2024-01', state: 'held', code: 'restored-in-part' }] },
  })
}, 60_000)

test('a CSV file that was imported in January 2024 is refused once January is put away, and taken as duplicates once it is back', async () => {
  const csv = files.write(
    'january.csv',
    'id,customer,meter,value,time\na,acme,tokens,1,2024-01-03T10:00:00Z\nb,acme,tokens,2,2024-01-03T11:00:00Z\n',
  )
  await book.import(csv)
  await moveTo(book, '2024-01-15')
  await archive(book, folder.path)
  expect(await book.count()).toBe(0)
  await expect(book.import(csv)).rejects.toThrow(
    'This file was imported in 2024-01, and what came in 2024-01 was put away since.',
  )
  expect(await book.hours()).toEqual(['acme tokens 2024-01-03T10 1 of 1', 'acme tokens 2024-01-03T11 2 of 1'])
  await book.import(archivePath())
  expect((await book.import(csv)).data).toMatchObject({ files: [{ accepted: 0, duplicates: 2 }] })
}, 60_000)

/** Has everything that came today have come on another day, as if that much time had gone by. */
async function moveTo({ own }: ImportBook, day: string): Promise<void> {
  await own.owner`select keep_usage_month(${day}::date)`
  await own.owner`alter table usage_event disable trigger refuse_change`
  await own.owner`update usage_event set received_on = ${day}::date, received_at = ${`${day}T12:00:00Z`}::timestamptz`
  await own.owner`alter table usage_event enable trigger refuse_change`
  await own.owner`update usage_position set began_at = ${`${day}T12:00:00Z`}::timestamptz`
}

test('a meter is not changed for hours whose events were put away, and its trial names what it could not look at', async () => {
  await countUse(book, monthOfUse('2024-01'), '2024-01-31')
  await archive(book, folder.path)
  const meter = files.write(
    'seconds.yaml',
    'format: 1\nname: seconds\ndisplayName: Seconds\nunit: s\neventType: tokens\naggregation: maximum\n',
  )
  const from = new Date('2024-01-01T00:00:00Z')
  await expect(publishMeterFile(sessionOf(book), meter, { effectiveFrom: from })).rejects.toThrow(
    'have been counted already',
  )
  const trial = await tryMeter(sessionOf(book), meter, { from, to: new Date('2024-02-01T00:00:00Z') })
  expect(trial.warnings).toEqual([
    `Events that came in 2024-01 are put away, and were not looked at. Import ${archivesIn()[0]} to bring them back.`,
  ])
  await book.import(archivePath())
  const again = await tryMeter(sessionOf(book), meter, { from, to: new Date('2024-02-01T00:00:00Z') })
  expect(again.warnings).toEqual([])
  expect(again.data).toMatchObject({ periods: [{ quantity: '294.295' }, { quantity: '297.298' }] })
}, 60_000)

test('a folder that is none is refused with 2, and so is a month that is none', async () => {
  const none = await tieout(['usage', 'archive', '--into', join(folder.path, 'none')], book.variables)
  expect(none).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is no folder that can be written to') as string,
  })
  const badly = ['usage', 'archive', '--into', folder.path, '--before', '2024']
  expect(await tieout(badly, book.variables)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Write a month as 2026-01.') as string,
  })
}, 60_000)
