import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchType } from '../../src/http/event-forms.ts'
import { bearing, got, ownApp, posted, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
  // More than two pages that lie in one moment, and some around the borders of March: noon UTC, which is the middle of the night nowhere in America.
  for (const turn of [0, 1, 2, 3, 4]) await use(thousand(turn))
  await use([
    event('before', '2026-03-01T11:59:59.999Z', '100'),
    event('first', '2026-03-01T12:00:00Z', '0.5'),
    event('=HYPERLINK("http://evil.example")', '2026-03-02T08:30:00Z', '12', { region: 'eu, west' }),
    event('of-nobody', '2026-03-02T08:30:00Z', '7', {}, 'nobody'),
  ])
})
afterAll(() => own.close())

function event(id: string, time: string, value: string, properties = {}, subject = '001ACME') {
  const data = { value, properties }
  return { specversion: '1.0', id, source: 'acme/gateway', type: 'tokens', subject, time, data }
}

const thousand = (turn: number) =>
  Array.from({ length: 1_000 }, (_none, index) => event(`${turn}-${index}`, '2026-03-02T08:15:00Z', '2'))

async function use(events: readonly object[]): Promise<void> {
  const { status } = await posted(own, '/v1/events', events, bearing(own.secret, batchType))
  expect(status).toBe(202)
}

const exported = (query = '', id = 'C-1001', secret = own.secret) =>
  own.app.request(`/v1/contracts/${id}/usage-events${query}`, {
    headers: { authorization: `Bearer ${secret}` },
  })

test('B30 the raw events behind a line are a CSV file whose values add up to its quantity, formulas made harmless', async () => {
  const answer = await exported('?filter[starts_on]=2026-03-01')
  expect([
    answer.status,
    answer.headers.get('content-type'),
    answer.headers.get('content-disposition'),
  ]).toEqual([
    200,
    'text/csv; charset=utf-8; header=present',
    'attachment; filename="C-1001-tokens-2026-03-01.csv"',
  ])
  const rows = parse(await answer.text(), { columns: true }) as Record<string, string>[]
  expect(rows).toHaveLength(5_002)
  expect(new Set(rows.map(({ id }) => id)).size).toBe(5_002)
  expect(rows[0]).toEqual({
    time: '2026-03-01T12:00:00.000Z',
    received_at: '2026-03-02T09:00:00.000Z',
    source: 'acme/gateway',
    id: 'first',
    customer: '001ACME',
    type: 'tokens',
    value: '0.5',
    counted: '0.5',
    properties: '',
  })
  expect(rows.at(-1)).toMatchObject({
    id: '\'=HYPERLINK("http://evil.example")',
    properties: '{"region":"eu, west"}',
  })
  const sum = rows.reduce((total, { counted }) => total + Number(counted), 0)
  const upcoming = await got<{ lines: { quantity: string }[] }>(
    own,
    `/v1/contracts/${ids.contractId}/upcoming-usage`,
  )
  expect([sum, upcoming.body.lines[0]?.quantity]).toEqual([10_012.5, '10012.5'])
})

test('a period of its own has its own events, and one without use has none', async () => {
  const february = parse(await (await exported('?filter[starts_on]=2026-02-01')).text()) as string[][]
  expect(february.map(([, , , id]) => id)).toEqual(['id', 'before'])
  const june = await exported('?filter[starts_on]=2026-06-01')
  expect(await june.text()).toBe('time,received_at,source,id,customer,type,value,counted,properties\r\n')
})

test('what is not there is a problem: no such contract, period or line, an unknown filter, a key without the scope', async () => {
  const problemOf = async (answer: Response | Promise<Response>) => {
    const { status, code } = (await (await answer).json()) as { status: number; code: string }
    return [status, code]
  }
  expect(await problemOf(exported('', 'C-9999'))).toEqual([404, 'not-found'])
  for (const query of [
    '?filter[starts_on]=2026-03-02',
    '?filter[starts_on]=march',
    '?filter[line]=seats',
    '?line=1',
  ])
    expect([query, ...(await problemOf(exported(query)))]).toEqual([query, 400, 'invalid-query'])
  expect(await problemOf(exported('', 'C-1001', await own.keyWith('usage:write')))).toEqual([
    403,
    'missing-scope',
  ])
  expect((await own.app.request('/v1/contracts/C-1001/usage-events')).status).toBe(401)
})

test('an export of any length is a stream: of 5,002 events no piece holds more than 2,000, and none is read before it is asked for (E9-149)', async () => {
  const body = (await exported('?filter[starts_on]=2026-03-01')).body as ReadableStream<Uint8Array>
  const lines: number[] = []
  for await (const piece of body) lines.push(new TextDecoder().decode(piece).split('\r\n').length - 1)
  expect(lines).toEqual([1, 1, 2_000, 2_000, 1_001])
  const left = (await exported('?filter[starts_on]=2026-03-01')).body as ReadableStream<Uint8Array>
  const reader = left.getReader()
  await reader.read()
  await reader.cancel()
  expect(
    await own.sql`select count(*)::integer as active from pg_stat_activity
    where datname = current_database() and state = 'active' and pid <> pg_backend_pid()`,
  ).toEqual([{ active: 0 }])
})

test('events that lie in files are not left out in silence: the export is refused and names the files, until they are back', async () => {
  await own.owner`insert into usage_archived_month (month, event_count, content_hash, archived_at) values ('2026-02-01', 3, 'x', now())`
  await own.owner`insert into usage_archived_file (file_hash, month, name, event_count, archived_at)
    select 'f', month, 'usage-2026-02-part-1.parquet', 3, archived_at from usage_archived_month`
  await own.owner`insert into usage_archived_sum (customer_id, meter, month, event_count, quantity, first_at, last_at)
    values (${ids.customerId}, 'tokens', '2026-02-01', 3, 9, '2026-02-10T00:00:00Z', '2026-02-11T00:00:00Z')`
  const refused = await exported('?filter[starts_on]=2026-02-01')
  expect(await refused.json()).toMatchObject({
    status: 409,
    code: 'usage-put-away',
    detail: expect.stringContaining('2026-02 (usage-2026-02-part-1.parquet)'),
  })
  expect((await exported('?filter[starts_on]=2026-03-01')).status).toBe(200)
  await own.owner`update usage_archived_month set restored_at = now()`
  expect((await exported('?filter[starts_on]=2026-02-01')).status).toBe(200)
})
