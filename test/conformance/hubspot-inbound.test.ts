import { describe, expect, test } from 'vitest'
import { createHubSpotHook, decodedForSigning } from '../../connectors/hubspot/inbound.ts'
import type { Inbound } from '../../src/ports/inbound.ts'
import { hookTarget, signed } from './hubspot-world.ts'

const now = new Date('2026-11-20T12:00:00.000Z')

const event = (more: Readonly<Record<string, unknown>> = {}) => ({
  eventId: 3_816_279_340,
  subscriptionId: 3_100_101,
  portalId: 44_120_887,
  appId: 1_204_777,
  occurredAt: 1_795_176_000_000,
  subscriptionType: 'deal.propertyChange',
  attemptNumber: 0,
  objectId: 20_400_000_039,
  propertyName: 'dealstage',
  propertyValue: 'closedwon',
  changeSource: 'CRM_UI',
  sourceId: 'userId:7201',
  ...more,
})

type Sent = {
  body?: string
  headers?: Headers
  at?: Date
  secrets?: string[]
  publicUrl?: string
  url?: string
}

/** Sends a body to the hook, signed just now unless said otherwise. */
function send(sent: Sent = {}): Promise<Inbound> {
  const body = sent.body ?? JSON.stringify([event()])
  const hook = createHubSpotHook({
    clientSecrets: sent.secrets ?? [hookTarget.clientSecret],
    publicUrl: sent.publicUrl ?? hookTarget.url,
    portalId: '44120887',
  })
  return hook({
    method: 'POST',
    url: sent.url ?? hookTarget.url,
    headers: sent.headers ?? signed(body, sent.at ?? now),
    rawBody: body,
    receivedAt: now,
  })
}

async function refusalOf(sent: Sent): Promise<[number, string] | 'accepted'> {
  const inbound = await send(sent)
  return inbound.kind === 'accepted' ? 'accepted' : [inbound.status, inbound.code]
}

async function deliveriesOf(body: string) {
  const inbound = await send({ body })
  if (inbound.kind !== 'accepted') throw new Error(JSON.stringify(inbound))
  return inbound.deliveries
}

const example =
  '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"deal.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
const vector = (publicUrl: string, signature: string) => {
  const receivedAt = new Date(1_780_000_000_000)
  const hook = createHubSpotHook({
    clientSecrets: ['yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy'],
    publicUrl,
    portalId: '62515',
  })
  const headers = new Headers({
    'X-HubSpot-Signature-v3': signature,
    'X-HubSpot-Request-Timestamp': '1780000000000',
  })
  return hook({ method: 'POST', url: publicUrl, headers, rawBody: example, receivedAt })
}

describe('the signature', () => {
  test('made with openssl over a plain address is accepted', async () => {
    const inbound = await vector(
      'https://www.example.com/webhook_uri',
      'UBlm3/9wMDMMnRQYbypQ2DxYZ3vc48QWKxkcEmvklxk=',
    )
    expect(inbound.kind).toBe('accepted')
  })

  test('made with openssl over the decoded query of an address with %3A and %2C is accepted; %20 stays as it is', async () => {
    const inbound = await vector(
      'https://www.example.com/hooks/hub?a=x%3Ay&b=%20z&c=1%2C2',
      'm1zjRxkoceZBfXO/4yGaIhuCbSACQ3aY/xscijHGf5A=',
    )
    expect(inbound.kind).toBe('accepted')
  })

  test('exactly twelve escapes are decoded, in either case', () => {
    expect(decodedForSigning('%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B')).toBe(":/?@!$'()*,;")
    expect(decodedForSigning('%3a%2f %20%25%26%3D%23%2B')).toBe(':/ %20%25%26%3D%23%2B')
  })

  test('over the public address counts, whatever address the request came in by', async () => {
    expect(await refusalOf({ url: 'http://10.0.0.7:3000/webhooks/hubspot' })).toBe('accepted')
    expect(await refusalOf({ publicUrl: 'https://other.example/webhooks/hubspot' })).toEqual([
      400,
      'bad-signature',
    ])
  })

  test('of any active secret is accepted, of a retired one refused', async () => {
    const old = { ...hookTarget, clientSecret: 'secret-zero' }
    const body2 = JSON.stringify([event()])
    const headers = signed(body2, now, old)
    expect(await refusalOf({ body: body2, headers, secrets: ['secret-one', 'secret-zero'] })).toBe('accepted')
    expect(await refusalOf({ body: body2, headers, secrets: ['secret-one'] })).toEqual([400, 'bad-signature'])
    expect(await refusalOf({ body: body2, headers, secrets: [] })).toEqual([400, 'bad-signature'])
  })
})

