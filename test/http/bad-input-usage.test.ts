import { afterAll, beforeAll, expect, test } from 'vitest'
import { countUsage } from '../../src/store/count-usage.ts'
import { batchType, structuredType } from '../../src/http/event-forms.ts'
import { usageOfMonth } from '../../src/store/usage-windows.ts'
import { after } from '../store/store.ts'
import { bearing, got, ownApp, posted, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
})
afterAll(() => own.close())

let turn = 0

/** An event of Acme's tokens at 08:30 on 2 March 2026, half an hour ago, under an id of its own. */
const event = (changes: object = {}) => ({
  specversion: '1.0',
  id: `e-${++turn}`,
  source: 'acme/gateway',
  type: 'tokens',
  subject: '001ACME',
  time: '2026-03-02T08:30:00Z',
  data: { value: '12' },
  ...changes,
})

type Receipt = {
  readonly code?: string
  readonly detail?: string
  readonly errors?: { pointer: string; code: string }[]
  readonly accepted?: number
  readonly results?: { status: number; state: string; late: boolean; errors?: { pointer: string }[] }[]
}

const send = (body: unknown, type: string = structuredType) =>
  posted<Receipt>(own, '/v1/events', body, bearing(own.secret, type))

/** Where a single event is found wrong. */
async function refusedAt(changes: object): Promise<[number, string | undefined, string[] | undefined]> {
  const { status, body } = await send(event(changes))
  return [status, body.code, body.errors?.map(({ pointer }) => pointer)]
}

async function openCodes(subject: string): Promise<string[]> {
  const rows = await own.sql<{ code: string }[]>`
    select code from exception where state = 'open' and subject = ${subject} order by code`
  return rows.map(({ code }) => code)
}

test('102 no id, a blank one and one of 513 characters are 422; 512 pass', async () => {
  for (const id of [undefined, '', '  ', 'x'.repeat(513), 'a\nb', 5])
    expect(await refusedAt({ id })).toEqual([422, 'invalid-event', ['/id']])
  expect((await send(event({ id: 'x'.repeat(512) }))).status).toBe(202)
})

test('103 no source is 422: keys have none to lend', async () => {
  expect(await refusedAt({ source: undefined })).toEqual([422, 'invalid-event', ['/source']])
})

test('104 the same event again is 202 and a duplicate, also when 7.0 is written for 7', async () => {
  const first = event({ data: { value: '7' } })
  expect((await send(first)).body).toMatchObject({ accepted: 1, duplicates: 0 })
  for (const value of ['7', '7.0', '07.000'])
    expect(await send({ ...first, data: { value } })).toMatchObject({
      status: 202,
      body: { accepted: 0, duplicates: 1, results: [{ state: 'duplicate', duplicate: true }] },
    })
})

test('105 the same id with another body is 409, the first stays, and an exception is open', async () => {
  const first = event()
  await send(first)
  const other = await send({ ...first, data: { value: '13' } })
  expect([other.status, other.body.code]).toEqual([409, 'event-conflict'])
  expect(await openCodes(`acme/gateway ${first.id}`)).toEqual(['EVENT_BODY_CHANGED'])
  const [kept] =
    await own.sql`select trim_scale(value)::text as value from usage_event where id = ${first.id}`
  expect(kept).toEqual({ value: '12' })
})

test('106 no value, 12 as a number, 1e400, -1 and NaN are 422; the text 12 is taken', async () => {
  for (const value of [undefined, 12, '1e400', '-1', 'NaN', '', ' 12', '1,2', null, '0x10'])
    expect(await refusedAt({ data: { value } })).toEqual([422, 'invalid-event', ['/data/value']])
  for (const value of ['12', '0', '0.000000000001'])
    expect((await send(event({ data: { value } }))).status).toBe(202)
})

test('107 a value of 19 digits or 13 decimals is 422; 18 and 12 are exact', async () => {
  for (const value of ['1'.repeat(19), `0.${'1'.repeat(13)}`])
    expect(await refusedAt({ data: { value } })).toEqual([422, 'invalid-event', ['/data/value']])
  const value = `${'9'.repeat(18)}.${'9'.repeat(12)}`
  const exact = event({ data: { value } })
  expect((await send(exact)).status).toBe(202)
  expect(await own.sql`select value::text from usage_event where id = ${exact.id}`).toEqual([{ value }])
})

