import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchType } from '../../src/http/event-forms.ts'
import { ownApp, type OwnApp } from './own-app.ts'
import { seed } from './seeded.ts'

let own: OwnApp
beforeAll(async () => {
  own = await ownApp()
  await seed(own.store)
})
afterAll(() => own.close())

const event = (source: string, id: string, changes: object = {}) => ({
  specversion: '1.0',
  id,
  source,
  type: 'tokens',
  subject: '001ACME',
  time: '2026-03-02T08:30:00Z',
  data: { value: '2', properties: { region: 'eu' } },
  ...changes,
})

async function sent(body: string) {
  const answer = await own.app.request('/v1/events', {
    method: 'POST',
    headers: { authorization: `Bearer ${own.secret}`, 'content-type': batchType },
    body,
  })
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
}

const stored = (source: string) =>
  own.sql`
    select id, customer_id, meter, subject, occurred_at, value::text as value, properties from usage_event
    where source = ${source} order by id`

const others = (source: string) =>
  JSON.stringify([
    event(source, 'a'),
    event(source, 'b', { data: { value: '3' } }),
    event(source, 'c'),
    event(source, 'c'),
    event(source, 'late', { time: '2026-01-20T08:30:00.125Z' }),
    event(source, 'lost', { subject: 'nobody' }),
    event(source, 'new', { data: { value: '0.125', properties: {} } }),
  ])

test('a batch in its bytes is answered and kept as the same batch with a line feed in it, which is read as any JSON', async () => {
  await sent(JSON.stringify([event('plain', 'a'), event('plain', 'b')]))
  await sent(`\n${JSON.stringify([event('other', 'a'), event('other', 'b')])}`)
  const [plain, other] = [await sent(others('plain')), await sent(`\n${others('other')}`)]
  expect([plain.status, plain.type]).toEqual([207, 'application/json'])
  expect({ ...plain, text: plain.text.replaceAll('"plain"', '"other"') }).toEqual(other)
  const { results, ...counts } = JSON.parse(plain.text) as { results: { state: string; late: boolean }[] }
  expect(counts).toEqual({ object: 'usage_receipt', accepted: 3, unmatched: 1, duplicates: 2, refused: 1 })
  expect(results.map(({ state, late }) => `${state}${late ? ' late' : ''}`)).toEqual([
    'duplicate',
    'conflict',
    'accepted',
    'duplicate',
    'accepted late',
    'unmatched',
    'accepted',
  ])
  const [kept, keptOther] = [await stored('plain'), await stored('other')]
  expect(kept).toHaveLength(6)
  expect(kept).toEqual(keptOther)
})