describe('a signature that does not fit', () => {
  test('does not fit a body that was formatted anew', async () => {
    const compact = JSON.stringify([event()])
    const pretty = JSON.stringify([event()], null, 2)
    expect(await refusalOf({ body: pretty, headers: signed(compact, now) })).toEqual([400, 'bad-signature'])
  })

  test('v1 alone is not enough', async () => {
    const headers = signed(JSON.stringify([event()]), now)
    headers.delete('x-hubspot-signature-v3')
    expect(await refusalOf({ headers })).toEqual([400, 'unsigned'])
  })

  test.each(['', 'not base64 !', 'AAAA', `${'A'.repeat(43)}=`])('%j is refused', async (signature) => {
    const headers = signed(JSON.stringify([event()]), now)
    headers.set('x-hubspot-signature-v3', signature)
    expect(await refusalOf({ headers })).toEqual([400, 'bad-signature'])
  })

  test.each([
    [-301_000, [400, 'stale']],
    [-300_000, 'accepted'],
    [300_000, 'accepted'],
    [301_000, [400, 'stale']],
  ])('%s ms away from our time: %j', async (milliseconds, expected) => {
    expect(await refusalOf({ at: new Date(now.getTime() + milliseconds) })).toEqual(expected)
  })

  test.each(['', 'yesterday', '1e20', '-5', '99999999999999999999'])(
    'with the time %j is refused',
    async (timestamp) => {
      const headers = signed(JSON.stringify([event()]), now)
      headers.set('x-hubspot-request-timestamp', timestamp)
      expect(await refusalOf({ headers })).toEqual([400, 'unsigned'])
    },
  )
})

describe('the body', () => {
  test.each(['', 'deal closed', '{"eventId":1}', 'null', '[{"eventId":1}'])('%j is refused', async (body) => {
    expect(await refusalOf({ body })).toEqual([400, 'not-an-array'])
  })

  test('of no events is accepted and leaves nothing', async () => {
    expect(await deliveriesOf('[]')).toEqual([])
  })

  test('of 1,000 events is accepted, of 1,001 refused with 413', async () => {
    const events = Array.from({ length: 1001 }, (_, eventId) => event({ eventId }))
    expect((await deliveriesOf(JSON.stringify(events.slice(1)))).length).toBe(1000)
    expect(await refusalOf({ body: JSON.stringify(events) })).toEqual([413, 'too-many-events'])
  })

  test('becomes one delivery for each event, named by what happened to what', async () => {
    expect(await deliveriesOf(JSON.stringify([event({ attemptNumber: 3 })]))).toEqual([
      {
        provider: 'hubspot',
        account: '44120887',
        deliveryId: '44120887-3100101-20400000039-dealstage-1795176000000-3816279340',
        type: 'deal.propertyChange',
        occurredAt: new Date('2026-11-20T12:00:00.000Z'),
        body: JSON.stringify({ ...event(), attemptNumber: undefined }),
        dealId: '20400000039',
      },
    ])
  })

  test('of a retry gives the same delivery as the first try', async () => {
    const [first] = await deliveriesOf(JSON.stringify([event({ attemptNumber: 0 })]))
    const [retry] = await deliveriesOf(JSON.stringify([event({ attemptNumber: 4 })]))
    expect(retry).toEqual(first)
  })
})

describe('odd events', () => {
  test('of an event of three years ago is accepted', async () => {
    const [delivery] = await deliveriesOf(JSON.stringify([event({ occurredAt: 1_700_481_600_000 })]))
    expect(delivery?.occurredAt).toEqual(new Date('2023-11-20T12:00:00.000Z'))
  })

  test('with an event of a kind we do not know is stored', async () => {
    const [delivery] = await deliveriesOf(JSON.stringify([event({ subscriptionType: 'ticket.creation' })]))
    expect([delivery?.type, delivery?.dealId]).toEqual(['ticket.creation', undefined])
  })

  test('with good and bad events keeps the good ones and shows the bad ones', async () => {
    const items = [event(), event({ portalId: 999 }), { eventId: 'x' }, 'text', null, event({ eventId: 2 })]
    const deliveries = await deliveriesOf(JSON.stringify(items))
    expect(deliveries.map(({ type }) => type)).toEqual([
      'deal.propertyChange',
      'malformed',
      'malformed',
      'malformed',
      'malformed',
      'deal.propertyChange',
    ])
    expect(JSON.parse(deliveries[1]?.body ?? '')).toMatchObject({
      reason: 'The event is of portal 999',
      item: { portalId: 999 },
    })
    expect(new Set(deliveries.map(({ deliveryId }) => deliveryId)).size).toBe(6)
    expect(await deliveriesOf(JSON.stringify(items))).toEqual(deliveries)
  })
})

describe('the deal an event is about', () => {
  test.each([
    ['a deletion', event({ subscriptionType: 'deal.deletion', objectId: 11 }), '11'],
    [
      'a merge: the deal it began with, which answers as the new one',
      event({
        subscriptionType: 'deal.merge',
        objectId: 30,
        primaryObjectId: 10,
        mergedObjectIds: [20],
        newObjectId: 30,
      }),
      '10',
    ],
    [
      'a line that came or went',
      event({
        subscriptionType: 'deal.associationChange',
        objectId: undefined,
        associationType: 'DEAL_TO_LINE_ITEM',
        fromObjectId: 12,
        toObjectId: 77,
      }),
      '12',
    ],
    [
      'an event by object type',
      event({ subscriptionType: 'object.propertyChange', objectTypeId: '0-3', objectId: 13 }),
      '13',
    ],
    ['a company', event({ subscriptionType: 'company.propertyChange', objectId: 14 }), undefined],
  ])('%s', async (_title, item, dealId) => {
    const [delivery] = await deliveriesOf(JSON.stringify([item]))
    expect(delivery?.dealId).toBe(dealId)
  })
})
