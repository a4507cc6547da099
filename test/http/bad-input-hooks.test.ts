import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHubSpotHook } from '../../connectors/hubspot/inbound.ts'
import {
  createSalesforceFlowHook,
  createSalesforceOutboundMessageHook,
} from '../../connectors/salesforce/inbound.ts'
import { createStripeHook } from '../../connectors/stripe/inbound.ts'
import { createApp } from '../../src/http/app.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { openStore } from '../../src/store/unit-of-work.ts'
import { start } from '../store/store.ts'
import { ownApp, publicUrl, type OwnApp } from './own-app.ts'

const organizationId = '00D000000000001AAA'
const secrets = {
  stripe: 'whsec_now',
  stripeOld: 'whsec_before',
  flow: 'flow-secret',
  hubspot: 'client-secret',
}
const hooks = new Map([
  [
    'stripe',
    createStripeHook({ secrets: [secrets.stripe, secrets.stripeOld], livemode: false, account: 'acct_1' }),
  ],
  ['salesforce', createSalesforceOutboundMessageHook({ organizationId })],
  ['salesforce/flow', createSalesforceFlowHook({ organizationId, secrets: [secrets.flow] })],
  [
    'hubspot',
    createHubSpotHook({
      clientSecrets: [secrets.hubspot],
      publicUrl: `${publicUrl}/v1/hooks/hubspot`,
      portalId: '4711',
    }),
  ],
])

let own: OwnApp
beforeAll(async () => {
  own = await ownApp({ hooks })
})
afterAll(() => own.close())

const nowSeconds = start.getTime() / 1_000

async function call(name: string, body: string, headers: Record<string, string>, app = own.app) {
  const answer = await app.request(`/v1/hooks/${name}`, { method: 'POST', body, headers })
  const text = await answer.text()
  const code = answer.status < 400 ? undefined : (JSON.parse(text) as { code: string }).code
  return { status: answer.status, code, text }
}

const hmac = (secret: string, text: string) => createHmac('sha256', secret).update(text)

function stripeHeaders(body: string, time: number | string = nowSeconds, secret = secrets.stripe) {
  return { 'stripe-signature': `t=${time},v1=${hmac(secret, `${time}.${body}`).digest('hex')}` }
}

function hubspotHeaders(body: string, milliseconds = nowSeconds * 1_000) {
  const signed = `POST${publicUrl}/v1/hooks/hubspot${body}${milliseconds}`
  return {
    'x-hubspot-signature-v3': hmac(secrets.hubspot, signed).digest('base64'),
    'x-hubspot-request-timestamp': String(milliseconds),
  }
}

let turn = 0
const stripeEvent = (changes: object = {}) =>
  JSON.stringify({
    id: `evt_${++turn}`,
    object: 'event',
    type: 'invoice.paid',
    livemode: false,
    created: nowSeconds,
    data: { object: {} },
    ...changes,
  })

const hubspotEvent = (changes: object = {}) => ({
  eventId: ++turn,
  subscriptionId: 1,
  portalId: 4711,
  occurredAt: nowSeconds * 1_000,
  subscriptionType: 'deal.propertyChange',
  objectId: 900,
  propertyName: 'dealstage',
  ...changes,
})

const stored = async () => Number((await own.sql`select count(*) as count from inbox_message`)[0]?.['count'])

/** What calling does to the inbox. */
async function added(act: () => Promise<unknown>): Promise<number> {
  const before = await stored()
  await act()
  return (await stored()) - before
}

test('38 a message without a signature is 400 and leaves nothing', async () => {
  const none = await added(async () => {
    const refused = { status: 400, code: expect.stringMatching(/^(signature-malformed|unsigned|signature)$/) }
    expect(await call('stripe', stripeEvent(), {})).toMatchObject(refused)
    expect(await call('hubspot', JSON.stringify([hubspotEvent()]), {})).toMatchObject(refused)
    const flow = JSON.stringify({ organizationId, eventId: 'f-0', dealId: '006000000000001AAA' })
    expect(await call('salesforce/flow', flow, {})).toMatchObject(refused)
  })
  expect(none).toBe(0)
})

test('39 a signature made with the secret of another endpoint is 400', async () => {
  const body = stripeEvent()
  expect(await call('stripe', body, stripeHeaders(body, nowSeconds, 'whsec_other'))).toMatchObject({
    status: 400,
    code: 'signature-mismatch',
  })
})