test('108 six minutes ahead is 422 future, four pass; 36 days old is 202 and late', async () => {
  const at = (minutes: number) => new Date(after(0).getTime() + minutes * 60_000).toISOString()
  const ahead = await send(event({ time: at(6) }))
  expect([ahead.status, ahead.body.errors?.[0]?.code]).toEqual([422, 'future'])
  expect((await send(event({ time: at(4) }))).body.results?.[0]).toMatchObject({ status: 202, late: false })
  expect((await send(event({ time: at(-36 * 1_440) }))).body.results?.[0]).toMatchObject({
    status: 202,
    late: true,
  })
})

test('109 a time without a zone, and one that is none, are 422', async () => {
  for (const time of [
    '2026-03-02T08:30:00',
    '2026-03-02',
    '08:30Z',
    '2026-02-30T08:30:00Z',
    1_767_225_600,
    undefined,
  ])
    expect(await refusedAt({ time })).toEqual([422, 'invalid-event', ['/time']])
  expect((await send(event({ time: '2026-03-02T03:30:00.123456-05:00' }))).status).toBe(202)
})

test('110 a meter no contract of the customer sells is kept, and an exception is open', async () => {
  expect(await refusedAt({ type: 'No Meter' })).toEqual([422, 'invalid-event', ['/type']])
  const { status, body } = await send(event({ type: 'calls' }))
  expect([status, body.results?.[0]?.state]).toEqual([202, 'accepted'])
  expect(await openCodes(`${ids.customerId} calls`)).toEqual(['METER_REJECTED'])
})

test('111 an unknown subject is 202 unmatched with one exception, and is given to its customer by a replay', async () => {
  for (const value of ['100', '200'])
    expect((await send(event({ subject: 'acme-eu', data: { value } }))).body).toMatchObject({ unmatched: 1 })
  expect(await openCodes('acme-eu')).toEqual(['UNMATCHED_USAGE'])
  const before = await usedInMarch()
  await own.owner`insert into customer_alias values ('acme-eu', ${ids.customerId}, ${after(0)})`
  const cause = 'no customer is known as "acme-eu"'
  expect((await posted(own, '/v1/exceptions/replay', { cause })).body).toMatchObject({
    stopped: 1,
    taken_up: 1,
  })
  expect(await openCodes('acme-eu')).toEqual([])
  expect((await usedInMarch()) - before).toBe(300)
})

async function usedInMarch(): Promise<number> {
  const [from, to] = [new Date('2026-03-02T08:00:00Z'), new Date('2026-03-02T09:00:00Z')]
  const used = await usageOfMonth(own.store.read, ids.customerId, 'tokens', from, to)
  return Number(used.split('.')[0]?.slice(-6))
}

test('112 use after the contract’s last day is kept, and an exception is open', async () => {
  await own.owner`update contract set ends_before = '2026-03-02' where contract_id = 'ctr_acme'`
  // What was found covered before is taken for true for a minute.
  await own.clock.sleep(60_001)
  const late = (time: string) => send(event({ time }))
  // The last day ends at midnight in New York, five hours after midnight in Greenwich.
  expect((await late('2026-03-02T04:59:59Z')).status).toBe(202)
  expect(await openCodes(`${ids.customerId} tokens`)).toEqual([])
  expect((await late('2026-03-02T05:00:00Z')).body.results?.[0]?.state).toBe('accepted')
  expect(await openCodes(`${ids.customerId} tokens`)).toEqual(['USAGE_AFTER_END'])
})

test('113 a batch of 1,001 events is 413, one of 1,000 is kept', async () => {
  const many = (count: number) => Array.from({ length: count }, () => event())
  expect(await send(many(1_001), batchType)).toMatchObject({ status: 413, body: { code: 'too-many-events' } })
  expect((await send(many(1_000), batchType)).body).toMatchObject({ accepted: 1_000, refused: 0 })
  expect((await send([], batchType)).status).toBe(202)
})

