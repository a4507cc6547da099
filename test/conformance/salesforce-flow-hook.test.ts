import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSalesforceFlowHook } from '../../connectors/salesforce/inbound.ts'
import type { Inbound } from '../../src/ports/inbound.ts'

const organizationId = '00D000000000001EAA'
const receivedAt = new Date('2026-11-18T09:26:40Z')
const seconds = receivedAt.getTime() / 1000

function send(rawBody: string, headers: Record<string, string> = {}): Promise<Inbound> {
  const url = 'https://hub.example/hooks/salesforce'
  return hook({ method: 'POST', url, headers: new Headers(headers), rawBody, receivedAt })
}

function deliveriesOf(inbound: Inbound) {
  if (inbound.kind !== 'accepted') throw new Error(`Refused: ${JSON.stringify(inbound)}`)
  return inbound.deliveries
}

const secrets = ['old secret', 'new secret']
const hook = createSalesforceFlowHook({ secrets, organizationId })
const body = JSON.stringify({ organizationId, eventId: 'evt-1', deals: [{ id: '006000000000001' }] })
const sign = (text: string, secret = 'new secret', at = seconds) =>
  createHmac('sha256', secret).update(`${at}.${text}`).digest('hex')
const signed = (text: string, secret?: string, at = seconds) => ({
  'X-Tieout-Signature': `t=${at},v1=${sign(text, secret, at)}`,
})

test('a known vector: HMAC-SHA256 of "1795000000.{}" under "secret"', async () => {
  const vector = createSalesforceFlowHook({ secrets: ['secret'], organizationId })
  const hex = '6b4c7e66d3b69c810f27c4aa67ee370757d4dfdabf1fbb338ea7cf6aba9e0494'
  const headers = new Headers({ 'X-Tieout-Signature': `t=1795000000,v1=${hex}` })
  const request = { method: 'POST', url: 'https://hub.example', headers, rawBody: '{}' }
  // The signature fits, so what is refused is the body.
  expect(await vector({ ...request, receivedAt: new Date(1_795_000_000_000) })).toMatchObject({
    kind: 'refused',
    code: 'unknown-organization',
  })
})

test('a signed call is one delivery a deal, widened, at the time it was signed', async () => {
  const [delivery, ...others] = deliveriesOf(await send(body, signed(body)))
  expect(others).toEqual([])
  expect(delivery).toEqual({
    provider: 'salesforce',
    account: organizationId,
    deliveryId: 'evt-1:006000000000001AAA',
    type: 'opportunity.changed',
    occurredAt: receivedAt,
    body: JSON.stringify({ dealId: '006000000000001AAA', organizationId, fields: {} }),
    dealId: '006000000000001AAA',
  })
})

test('the same deal twice in one call is one delivery, and dealId alone will do', async () => {
  const twice = JSON.stringify({
    organizationId,
    eventId: 'evt-2',
    deals: [{ id: '006000000000001' }, { id: '006000000000001AAA' }],
  })
  expect(deliveriesOf(await send(twice, signed(twice)))).toHaveLength(1)
  const single = JSON.stringify({ organizationId, eventId: 'evt-3', dealId: '006000000000001AAA' })
  expect(deliveriesOf(await send(single, signed(single)))).toHaveLength(1)
})

test('either active secret will do, and one right signature of two', async () => {
  expect((await send(body, signed(body, 'old secret'))).kind).toBe('accepted')
  const both = { 'X-Tieout-Signature': `t=${seconds},v1=${'0'.repeat(64)},v1=${sign(body)}` }
  expect((await send(body, both)).kind).toBe('accepted')
})

test.each([
  [299, 'accepted'],
  [-299, 'accepted'],
  [300, 'accepted'],
  [301, 'stale'],
  [-301, 'stale'],
])('signed %i seconds from now: %s', async (offset, expected) => {
  const inbound = await send(body, signed(body, 'new secret', seconds + offset))
  expect(inbound.kind === 'refused' ? inbound.code : inbound.kind).toBe(expected)
})

test.each([
  ['no signature', {}],
  ['another secret', signed(body, 'wrong secret')],
  ['another body', signed(`${body} `)],
  ['no time', { 'X-Tieout-Signature': `v1=${sign(body)}` }],
  ['a time that is no number', { 'X-Tieout-Signature': `t=now,v1=${sign(body)}` }],
  ['a time of 1e20', { 'X-Tieout-Signature': `t=1e20,v1=${sign(body)}` }],
  ['two times', { 'X-Tieout-Signature': `t=${seconds},t=${seconds},v1=${sign(body)}` }],
  ['half a signature', { 'X-Tieout-Signature': `t=${seconds},v1=${sign(body).slice(0, 32)}` }],
])('%s is refused with 400', async (_what, headers) => {
  const inbound = await send(body, headers as Record<string, string>)
  expect(inbound).toMatchObject({ kind: 'refused', status: 400, code: 'signature' })
})

test('the right signature does not fit a body that was re-formatted on the way', async () => {
  const formatted = JSON.stringify(JSON.parse(body), null, 2)
  expect(await send(formatted, signed(body))).toMatchObject({ kind: 'refused', status: 400 })
})

test.each([
  [
    'another organisation',
    { organizationId: '00D000000000002EAA', eventId: 'e', dealId: '006000000000001' },
    403,
  ],
  ['no organisation', { eventId: 'e', dealId: '006000000000001' }, 403],
  ['no event id', { organizationId, dealId: '006000000000001' }, 400],
  ['an event id with a newline', { organizationId, eventId: 'a\nb', dealId: '006000000000001' }, 400],
  ['no deal', { organizationId, eventId: 'e' }, 400],
  ['an empty list', { organizationId, eventId: 'e', deals: [] }, 400],
  ['a deal that is no id', { organizationId, eventId: 'e', deals: [{ id: "x' OR 1=1" }] }, 400],
  ['a list', [1, 2], 400],
  ['null', null, 400],
])('%s is refused with %3$i', async (_what, content, status) => {
  const text = JSON.stringify(content)
  expect(await send(text, signed(text))).toMatchObject({ kind: 'refused', status })
})

test('a body that is no JSON is refused with 400', async () => {
  expect(await send('{"organizationId":', signed('{"organizationId":'))).toMatchObject({
    kind: 'refused',
    status: 400,
    code: 'malformed-message',
  })
})