test('40 a signed time that is missing, no number or 1e20 is 400', async () => {
  const body = stripeEvent()
  const signed = (time: string) => stripeHeaders(body, time)['stripe-signature']
  const timeless = signed('').replace('t=,', '')
  const twice = `t=1,${signed(String(nowSeconds))}`
  for (const header of [timeless, signed(''), signed('abc'), signed('1e20'), signed('-1'), twice, ''])
    expect(await call('stripe', body, { 'stripe-signature': header })).toMatchObject({
      status: 400,
      code: 'signature-malformed',
    })
})

test('41 a time 301 seconds off, either way, is 400 stale; 300 pass', async () => {
  for (const seconds of [-301, 301]) {
    const body = stripeEvent()
    expect(await call('stripe', body, stripeHeaders(body, nowSeconds + seconds))).toMatchObject({
      status: 400,
      code: 'stale',
    })
  }
  for (const seconds of [-300, 300]) {
    const body = stripeEvent()
    expect((await call('stripe', body, stripeHeaders(body, nowSeconds + seconds))).status).toBe(200)
  }
})

test('42 the right signature over a body that was written anew is 400', async () => {
  const body = stripeEvent()
  const anew = JSON.stringify(JSON.parse(body), null, 1)
  expect(await call('stripe', anew, stripeHeaders(body))).toMatchObject({
    status: 400,
    code: 'signature-mismatch',
  })
})

test('43 of two signatures one right is enough, and so is an old secret still in force', async () => {
  const body = stripeEvent()
  const right = hmac(secrets.stripeOld, `${nowSeconds}.${body}`).digest('hex')
  const header = `t=${nowSeconds},v1=${'0'.repeat(64)},v1=${right}`
  expect((await call('stripe', body, { 'stripe-signature': header })).status).toBe(200)
})

test('44 an event of an unknown type is 200 and stored, with the work that will end it', async () => {
  const body = stripeEvent({ type: 'radar.thing.happened' })
  expect(await added(() => call('stripe', body, stripeHeaders(body)))).toBe(1)
  const [row] = await own.sql`
    select type, disposition, queue from inbox_message join work_item on subject = 'inbox:' || inbox_message.seq
    order by inbox_message.seq desc limit 1`
  expect(row).toEqual({ type: 'radar.thing.happened', disposition: null, queue: 'book-fact' })
})

test('45 an event of an unknown API version is 200 and stored as it came', async () => {
  const body = stripeEvent({ api_version: '1999-01-01' })
  expect((await call('stripe', body, stripeHeaders(body))).status).toBe(200)
  expect(await own.sql`select body from inbox_message order by seq desc limit 1`).toEqual([{ body }])
})

test('46 a live event at a test hook is 400', async () => {
  const body = stripeEvent({ livemode: true })
  expect(await call('stripe', body, stripeHeaders(body))).toMatchObject({ status: 400, code: 'wrong-mode' })
})

test('48 of HubSpot no events are 200, 1,001 are 413, and of a mixed list only the bad one becomes an exception', async () => {
  const send = (events: readonly unknown[]) => {
    const body = JSON.stringify(events)
    return call('hubspot', body, hubspotHeaders(body))
  }
  expect((await send([])).status).toBe(200)
  expect(await send(Array.from({ length: 1_001 }, () => 1))).toMatchObject({
    status: 413,
    code: 'too-many-events',
  })
  const contact = { subscriptionType: 'contact.creation', objectId: 1, eventId: 77 }
  const mixed = () => send([hubspotEvent(), { eventId: 'no' }, hubspotEvent(contact)])
  expect(await added(mixed)).toBe(3)
  const work = await own.sql`select subject from work_item where queue = 'intake-deal'`
  expect(work).toEqual([{ subject: 'hubspot:4711:900' }])
  const open = await own.sql`select code, found from exception where state = 'open' and queue = 'intake-deal'`
  expect(Array.from(open)).toEqual([{ code: 'EVENT_UNREADABLE', found: 'malformed' }])
})

