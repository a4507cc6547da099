import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import type { JobContext } from '../../src/jobs/job.ts'
import { tieOutUsage } from '../../src/jobs/tie-out/usage.ts'
import { ensureCustomer } from '../../src/store/customers.ts'
import { keepUsage } from '../../src/store/keep-usage.ts'
import { proveDaysOver } from '../../src/store/proven-usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { usageSums } from '../../src/store/usage-sums.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { dateIn, firstDayOf, monthOf } from '../../src/domain/calendar.ts'
import { sampleEvent } from '../domain/meter-samples.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
let customerId = ''
beforeEach(async () => {
  own = await ownStore()
  const wanted = { crm: 'salesforce', org: '00D', crmAccountId: 'acme', entity: 'us', name: 'Acme' } as const
  customerId = (await own.store.unitOfWork((unit) => ensureCustomer(unit, wanted, own.clock.now())))
    .customerId
  // 16 in February, 4 on 1 March and 1 on 2 March, which is today.
  await receive('2026-02-10T10:00:00Z', 'a', '16')
  await receive('2026-03-01T10:00:00Z', 'b', '4')
  await receive('2026-03-02T08:00:00Z', 'c', '1')
})
afterEach(() => own.close())

const keeping = () => ({ clock: own.clock, doorbell: silentDoorbell })

function receive(at: string, id: string, value: string) {
  const event = keyedEvent(sampleEvent({ id, meter: 'tokens', subject: 'acme', value }))
  return own.store.unitOfWork((unit) => keepUsage(unit, [event], new Date(at), keeping()))
}

const prove = (now = own.clock.now()) => proveDaysOver(own.store, now)

async function accepted(): Promise<string | undefined> {
  return (await usageSums(own.store))[0]?.accepted
}

async function differences(): Promise<string[]> {
  const result = await tieOutUsage({ store: own.store, ...keeping() } as unknown as JobContext)
  return result.differences.map(({ item, left, right }) => `${item}: ${left} against ${right}`)
}

/** The months that were noted, a line for each note. */
async function notes(): Promise<string[]> {
  const rows = await own.owner`select month::text from usage_proven_change order by month`
  return rows.map(({ month }) => month as string)
}

/** 300 events of February, of 1 each. */
const manyRows = `
  insert into usage_event (received_on, event_key, source, id, customer_id, meter, subject, occurred_at, received_at, value, properties)
  select received_on, gen_random_uuid(), source, 'many-' || number, customer_id, meter, subject, occurred_at, received_at, 1, properties
  from usage_event, generate_series(1, 300) as number where id = 'a'`

