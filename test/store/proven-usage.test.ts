import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import type { JobContext } from '../../src/jobs/job.ts'
import { tieOutUsage } from '../../src/jobs/tie-out/usage.ts'
import { attachUsage } from '../../src/store/attach-usage.ts'
import { addAlias, ensureCustomer } from '../../src/store/customers.ts'
import { keepUsage } from '../../src/store/keep-usage.ts'
import { proveDaysOver } from '../../src/store/proven-usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { usageSums } from '../../src/store/usage-sums.ts'
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

/** Keeps one event of 10 February as a process whose clock shows `at` would. */
function receive(at: string, id: string, value: string, subject = 'acme') {
  const occurredAt = new Date('2026-02-10T09:00:00Z')
  const event = keyedEvent(sampleEvent({ id, meter: 'tokens', subject, occurredAt, value }))
  return own.store.unitOfWork((unit) => keepUsage(unit, [event], new Date(at), keeping()))
}

const prove = (anew = false) => proveDaysOver(own.store, own.clock.now(), { anew })

async function accepted(): Promise<string | undefined> {
  return (await usageSums(own.store))[0]?.accepted
}

/** The sums that are kept by month: as far as which day, and how much. */
async function proven(): Promise<string[]> {
  const rows = await own.owner`
    select concat_ws(' ', proven_before, trim_scale(sum(quantity))) as line
    from usage_proven_month left join usage_proven_sum using (month) group by month order by month`
  return rows.map(({ line }) => line as string)
}

async function differences(anew = false, store = own.store): Promise<string[]> {
  const context = { store, ...keeping() } as unknown as JobContext
  const result = await tieOutUsage(context, { anew })
  return result.differences.map(({ item, left, right }) => `${item}: ${left} against ${right}`)
}

/** Takes an event away behind the hub's back; the trigger of its month sees it unless it is off. */
async function lose(id: string, month: string, isSeen = true): Promise<void> {
  const table = own.owner(`usage_month.event_${month}`)
  if (!isSeen) await own.owner`alter table ${table} disable trigger note_removal`
  await own.owner`delete from ${table} where id = ${id}`
  if (!isSeen) await own.owner`alter table ${table} enable always trigger note_removal`
}

describe('days that are over', () => {
  test('are added up once: 16 of February and 4 of 1 March are kept, and 1 of today is read beside them', async () => {
    await prove()
    expect(await proven()).toEqual(['2026-03-01 16', '2026-03-02 4'])
    expect(await accepted()).toBe('21')
    expect(await differences()).toEqual([])
  })

  test('grow by a day an hour after its end: 1 of 2 March is added to the 4 before', async () => {
    await prove()
    own.clock.advanceTo(new Date('2026-03-03T00:59:00Z'))
    await prove()
    expect(await proven()).toEqual(['2026-03-01 16', '2026-03-02 4'])
    own.clock.advanceTo(new Date('2026-03-03T01:00:00Z'))
    await prove()
    expect(await proven()).toEqual(['2026-03-01 16', '2026-03-03 5'])
    expect(await accepted()).toBe('21')
  })

  test('are not read again: only a proof from all events finds one that was taken away unseen', async () => {
    await prove()
    await lose('a', '2026_02', false)
    expect(await differences()).toEqual([])
    expect(await differences(true)).toEqual([`${customerId} tokens accepted: 5 against 21`])
    expect(await proven()).toEqual(['2026-03-01', '2026-03-02 4'])
  })
})

describe('the tie-out finds', () => {
  test('an hour that lost 1 of 21, of a day that is over', async () => {
    expect(await differences()).toEqual([])
    await own.owner`update usage_window set quantity = quantity - 1`
    expect(await differences()).toEqual([`${customerId} tokens accepted: 21 against 20`])
  })

  test('nothing where 8 more are not counted yet: 29 are accepted, 21 in the hours and 8 pending', async () => {
    await differences()
    await receive('2026-03-02T09:00:00Z', 'new', '8')
    expect(await usageSums(own.store)).toMatchObject([{ accepted: '29', inWindows: '21', pending: '8' }])
  })

  test('an event of today that is gone', async () => {
    expect(await differences()).toEqual([])
    await lose('c', '2026_03')
    expect(await differences()).toEqual([`${customerId} tokens accepted: 20 against 21`])
  })

  test('an event of today that says 2 more', async () => {
    expect(await differences()).toEqual([])
    await own.owner`update usage_month.event_2026_03 set value = 3 where id = 'c'`
    expect(await differences()).toEqual([`${customerId} tokens accepted: 23 against 21`])
  })

  test('an event of a day that is over, where it was taken away seen', async () => {
    expect(await differences()).toEqual([])
    await lose('b', '2026_03')
    expect(await differences()).toEqual([`${customerId} tokens accepted: 17 against 21`])
  })

  test('an event of a day that is over, of a month that is watched no longer, and watches it again', async () => {
    await prove()
    await own.owner`alter table usage_month.event_2026_02 disable trigger note_removal`
    await own.owner`delete from usage_month.event_2026_02 where id = 'a'`
    expect(await accepted()).toBe('5')
    expect(await differences()).toEqual([`${customerId} tokens accepted: 5 against 21`])
    await receive('2026-02-11T10:00:00Z', 'd', '2')
    expect(await proven()).toEqual(['2026-03-01', '2026-03-02 4'])
    expect(await differences()).toEqual([`${customerId} tokens accepted: 7 against 23`])
    expect(await proven()).toEqual(['2026-03-01 2', '2026-03-02 4'])
  })

  test('kept sums that say 1 more, until all events are added up again', async () => {
    await prove()
    await own.owner`update usage_proven_sum set quantity = quantity + 1 where month = '2026-02-01'`
    expect(await differences()).toEqual([`${customerId} tokens accepted: 22 against 21`])
    expect(await differences(true)).toEqual([])
  })
})