test('49 a message of an unknown organisation is 403', async () => {
  const flow = JSON.stringify({
    organizationId: '00D000000000009AAA',
    eventId: 'f-1',
    dealId: '006000000000001AAA',
  })
  const signature = hmac(secrets.flow, `${nowSeconds}.${flow}`).digest('hex')
  const headers = { 'x-tieout-signature': `t=${nowSeconds},v1=${signature}` }
  expect(await call('salesforce/flow', flow, headers)).toMatchObject({
    status: 403,
    code: 'unknown-organization',
  })
  const soap = outboundMessage('00D000000000009AAA', '04l000000000001AAA')
  expect((await call('salesforce', soap, { 'content-type': 'text/xml' })).status).toBe(403)
})

function outboundMessage(organization: string, notification: string): string {
  return (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
    `<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>${organization}</OrganizationId>` +
    `<Notification><Id>${notification}</Id><sObject xsi:type="sf:Opportunity" xmlns:sf="urn:sobject.enterprise.soap.sforce.com" ` +
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><sf:Id>006000000000001AAA</sf:Id></sObject></Notification>' +
    '</notifications></soapenv:Body></soapenv:Envelope>'
  )
}

test('50 an event of three years ago is 200 and keeps its own time', async () => {
  const body = stripeEvent({ created: nowSeconds - 3 * 365 * 86_400 })
  expect((await call('stripe', body, stripeHeaders(body))).status).toBe(200)
  expect(await own.sql`select occurred_at from inbox_message order by seq desc limit 1`).toEqual([
    { occurred_at: new Date('2023-03-03T09:00:00Z') },
  ])
})

test('52 the same id with another body is 200, stored once, and an exception event-body-changed is open', async () => {
  const [first, second] = [
    stripeEvent({ id: 'evt_same' }),
    stripeEvent({ id: 'evt_same', type: 'invoice.voided' }),
  ]
  for (const body of [first, second, first])
    expect((await call('stripe', body, stripeHeaders(body))).status).toBe(200)
  expect(await own.sql`select body from inbox_message where delivery_id = 'evt_same'`).toEqual([
    { body: first },
  ])
  expect(await own.sql`select code, cause, found from exception where cause = 'event-body-changed'`).toEqual([
    { code: 'EVENT_BODY_CHANGED', cause: 'event-body-changed', found: 'evt_same' },
  ])
})

test('an outbound message is acknowledged in the words Salesforce asks for, once stored', async () => {
  const soap = outboundMessage(organizationId, '04l000000000002AAA')
  const answer = await call('salesforce', soap, { 'content-type': 'text/xml' })
  expect([answer.status, answer.text.includes('<Ack>true</Ack>')]).toEqual([200, true])
})

test('a hook nobody named is 404, a body over 1 MB 413, one that is not UTF-8 400', async () => {
  expect(await call('paypal', '{}', {})).toMatchObject({ status: 404, code: 'unknown-hook' })
  expect(await call('stripe', 'x'.repeat(1_048_577), {})).toMatchObject({
    status: 413,
    code: 'body-too-large',
  })
  const bytes = Uint8Array.from([0xff, 0xfe])
  const answer = await own.app.request('/v1/hooks/stripe', { method: 'POST', body: bytes })
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'body-encoding' }])
})

test('a database that cannot be reached makes 503, never 4xx, and nothing is lost by it', async () => {
  const unreachable = openStore({
    url: 'postgres://nobody@127.0.0.1:1/nothing',
    maxConnections: 1,
    clock: own.clock,
    random: seededRandom(1),
  })
  const app = createApp({ ...own.options, store: unreachable })
  const body = stripeEvent()
  expect(await call('stripe', body, stripeHeaders(body), app)).toMatchObject({
    status: 503,
    code: 'not-stored',
  })
  await unreachable.close()
  expect(await added(() => call('stripe', body, stripeHeaders(body)))).toBe(1)
})

test('a database that hangs makes 503 within two seconds', async () => {
  const body = stripeEvent()
  const began = systemClock.now().getTime()
  await own.owner.begin(async (sql) => {
    await sql`lock table inbox_message in access exclusive mode`
    expect(await call('stripe', body, stripeHeaders(body))).toMatchObject({
      status: 503,
      code: 'unavailable',
    })
  })
  const seconds = (systemClock.now().getTime() - began) / 1_000
  expect(seconds).toBeGreaterThan(1.9)
  expect(seconds).toBeLessThan(3)
})