describe('the database notes', () => {
  test('an event of today that is moved into a day that is over', async () => {
    await prove()
    await own.owner`update usage_month.event_2026_03 set received_on = '2026-03-01' where id = 'c'`
    expect(await notes()).toEqual(['2026-03-01'])
    expect(await accepted()).toBe('21')
    expect(await differences()).toEqual([])
  })

  test('an event of a day that is over that is moved into today', async () => {
    await prove()
    await own.owner`update usage_month.event_2026_03 set received_on = '2026-03-02' where id = 'b'`
    expect(await notes()).toEqual(['2026-03-01'])
    expect(await accepted()).toBe('21')
  })

  test('a month whose table is emptied', async () => {
    expect(await differences()).toEqual([])
    await own.owner`truncate usage_month.event_2026_02`
    expect(await notes()).toEqual(['2026-02-01'])
    expect(await accepted()).toBe('5')
    expect(await differences()).toEqual([`${customerId} tokens accepted: 5 against 21`])
  })

  test('what a session that plays a replica takes away, adds and empties', async () => {
    expect(await differences()).toEqual([])
    const replica = (statement: string) =>
      own.owner.unsafe(`set local session_replication_role = replica; ${statement}`)
    await replica(`delete from usage_month.event_2026_02`)
    expect(await differences()).toEqual([`${customerId} tokens accepted: 5 against 21`])
    await replica(`update usage_month.event_2026_03 set value = 5 where id = 'b'`)
    expect(await differences()).toEqual([`${customerId} tokens accepted: 6 against 21`])
    await replica('truncate usage_event')
    expect(await notes()).toEqual(['2026-02-01', '2026-03-01'])
    expect(await differences()).toEqual([`${customerId} tokens accepted: 0 against 21`])
  })

  test('300 events that one transaction takes, adds and changes, once a month', async () => {
    await prove()
    await own.owner.begin(async (tx) => {
      await tx.unsafe(manyRows)
      await tx`update usage_event set customer_id = null where id like 'many-%'`
      await tx`savepoint undone`
      await tx`update usage_month.event_2026_03 set value = 5 where id = 'b'`
      await tx`rollback to undone`
      await tx`update usage_month.event_2026_03 set value = 6 where id = 'b'`
      await tx`delete from usage_month.event_2026_02 where id = 'a'`
    })
    expect(await notes()).toEqual(['2026-02-01', '2026-03-01'])
    expect(await accepted()).toBe('7')
    await prove()
    expect(await notes()).toEqual([])
    expect(await accepted()).toBe('7')
  })

  test('each of two transactions that change a month at once, and neither waits', async () => {
    await prove()
    const [first, second] = [await own.owner.reserve(), await own.owner.reserve()]
    for (const writing of [first, second]) await writing.unsafe('begin').simple()
    await first.unsafe(manyRows).simple()
    await second`update usage_month.event_2026_02 set value = 17 where id = 'a'`
    await second`commit`
    await prove()
    expect(await notes()).toEqual([])
    await first`commit`
    for (const writing of [first, second]) writing.release()
    expect(await notes()).toEqual(['2026-02-01'])
    expect(await accepted()).toBe('322')
  })

  test('a transaction whose number an old note has, as after a restored dump: who adds up waits for it', async () => {
    await prove()
    const writing = await own.owner.reserve()
    await writing`begin`
    const [row] = await writing`select pg_current_xact_id()::text as number`
    await own.owner`insert into usage_proven_change values ('2026-02-01', ${row?.['number'] as string}::xid8)`
    await writing`update usage_month.event_2026_02 set value = 17 where id = 'a'`
    const proving = prove()
    await Promise.race([proving, systemClock.sleep(300)])
    await writing`commit`
    writing.release()
    await proving
    expect(await accepted()).toBe('22')
  })

  test('nothing of what comes, changes and goes today', async () => {
    await prove()
    await receive('2026-03-02T08:30:00Z', 'd', '2')
    await own.owner`update usage_month.event_2026_03 set value = 3 where id = 'd'`
    await own.owner`delete from usage_month.event_2026_03 where id = 'd'`
    expect(await notes()).toEqual([])
  })
})

test.each(['disable', 'enable', 'enable replica'])(
  'a month with a trigger on "%s" is watched no longer',
  async (way) => {
    await prove()
    await own.owner.unsafe(`alter table usage_month.event_2026_02 ${way} trigger note_truncation`)
    await own.owner`update usage_proven_sum set quantity = 1`
    expect(await accepted()).toBe('18')
    await prove()
    await own.owner`truncate usage_month.event_2026_02`
    expect(await notes()).toEqual(['2026-02-01'])
  },
)

