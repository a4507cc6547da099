import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchType, structuredType } from '../../src/http/event-forms.ts'
import { bearing, ownApp, type OwnApp } from './own-app.ts'

let own: OwnApp
beforeAll(async () => {
  own = await ownApp()
})
afterAll(() => own.close())

const event = (changes: object = {}) => ({
  specversion: '1.0',
  id: 'e-1',
  source: 'acme/gateway',
  type: 'tokens',
  subject: 'acme',
  time: '2026-03-02T08:30:00Z',
  data: { value: '500000' },
  ...changes,
})

const post = (body: unknown, type: string) =>
  own.app.request('/v1/events', {
    method: 'POST',
    headers: bearing(own.secret, type),
    body: JSON.stringify(body),
  })

test('an event of nobody we know is kept as unmatched', async () => {
  const answer = await post(event(), structuredType)
  expect([answer.status, await answer.json()]).toMatchObject([
    202,
    { unmatched: 1, results: [{ state: 'unmatched' }] },
  ])
  const again = await post([event(), event({ id: 'e-2' })], batchType)
  expect([again.status, await again.json()]).toMatchObject([202, { duplicates: 1, unmatched: 1 }])
})
