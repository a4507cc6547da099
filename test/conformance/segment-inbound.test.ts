import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSegmentHook } from '../../connectors/segment/inbound.ts'
import { TrackedMeanings } from '../../src/domain/tracked-event.ts'
import type { Inbound } from '../../src/ports/inbound.ts'

const receivedAt = new Date('2026-03-02T09:00:00Z')
const meanings = TrackedMeanings.parse(
  '{"Tokens Used":{"meter":"tokens","value":"count","customer":"group","properties":{"region":"region"}}}',
)
const hook = createSegmentHook({ secrets: ['now', 'before'], connection: 'web', meanings })

const call = (changes: object = {}) => ({
  type: 'track',
  event: 'Tokens Used',
  messageId: 'm-1',
  userId: 'user-1',
  context: { groupId: 'acme' },
  properties: { count: 500, region: 'eu', note: 'not declared' },
  timestamp: '2026-03-02T08:59:58.250Z',
  ...changes,
})

const signatureOf = (body: string, secret = 'now') => createHmac('sha1', secret).update(body).digest('hex')

function send(body: string, signature: string | null = signatureOf(body)): Promise<Inbound> {
  const headers = new Headers(signature === null ? {} : { 'X-Signature': signature })
  return hook({
    method: 'POST',
    url: 'https://hub.example.com/v1/hooks/segment',
    headers,
    rawBody: body,
    receivedAt,
  })
}

async function accepted(body: unknown) {
  const inbound = await send(JSON.stringify(body))
  if (inbound.kind !== 'accepted') throw new Error(JSON.stringify(inbound))
  return inbound
}

const body = JSON.stringify(call())

test('the signature of hello under the secret now is the one that openssl makes', async () => {
  // printf hello | openssl dgst -sha1 -hmac now
  expect(signatureOf('hello')).toBe('e15364407f82e348a2f6b3755d8fcb000803d88c')
  expect(await send('hello', 'e15364407f82e348a2f6b3755d8fcb000803d88c')).toMatchObject({
    code: 'not-an-object',
  })
})

test.each([
  ['the secret of now', body, signatureOf(body), 'accepted'],
  ['the secret of before', body, signatureOf(body, 'before'), 'accepted'],
  ['large digits', body, signatureOf(body).toUpperCase(), 'accepted'],
  ['another secret', body, signatureOf(body, 'other'), 'bad-signature'],
  ['1 space more in the body', ` ${body}`, signatureOf(body), 'bad-signature'],
  ['38 digits', body, signatureOf(body).slice(2), 'bad-signature'],
  ['no signature', body, null, 'unsigned'],
  ['a body that is no JSON', '{', signatureOf('{'), 'not-an-object'],
])('%s: %#', async (_which, text, signature, expected) => {
  const inbound = await send(text, signature)
  expect(inbound.kind === 'accepted' ? 'accepted' : inbound.code).toBe(expected)
  expect(inbound.kind === 'accepted' ? 400 : inbound.status).toBe(400)
})

test('a declared event of 500 tokens is 1 usage event of the group, and keeps nothing that was not declared', async () => {
  const { usage, deliveries, reply } = await accepted(call())
  expect(usage).toEqual([
    {
      source: 'segment:web',
      id: 'm-1',
      meter: 'tokens',
      subject: 'acme',
      occurredAt: new Date('2026-03-02T08:59:58.250Z'),
      value: '500',
      properties: { region: 'eu' },
    },
  ])
  expect(deliveries).toEqual([])
  expect(reply.body).toBe('{"usage":1}')
})

test('12345678901234567.123456789012 tokens keep all 29 digits, though JSON holds them as a number', async () => {
  const text = body.replace('500', '12345678901234567.123456789012')
  const inbound = await send(text)
  expect(inbound.kind === 'accepted' && inbound.usage?.[0]?.value).toBe('12345678901234567.123456789012')
})

test.each([
  [{ type: 'identify', traits: { email: 'a@example.com' } }, 'identify is no usage'],
  [{ event: 'Page Seen' }, 'no usage is declared for the event "Page Seen"'],
])('%j is taken and ignored with the reason: %s', async (changes, reason) => {
  const { usage, deliveries, reply } = await accepted(call(changes))
  expect(usage).toEqual([])
  expect(deliveries).toMatchObject([
    { provider: 'segment', account: 'web', deliveryId: 'm-1', ignoredBecause: reason },
  ])
  expect(deliveries[0]?.body).not.toContain('example.com')
  expect(JSON.parse(reply.body)).toEqual({ ignored: reason })
})

test.each([
  [{ context: {} }, 'invalid-event', '/subject'],
  [{ properties: {} }, 'invalid-event', '/data/value'],
  [{ properties: { count: -1 } }, 'invalid-event', '/data/value'],
  [{ timestamp: '2026-03-02T09:05:01Z' }, 'invalid-event', '/time'],
  [{ messageId: undefined }, 'unreadable-call', 'messageId'],
])(
  'use that cannot be counted, %j, is answered 200 and kept with its whole body: %s',
  async (changes, code, part) => {
    const { usage, deliveries } = await accepted(call(changes))
    expect(usage).toEqual([])
    expect(deliveries).toMatchObject([{ type: 'malformed', refusedUsage: { code } }])
    expect(deliveries[0]?.refusedUsage?.why).toContain(part)
    expect(JSON.parse(deliveries[0]?.body ?? '')).toMatchObject({ event: 'Tokens Used', userId: 'user-1' })
  },
)

test('2 calls in one body are refused, although the first of them is signed', async () => {
  const inbound = await send(JSON.stringify([call(), call({ messageId: 'm-2' })]), signatureOf(body))
  expect(inbound).toMatchObject({ kind: 'refused' })
  const wholeBatch = JSON.stringify([call()])
  expect(await send(wholeBatch)).toMatchObject({ kind: 'refused', status: 400, code: 'batched' })
})
