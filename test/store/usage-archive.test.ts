import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { folderArchive } from '../../connectors/files/folder-archive.ts'
import { nextMonth, type Month } from '../../src/domain/calendar.ts'
import { archiveMonth } from '../../src/jobs/archive-usage.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { restoreUsage } from '../../src/jobs/restore-usage.ts'
import { systemClock } from '../../src/ports/clock.ts'
import type { KeptUsage, UsageArchive } from '../../src/ports/usage-archive.ts'
import { countUsage } from '../../src/store/count-usage.ts'
import { ensureCustomer } from '../../src/store/customers.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { acceptEvents } from '../../src/store/usage.ts'
import { archiveFileNames, archivedUsageOf } from '../../src/store/usage-archive-restore.ts'
import { dropUsageMonth, sealUsageMonth } from '../../src/store/usage-archive.ts'
import { usageOfRanges, usageReceivedAfter } from '../../src/store/usage-windows.ts'
import { fileFolder } from '../files/written-files.ts'
import { after, ownStore, refusalOf, type OwnStore } from './store.ts'

const folder = fileFolder()
let own: OwnStore
let customerId = ''
beforeAll(async () => {
  own = await ownStore()
  const wanted = { crm: 'salesforce', org: '00D', crmAccountId: 'acme', entity: 'us', name: 'Acme' } as const
  customerId = (await own.store.unitOfWork((unit) => ensureCustomer(unit, wanted, after(0)))).customerId
})
afterAll(async () => {
  await own.close()
  folder.remove()
})

/** Each test has a month of its own. */
let turn = 0
let month: Month = ''
beforeEach(async () => {
  month = `${2010 + Math.floor(turn / 12)}-${String((turn++ % 12) + 1).padStart(2, '0')}`
})

async function use(count: number, subject = 'acme') {
  const events = Array.from({ length: count }, (_none, index) => ({
    source: `gateway-${month}`,
    id: `${index}`,
    meter: 'tokens',
    subject,
    occurredAt: new Date(`${month}-10T10:00:00.001Z`),
    value: '0.1',
    properties: { region: 'eu' },
  }))
  const at = new Date(`${month}-15T00:00:00Z`)
  const became = await own.store.unitOfWork((unit) => acceptEvents(unit, events.map(keyedEvent), at))
  await countUsage(own.store, { clock: systemClock, doorbell: silentDoorbell })
  return became
}

const seal = (of = month) => own.store.unitOfWork((unit) => sealUsageMonth(unit, of))

async function held(of = month): Promise<number> {
  const [row] = await own.owner`
    select count(*)::integer as count from usage_event where to_char(received_on, 'YYYY-MM') = ${of}`
  return row?.['count'] as number
}

function archiving(archive: UsageArchive = folderArchive(folder.path('.'))) {
  return {
    store: own.store,
    archive,
    clock: systemClock,
    actor: 'test',
    blocksAFile: 1,
    tell: () => undefined,
  }
}

const putAway = (archive?: UsageArchive, of = month) =>
  archiveMonth({ month: of, blockCount: 0, byteCount: 0 }, archiving(archive))

const notAllowed = '42501'
const factsStay = 'TO003'
const factsStayOrNotAllowed = [notAllowed, factsStay]