test.each([
  `create or replace trigger note_arrival after insert on usage_month.event_2026_02
    for each row when (new.received_on < '2026-02-01') execute function note_usage_change('2026-02-01')`,
  `create or replace trigger note_arrival after insert on usage_month.event_2026_02
    for each row when (new.received_on < '2026-03-01') execute function note_usage_change('2026-03-01')`,
  `update usage_proven_month set watched_before = '2026-02-28', proven_before = '2026-02-28' where month = '2026-02-01'`,
])(
  'a month whose trigger says another day than is kept is watched no longer, until it is again',
  async (change) => {
    await prove()
    const isWatched = async () =>
      (
        await own.app`set datestyle = 'SQL, DMY'; select is_usage_month_watched('2026-02-01') as is`.simple()
      )[1]
    expect(await isWatched()).toMatchObject([{ is: true }])
    await own.owner.unsafe(
      `${change}; alter table usage_month.event_2026_02 enable always trigger note_arrival`,
    )
    expect(await isWatched()).toMatchObject([{ is: false }])
    await prove()
    expect(await isWatched()).toMatchObject([{ is: true }])
    await receive('2026-02-28T10:00:00Z', 'late', '8')
    expect(await accepted()).toBe('29')
    expect(await differences()).toEqual([])
  },
)

test('a process whose clock is weeks ahead of the server has no day to come watched', async () => {
  const today = systemClock.now()
  await receive(today.toISOString(), 'today', '2')
  await prove(new Date(today.getTime() + 20 * 24 * 3_600_000))
  await own.app`select watch_usage_month(${firstDayOf(monthOf(dateIn('UTC', today)))}, '2999-01-01', ${today})`
  const [held] = await own.owner`
    select count(*)::integer as months, max(watched_before) <= (now() at time zone 'UTC')::date as is_over from usage_proven_month`
  expect(held).toEqual({ months: 3, is_over: true })
  for (const id of ['more', 'and more']) await receive(systemClock.now().toISOString(), id, '2')
  expect(await notes()).toEqual([])
  expect(await accepted()).toBe('27')
})

describe('a month that somebody writes into', () => {
  const written = () => own.owner`update usage_month.event_2026_02 set subject = subject where id = 'a'`
  const keptOff = async () =>
    (
      await own.owner`select month::text, kept_off_at from usage_proven_month where kept_off_at is not null`
    ).map((row) => `${row['month']} ${(row['kept_off_at'] as Date).toISOString()}`)

  /** Proves while a transaction holds February's table. */
  async function proveBesideWriter(): Promise<void> {
    const writing = await own.owner.reserve()
    await writing`begin`
    await writing`lock table usage_month.event_2026_02 in row exclusive mode`
    await prove()
    await writing`rollback`
    writing.release()
  }

  test('is tried again after five minutes, not by each tie-out, and its events are read until then', async () => {
    await proveBesideWriter()
    expect(await keptOff()).toEqual(['2026-02-01 2026-03-02T09:00:00.000Z'])
    expect(await accepted()).toBe('21')
    own.clock.advanceTo(after(299))
    await proveBesideWriter()
    expect(await keptOff()).toEqual(['2026-02-01 2026-03-02T09:00:00.000Z'])
    await written()
    expect(await notes()).toEqual([])
    own.clock.advanceTo(after(300))
    await proveBesideWriter()
    expect(await keptOff()).toEqual(['2026-02-01 2026-03-02T09:05:00.000Z'])
    own.clock.advanceTo(after(600))
    await prove()
    expect(await keptOff()).toEqual([])
    await written()
    expect(await notes()).toEqual(['2026-02-01'])
    expect(await accepted()).toBe('21')
  })

  test('is tried again at once where it was kept off by a clock that is far ahead', async () => {
    await proveBesideWriter()
    await own.owner`update usage_proven_month set kept_off_at = ${after(86_400)} where kept_off_at is not null`
    await prove()
    expect(await keptOff()).toEqual([])
  })

  test('keeps its sums as far as they went while it cannot be watched further', async () => {
    await prove()
    own.clock.advanceTo(after(86_400))
    const writing = await own.owner.reserve()
    await writing`begin`
    await writing`lock table usage_month.event_2026_03 in row exclusive mode`
    await prove()
    await writing`rollback`
    writing.release()
    const [held] = await own.owner`
      select watched_before::text, proven_before::text from usage_proven_month where month = '2026-03-01'`
    expect(held).toEqual({ watched_before: '2026-03-02', proven_before: '2026-03-02' })
    expect(await accepted()).toBe('21')
  })
})