test('114 a mixed batch is 207: each item has its answer, and the good ones are kept', async () => {
  const [good, known] = [event(), event()]
  await send(known)
  const mixed = [good, event({ specversion: '0.3' }), known, { ...known, data: { value: '1' } }, null, 5]
  const { status, body } = await send(mixed, batchType)
  expect(status).toBe(207)
  expect(body).toMatchObject({ accepted: 1, duplicates: 1, refused: 4 })
  expect(body.results?.map(({ status: each, state }) => [each, state])).toEqual([
    [202, 'accepted'],
    [422, 'invalid'],
    [202, 'duplicate'],
    [409, 'conflict'],
    [422, 'invalid'],
    [422, 'invalid'],
  ])
  expect((await send(good)).body).toMatchObject({ duplicates: 1 })
})

test('115 an event of 65 KB is 413, alone and in a batch', async () => {
  const large = event({ data: { value: '1', properties: { note: 'é'.repeat(33_000) } } })
  expect(await send(large)).toMatchObject({ status: 413, body: { code: 'event-too-large' } })
  const { status, body } = await send([large, event()], batchType)
  expect([status, body.results?.map(({ state }) => state)]).toEqual([207, ['too-large', 'accepted']])
  const huge = JSON.stringify([event({ data: { value: '1', note: 'x'.repeat(5_300_000) } })])
  const answer = await own.app.request('/v1/events', {
    method: 'POST',
    headers: bearing(own.secret, batchType),
    body: huge,
  })
  expect([answer.status, await answer.json()]).toMatchObject([413, { code: 'body-too-large' }])
})

test('116 an event in binary form has its attributes in headers', async () => {
  const headers = {
    ...bearing(own.secret, 'application/json'),
    'ce-specversion': '1.0',
    'ce-id': 'binary%20%E2%82%AC',
    'ce-source': 'acme/gateway',
    'ce-type': 'tokens',
    'ce-subject': '001ACME',
    'ce-time': '2026-03-02T08:30:00Z',
  }
  const { status, body } = await posted<Receipt>(own, '/v1/events', { value: '3' }, headers)
  expect([status, body.results?.[0]]).toMatchObject([202, { id: 'binary €', state: 'accepted' }])
  const { 'ce-specversion': _version, ...plain } = headers
  expect((await posted<Receipt>(own, '/v1/events', { value: '3' }, plain)).status).toBe(415)
})

test('117 specversion 0.3 and none are 422', async () => {
  for (const specversion of ['0.3', undefined, 1])
    expect(await refusedAt({ specversion })).toEqual([422, 'invalid-event', ['/specversion']])
})

test('118 data as base64 is 422, and so are unknown attributes and fields', async () => {
  expect(await refusedAt({ data: undefined, data_base64: 'e30=' })).toEqual([
    422,
    'invalid-event',
    ['/data', '/data_base64'],
  ])
  expect(await refusedAt({ data: { value: '1', vlaue: '2' } })).toEqual([
    422,
    'invalid-event',
    ['/data/vlaue'],
  ])
  for (const name of ['constructor', '1st', 'a b'])
    expect((await refusedAt({ data: { value: '1', properties: { [name]: 'x' } } }))[0]).toBe(422)
  const raw = JSON.stringify(event({ data: { value: '1', properties: { p: 'x' } } })).replace(
    '"p"',
    '"__proto__"',
  )
  const headers = bearing(own.secret, structuredType)
  expect((await own.app.request('/v1/events', { method: 'POST', headers, body: raw })).status).toBe(422)
})

test('usage of a known customer asks for its report at the end of the hour, once', async () => {
  await countUsage(own.store, own.options)
  await own.owner`delete from work_item`
  await send(event())
  await send(event())
  await countUsage(own.store, own.options)
  expect(await own.sql`select queue, subject, due_at, attempt from work_item`).toEqual([
    { queue: 'report-usage', subject: 'all', due_at: new Date('2026-03-02T09:00:00Z'), attempt: 0 },
  ])
  expect((await got(own, '/v1/exceptions?filter[code]=UNMATCHED_USAGE')).status).toBe(200)
})