describe('the database keeps what it must', () => {
  test('a month of which one day is 399 days ago is neither sealed nor dropped', async () => {
    const recent = new Date(Date.now() - 399 * 86_400_000).toISOString().slice(0, 7)
    await own.owner`select keep_usage_month(${`${recent}-01`}::date)`
    await expect(seal(recent)).rejects.toThrow('less than 400 days ago')
    const drop = own.app`select drop_usage_month(${`${recent}-01`}::date, '{}', '[]', 'app', now())`
    expect(await refusalOf(drop.execute())).toBe('TO004')
  })

  test('a month with 1 event of nobody is not sealed', async () => {
    await use(1, 'nobody')
    await expect(seal()).rejects.toThrow('events of it wait for their customer')
  })

  test('a month after which an entity closed no books is not sealed', async () => {
    await use(2)
    await own.owner`insert into books_month (entity, month, state, closed_at, closed_by, seal)
      values ('old', '2009-12', 'closed', '2010-01-05', 'x', 'x')`
    await expect(seal()).rejects.toThrow('books were closed before it came')
    await own.owner`insert into books_month (entity, month, state, closed_at, closed_by, seal)
      values ('old', '2025-12', 'closed', '2026-01-05', 'x', 'x')`
    await seal()
  })

  test('a month that is not sealed is not dropped, and into one that is sealed nothing is written', async () => {
    await use(2)
    const drop = own.app`select drop_usage_month(${`${month}-01`}::date, '{}', '[]', 'app', now())`
    expect(await refusalOf(drop.execute())).toBe('TO004')
    await seal()
    await seal()
    expect(await refusalOf(use(3))).toBe('23514')
    expect(await held()).toBe(2)
  })

  test.each([
    ['another count', { eventCount: 3 }],
    ['another hash', { contentHash: '0'.repeat(32) }],
    ['another sum', { quantities: { tokens: '0.3' } }],
    ['a meter less', { quantities: {} }],
  ])('a month is not dropped for files with %s', async (_name, changes) => {
    await use(2)
    await seal()
    const right = { eventCount: 2, contentHash: await hashInDatabase(), quantities: { tokens: '0.2' } }
    const files = [{ name: 'x', fileHash: month, eventCount: 2 }]
    const drop = (content: typeof right) =>
      own.store.unitOfWork((unit) =>
        dropUsageMonth(unit, month, { content, files, actor: 'test', at: after(0) }),
      )
    await expect(drop({ ...right, ...(changes as object) })).rejects.toThrow('its files hold')
    expect([await held(), await archiveFileNames(own.store.read, month)]).toEqual([2, []])
    await drop(right)
    expect(await held()).toBe(0)
  })

  test('the application can remove neither events, nor months, nor what is written of them', async () => {
    await use(1)
    const table = `usage_month.event_${month.replace('-', '_')}`
    const statements = [
      `delete from usage_event`,
      `truncate usage_event`,
      `drop table ${table}`,
      `delete from ${table}`,
      `alter table usage_event detach partition ${table}`,
      `delete from usage_archived_month`,
      `update usage_archived_month set event_count = 0`,
      `insert into usage_archived_sum select * from usage_archived_sum`,
      `insert into usage_archived_file select * from usage_archived_file`,
    ]
    for (const statement of statements)
      expect([statement, await refusalOf(own.app.unsafe(statement).execute())]).toEqual([
        statement,
        notAllowed,
      ])
    for (const statement of statements.slice(5, 7))
      expect(factsStayOrNotAllowed).toContain(await refusalOf(own.owner.unsafe(statement).execute()))
  })
})

async function hashInDatabase(): Promise<string> {
  const [row] = await own.owner`
    select usage_content_hash(sum(usage_hash_half(hash, 1)), sum(usage_hash_half(hash, 9))) as hash
    from (select usage_event_hash(event) as hash from usage_event event where to_char(received_on, 'YYYY-MM') = ${month}) as rows`
  return row?.['hash'] as string
}

/** An archive that breaks where `breaks` says, as a process that is killed there would. */
function breaking(breaks: 'before-write' | 'within-write' | 'after-write' | 'within-read'): UsageArchive {
  const real = folderArchive(folder.path('.'))
  const killed = () => new Error('killed')
  return {
    write: async (part, usage) => {
      if (breaks === 'before-write') throw killed()
      if (breaks === 'within-write') return real.write(part, brokenAfterOne(usage))
      const file = await real.write(part, usage)
      if (breaks === 'after-write') throw killed()
      return file
    },
    read: (name) => brokenAfterOne(real.read(name)),
  }
  async function* brokenAfterOne(usage: AsyncIterable<KeptUsage>) {
    for await (const event of usage) {
      yield event
      throw killed()
    }
  }
}

test.each(['before-write', 'within-write', 'after-write', 'within-read'] as const)(
  'stopped %s, 200 events are all here and nothing is written down; run again, they are put away in 2 files or more',
  async (breaks) => {
    await use(200)
    await expect(putAway(breaking(breaks))).rejects.toThrow('killed')
    expect(await held()).toBe(200)
    expect(await archiveFileNames(own.store.read, month)).toEqual([])
    const { content, files } = await putAway()
    expect(content).toMatchObject({ eventCount: 200, quantities: { tokens: '20' } })
    expect(files.length).toBeGreaterThanOrEqual(2)
    expect(await held()).toBe(0)
    expect(await archiveFileNames(own.store.read, month)).toEqual(files.map(({ name }) => name))
    await expect(putAway()).rejects.toThrow('There is no usage of')
  },
)

