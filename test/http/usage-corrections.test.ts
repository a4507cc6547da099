import { afterAll, beforeAll, expect, test } from 'vitest'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { usageIntake } from '../../src/http/accept-usage.ts'
import { batchType, structuredType } from '../../src/http/event-forms.ts'
import { usageOfMonth } from '../../src/store/usage-windows.ts'
import { bearing, got, ownApp, posted, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
})
afterAll(() => own.close())

const attributes = (id: string, changes: object = {}) => ({
  specversion: '1.0',
  id,
  source: 'acme/gateway',
  type: 'tokens',
  subject: '001ACME',
  time: '2026-03-02T08:30:00Z',
  ...changes,
})
const use = (id: string, value: string, changes: object = {}) => ({
  ...attributes(id),
  data: { value },
  ...changes,
})
const retraction = (id: string, retracts: unknown, changes: object = {}) =>
  attributes(id, { retracts, ...changes })

type Result = { status: number; state: string; errors?: { pointer: string; code: string; message: string }[] }
type Receipt = {
  readonly code?: string
  readonly detail?: string
  readonly errors?: { pointer: string; code: string }[]
  readonly accepted?: number
  readonly refused?: number
  readonly results?: Result[]
}

const send = (body: unknown, type: string = structuredType) =>
  posted<Receipt>(own, '/v1/events', body, bearing(own.secret, type))

const used = () =>
  usageOfMonth(
    own.store.read,
    ids.customerId,
    'tokens',
    new Date('2026-03-01T00:00:00Z'),
    new Date('2026-04-01T00:00:00Z'),
  )

test('a retraction alone is 202, again a duplicate, a second one 409 that names the first, and one of an unknown id 404 (E6-120)', async () => {
  await send(use('one', '5'))
  expect((await send(retraction('one-r', 'one'))).body).toMatchObject({ accepted: 1 })
  expect((await send(retraction('one-r', 'one'))).body).toMatchObject({ results: [{ state: 'duplicate' }] })
  expect(await send(retraction('one-s', 'one'))).toMatchObject({
    status: 409,
    body: { code: 'event-corrected', detail: '/retracts: The event one was corrected by one-r already.' },
  })
  expect(await send(retraction('two-r', 'two'))).toMatchObject({
    status: 404,
    body: { code: 'unknown-event', detail: '/retracts: acme/gateway sent no event two.' },
  })
  expect(await send(retraction('one-x', 'one-r'))).toMatchObject({
    status: 409,
    body: { code: 'correction-mismatch' },
  })
  expect(await used()).toBe('0')
})

test('a retraction with data, of no text, of itself, and one that replaces as well are 422', async () => {
  const refused = async (body: object) => {
    const answer = await send(body)
    return [answer.status, answer.body.errors?.map(({ pointer }) => pointer)]
  }
  expect(await refused(retraction('r', 'a', { data: { value: '1' } }))).toEqual([422, ['/data']])
  expect(await refused(retraction('r', ''))).toEqual([422, ['/retracts']])
  expect(await refused(retraction('r', 5))).toEqual([422, ['/retracts']])
  expect(await refused(retraction('r', 'r'))).toEqual([422, ['/retracts']])
  expect(await refused(retraction('r', 'a', { replaces: 'b' }))).toEqual([422, ['/replaces']])
  expect(await refused(use('r', '1', { replaces: 'r' }))).toEqual([422, ['/replaces']])
})

test('a batch of use and its corrections in any order is answered item by item: 4 taken, 2 refused, 9 tokens counted', async () => {
  const before = Number(await used())
  const { status, body } = await send(
    [
      retraction('b-r', 'b-1'),
      use('b-1', '5'),
      use('b-2', '8', { replaces: 'b-3' }),
      use('b-3', '2'),
      retraction('b-x', 'nothing'),
      use('b-4', '1', { replaces: 'b-1' }),
      use('b-5', '1'),
    ],
    batchType,
  )
  expect(status).toBe(207)
  expect(body.results?.map((result) => [result.status, result.state])).toEqual([
    [202, 'accepted'],
    [202, 'accepted'],
    [202, 'accepted'],
    [202, 'accepted'],
    [404, 'unknown-event'],
    [409, 'not-corrected'],
    [202, 'accepted'],
  ])
  expect(body).toMatchObject({ accepted: 5, refused: 2 })
  expect(Number(await used()) - before).toBe(9)
})

test('binary mode: ce-retracts and no body', async () => {
  await send(use('binary', '5'))
  const headers = Object.fromEntries(
    Object.entries(retraction('binary-r', 'binary')).map(([name, value]) => [`ce-${name}`, String(value)]),
  )
  const answer = await own.app.request('/v1/events', {
    method: 'POST',
    headers: { ...bearing(own.secret), ...headers },
  })
  expect([answer.status, ((await answer.json()) as Receipt).accepted]).toEqual([202, 1])
  const [kept] =
    await own.sql`select kind, original_id, quantity::text from usage_correction where correcting_id = 'binary-r'`
  expect(kept).toEqual({ kind: 'retraction', original_id: 'binary', quantity: '5' })
})