test('events that come before each step of the tie-out are no difference', async () => {
  let count = 0
  const busy: OwnStore['store'] = {
    ...own.store,
    unitOfWork: async (work) => {
      await receive('2026-03-02T09:00:00Z', `now-${count++}`, '2')
      return own.store.unitOfWork(work)
    },
  }
  expect(await differences(false, busy)).toEqual([])
  expect(count).toBeGreaterThan(3)
  expect(await accepted()).toBe(`${21 + 2 * count}`)
})

describe('what changes days that are over is in the sums at once, and kept by the next proof', () => {
  test('8 that come on a day that is over, from a process whose clock is late', async () => {
    await prove()
    await receive('2026-02-28T23:59:59Z', 'late', '8')
    expect(await accepted()).toBe('29')
    expect(await differences()).toEqual([])
    expect(await proven()).toEqual(['2026-03-01 24', '2026-03-02 4'])
  })

  test('8 of February that find their customer in March', async () => {
    await receive('2026-02-11T10:00:00Z', 'strange', '8', 'stranger')
    await prove()
    expect(await accepted()).toBe('21')
    await own.store.unitOfWork(async (unit) => {
      await addAlias(unit, 'stranger', customerId, own.clock.now())
      await attachUsage(unit, ['stranger'], keeping())
    })
    expect(await accepted()).toBe('29')
    expect(await differences()).toEqual([])
    expect(await proven()).toEqual(['2026-03-01 24', '2026-03-02 4'])
  })

  test('16 of February retracted today: February stays as it is, and what was voided says it', async () => {
    await prove()
    const corrects = { kind: 'retraction', id: 'a' } as const
    const taken = keyedEvent(sampleEvent({ id: 'r', meter: 'tokens', value: '0', corrects }))
    expect(
      await own.store.unitOfWork((unit) => keepUsage(unit, [taken], own.clock.now(), keeping())),
    ).toEqual(['accepted'])
    expect(await differences()).toEqual([])
    expect(await proven()).toEqual(['2026-03-01 16', '2026-03-02 4'])
    expect((await usageSums(own.store))[0]).toMatchObject({ accepted: '21', voided: '16', inWindows: '5' })
  })
})

describe('what is under way while a day is added up', () => {
  const row = (id: string) => `
    insert into usage_event (received_on, event_key, source, id, customer_id, meter, subject, occurred_at, received_at, value, properties)
    select received_on, gen_random_uuid(), source, '${id}', customer_id, meter, subject, occurred_at, received_at, 8, properties
    from usage_event where id = 'a'`

  test('keeps its month from being added up for the first time, and is in the sums once it is there', async () => {
    const writing = await own.owner.reserve()
    await writing.unsafe(`begin; ${row('slow')}`).simple()
    await prove()
    expect(await proven()).toEqual(['2026-02-01', '2026-03-02 4'])
    expect(await accepted()).toBe('21')
    await writing`commit`
    writing.release()
    expect(await accepted()).toBe('29')
    own.clock.advanceTo(after(300))
    await prove()
    expect(await proven()).toEqual(['2026-03-01 24', '2026-03-02 4'])
  })

  test('is missing in sums made meanwhile, but not in what they are used for: they hold no longer once it is there', async () => {
    await prove()
    const writing = await own.owner.reserve()
    await writing.unsafe(`begin; ${row('slow')}`).simple()
    await prove(true)
    expect(await proven()).toEqual(['2026-03-01 16', '2026-03-02 4'])
    await writing`commit`
    writing.release()
    expect(await accepted()).toBe('29')
    await prove()
    expect(await proven()).toEqual(['2026-03-01 24', '2026-03-02 4'])
  })

  test('40 late events that come one by one beside proofs are in the sums, each once', async () => {
    await prove()
    const late = Array.from({ length: 40 }, (_none, index) => `late-${index}`)
    const send = async (ids: readonly string[]) => {
      for (const id of ids) await receive('2026-02-20T10:00:00Z', id, '2')
    }
    const proving = async () => {
      for (let turn = 0; turn < 20; turn++) await prove()
    }
    await Promise.all([...[0, 10, 20, 30].map((from) => send(late.slice(from, from + 10))), proving()])
    expect(await accepted()).toBe('101')
    await prove()
    expect(await proven()).toEqual(['2026-03-01 96', '2026-03-02 4'])
  })

  test('and undone leaves the sums as they were', async () => {
    await prove()
    const writing = await own.owner.reserve()
    await writing.unsafe(`begin; ${row('slow')}; rollback`).simple()
    writing.release()
    expect(await own.owner`select from usage_proven_change`).toEqual([])
    expect(await accepted()).toBe('21')
  })

  test('six proofs at once add each day up once', async () => {
    await Promise.all([1, 2, 3, 4, 5, 6].map((each) => prove(each % 2 === 0)))
    await prove()
    expect(await proven()).toEqual(['2026-03-01 16', '2026-03-02 4'])
    expect(await differences()).toEqual([])
  })

  test('a proof from a process whose clock is a month behind takes no day back', async () => {
    await prove()
    await proveDaysOver(own.store, new Date('2026-02-15T09:00:00Z'), { anew: true })
    await own.app`select watch_usage_month('2026-02-01', '2026-02-15', ${own.clock.now()})`
    expect(await proven()).toEqual(['2026-03-01 16', '2026-03-02 4'])
    await receive('2026-02-28T23:59:59Z', 'late', '8')
    expect(await accepted()).toBe('29')
  })
})