test('of 200 events in several files the month is whole when the last file is back, and before that cannot be put away', async () => {
  await use(200)
  const archive = folderArchive(folder.path('.'))
  const { content, files } = await putAway()
  const restoring = {
    store: own.store,
    clock: systemClock,
    actor: 'test',
    isDryRun: false,
    tell: () => undefined,
  }
  const restore = (name: string) => restoreUsage(month, archive.read(name), restoring)
  const [first, ...others] = files
  expect(await restore(first?.name ?? '')).toMatchObject({ restoredCount: first?.eventCount, isWhole: false })
  await expect(putAway()).rejects.toThrow('only part of it was brought back')
  const wholes = []
  for (const { name } of others) wholes.push((await restore(name)).isWhole)
  expect(wholes).toEqual([...others.slice(1).map(() => false), true])
  expect((await putAway()).content).toEqual(content)
})

test('two who bring one file back at once bring each of 200 events back once', async () => {
  await use(200)
  const { files } = await putAway()
  const archive = folderArchive(folder.path('.'))
  const restoring = {
    store: own.store,
    clock: systemClock,
    actor: 'test',
    isDryRun: false,
    tell: () => undefined,
  }
  const restored = await Promise.all(
    files.flatMap(({ name }) => [1, 2].map(() => restoreUsage(month, archive.read(name), restoring))),
  )
  expect(restored.reduce((sum, { restoredCount }) => sum + restoredCount, 0)).toBe(200)
  expect(await held()).toBe(200)
})

test('a month is put away while somebody reads usage for a second, and events that come meanwhile are taken', async () => {
  await use(3)
  const old = month
  await own.owner`select keep_usage_month('2024-06-15')`
  const begun = await own.app.begin(async (reading) => {
    await reading`select count(*) from usage_event`
    const archived = putAway(undefined, old)
    month = '2024-06'
    expect(await use(2)).toEqual(['accepted', 'accepted'])
    await systemClock.sleep(1_000)
    expect(await held(old)).toBe(3)
    return { archived }
  })
  await begun.archived
  expect([await held(old), await held('2024-06')]).toEqual([0, 2])
})

test('what is put away of a customer and a time is named with its files, until it is back', async () => {
  await use(5)
  const { files } = await putAway()
  const at = (time: string) => new Date(`${month}-${time}Z`)
  const range = { types: ['tokens'], from: at('10T10:00:00.001'), to: at('10T11:00:00') }
  const names = files.map(({ name }) => name)
  expect(await archivedUsageOf(own.store.read, { ...range, customerId })).toEqual([{ month, files: names }])
  expect(await archivedUsageOf(own.store.read, { ...range, from: at('10T10:00:00.002') })).toEqual([])
  expect(await archivedUsageOf(own.store.read, { ...range, types: ['calls'] })).toEqual([])
  expect(await archivedUsageOf(own.store.read, { ...range, customerId: 'other' })).toEqual([])
  const restoring = {
    store: own.store,
    clock: systemClock,
    actor: 'test',
    isDryRun: false,
    tell: () => undefined,
  }
  const archive = folderArchive(folder.path('.'))
  for (const name of names) await restoreUsage(month, archive.read(name), restoring)
  expect(await archivedUsageOf(own.store.read, range)).toEqual([])
})

test('what came after the books were closed is the same before and after: the month before the close goes, the one after stays', async () => {
  const [before, later] = [month, nextMonth(month)]
  turn++
  await use(3)
  await own.owner`insert into books_month (entity, month, state, closed_at, closed_by, seal)
    values ('us', ${before}, 'closed', ${`${later}-05T00:00:00Z`}, 'x', 'x')`
  month = later
  await use(2)
  const to = new Date(`${later}-28T00:00:00Z`)
  const range = { customerId, meter: 'tokens', from: new Date(`${before}-01T00:00:00Z`), to }
  const came = () => usageReceivedAfter(own.store.read, [range], new Date(`${later}-05T00:00:00Z`))
  const used = () => usageOfRanges(own.store.read, [range])
  expect([await used(), await came()]).toEqual([['0.5'], ['0.2']])
  await putAway(undefined, before)
  await expect(putAway(undefined, later)).rejects.toThrow('books were closed before it came')
  expect([await held(before), await used(), await came()]).toEqual([0, ['0.5'], ['0.2']])
})