test('a stream takes use and corrections: 3 lines accepted, the unknown one told by its line', async () => {
  const lines = [
    use('s-1', '5'),
    retraction('s-r', 's-1'),
    retraction('s-x', 's-9'),
    use('s-2', '1', { replaces: 's-1' }),
  ]
  const answer = await own.app.request('/v1/events/stream', {
    method: 'POST',
    headers: bearing(own.secret, 'application/x-ndjson'),
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
  const told = (await answer.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(told).toMatchObject([
    { line: 3, status: 404, state: 'unknown-event' },
    { line: 4, status: 409, state: 'not-corrected' },
    { object: 'usage_stream_receipt', accepted: 2, refused: 2 },
  ])
})

test('two processes correct the same 40 events at once: each is corrected once', async () => {
  const plain = Array.from({ length: 40 }, (_, index): UsageEvent => {
    const occurredAt = new Date('2026-03-02T08:30:00Z')
    return {
      source: 'race',
      id: `e${index}`,
      meter: 'tokens',
      subject: '001ACME',
      occurredAt,
      value: '1',
      properties: {},
    }
  })
  const [one, other] = [usageIntake(own.options), usageIntake(own.options)]
  await one(plain)
  const corrections = (by: string) =>
    plain.map((event): UsageEvent => ({
      ...event,
      id: `${event.id}-${by}`,
      value: '0',
      properties: { retracts: event.id },
      corrects: { kind: 'retraction', id: event.id },
    }))
  const outcomes = await Promise.all([
    one(corrections('a')),
    other(corrections('b').toReversed()),
    one(corrections('c')),
    other(corrections('d').toReversed()),
  ])
  const taken = outcomes.flat().filter((outcome) => outcome === 'accepted')
  const late = outcomes
    .flat()
    .filter((outcome) => typeof outcome === 'object' && outcome.fault.code === 'event-corrected')
  expect([taken.length, late.length]).toEqual([40, 120])
})

test('the corrections of a customer are read page by page, with what each voided and why', async () => {
  const path = `/v1/usage/corrections?filter[customer]=${ids.customerId}&filter[meter]=tokens&limit=2`
  const first = await got<{ data: { original_id: string; quantity: string }[]; next_cursor: string }>(
    own,
    path,
  )
  expect(first.status).toBe(200)
  expect(first.body.data).toHaveLength(2)
  const rest = await got<{ data: object[] }>(own, `${path}&cursor=${first.body.next_cursor}`)
  expect(rest.body.data).toHaveLength(2)
  expect(rest.body.data[0]).not.toEqual(first.body.data[1])
  const all = await got<{ data: object[] }>(
    own,
    `/v1/usage/corrections?filter[customer]=${ids.customerId}&limit=100`,
  )
  expect(all.body.data).toContainEqual({
    object: 'usage_correction',
    kind: 'retraction',
    source: 'acme/gateway',
    original_id: 'one',
    correcting_id: 'one-r',
    customer_id: ids.customerId,
    meter: 'tokens',
    subject: '001ACME',
    occurred_at: '2026-03-02T08:30:00.000Z',
    quantity: '5',
    corrected_at: '2026-03-02T08:30:00.000Z',
    received_at: '2026-03-02T09:00:00.000Z',
  })
})

test('a preview tells what a batch would become and cost, and keeps nothing', async () => {
  const preview = (body: unknown) =>
    posted<{ results: Result[]; effects: Record<string, unknown>[]; totals: object[] }>(
      own,
      '/v1/events/preview',
      body,
      bearing(own.secret, batchType),
    )
  const before = await used()
  const batch = [use('p-1', '25000000'), retraction('p-r', 'binary'), use('p-2', '4', { subject: 'nobody' })]
  const first = await preview(batch)
  expect(first.status).toBe(200)
  expect(first.body.results.map(({ status, state }) => [status, state])).toEqual([
    [202, 'accepted'],
    [409, 'not-corrected'],
    [202, 'unmatched'],
  ])
  expect(first.body.effects).toMatchObject([
    {
      customer_id: ids.customerId,
      meter: 'tokens',
      contract_id: ids.contractId,
      period: { starts_on: '2026-03-01', ends_before: '2026-04-01' },
      billed_by: 'own-invoice',
      quantity_before: before,
      quantity_after: String(25_000_000 + Number(before)),
      amount_before: { amount: '0', currency: 'USD' },
      amount_after: { amount: '4800', currency: 'USD' },
      change: { amount: '4800', currency: 'USD' },
    },
  ])
  expect(first.body.totals).toEqual([
    {
      total: { amount: '4800', currency: 'USD' },
      on_next_invoices: { amount: '0', currency: 'USD' },
    },
  ])
  expect((await preview(batch)).body).toEqual(first.body)
  expect(await used()).toBe(before)
})

test('the events behind a line are those that count: neither what was corrected nor its retractions', async () => {
  const answer = await own.app.request(
    `/v1/contracts/${ids.contractId}/usage-events?filter[starts_on]=2026-03-01`,
    { headers: bearing(own.secret) },
  )
  const [head, ...lines] = (await answer.text())
    .trim()
    .split('\r\n')
    .map((line) => line.split(','))
  const [idAt, quantityAt] = [head?.indexOf('id') ?? -1, head?.indexOf('counted') ?? -1]
  const sent = lines.map((line) => line[idAt])
  expect(sent).toEqual(expect.arrayContaining(['b-2', 'b-5']))
  for (const id of ['one', 'one-r', 'b-1', 'b-3', 'b-r']) expect(sent).not.toContain(id)
  const sum = lines.reduce((total, line) => total + Number(line[quantityAt]), 0)
  expect(String(sum)).toBe(await used())
})
