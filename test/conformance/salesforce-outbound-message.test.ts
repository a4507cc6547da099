import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { createSalesforceOutboundMessageHook } from '../../connectors/salesforce/inbound.ts'
import type { Inbound } from '../../src/ports/inbound.ts'

const specs = resolve(process.env['SPECS'] ?? '../shared/specs', 'salesforce')
const organizationId = '00D000000000001EAA'
const receivedAt = new Date('2026-11-18T09:26:40Z')

function send(rawBody: string): Promise<Inbound> {
  const url = 'https://hub.example/hooks/salesforce'
  return hook({ method: 'POST', url, headers: new Headers(), rawBody, receivedAt })
}

function message(notifications: string, organization = organizationId): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
    <soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
    <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
    <OrganizationId>${organization}</OrganizationId><ActionId>04k000000000001AAA</ActionId>
    ${notifications}</notifications></soapenv:Body></soapenv:Envelope>`
}

function notification(number: number, fields = `<sf:Id>006000000000001AAA</sf:Id>`): string {
  const id = `04l${number.toString().padStart(12, '0')}AAA`
  return `<Notification><Id>${id}</Id><sObject xsi:type="sf:Opportunity"
    xmlns:sf="urn:sobject.enterprise.soap.sforce.com">${fields}</sObject></Notification>`
}

function deliveriesOf(inbound: Inbound) {
  if (inbound.kind !== 'accepted') throw new Error(`Refused: ${JSON.stringify(inbound)}`)
  return inbound.deliveries
}

const hook = createSalesforceOutboundMessageHook({ organizationId })

test.skipIf(!existsSync(specs))(
  'the sample of the specification gives one delivery and its Ack',
  async () => {
    const inbound = await send(readFileSync(resolve(specs, 'outbound-message-sample.xml'), 'utf8'))
    const [delivery, ...others] = deliveriesOf(inbound)
    expect(others).toEqual([])
    expect(delivery).toMatchObject({
      provider: 'salesforce',
      account: organizationId,
      deliveryId: '04l000000000001AAA',
      type: 'opportunity.changed',
      dealId: '006000000000001AAA',
      occurredAt: receivedAt,
    })
    expect(JSON.parse(delivery?.body ?? '')).toEqual({
      dealId: '006000000000001AAA',
      organizationId,
      fields: {
        Id: '006000000000001AAA',
        AccountId: '001000000000001AAA',
        StageName: 'Closed Won',
        IsWon: 'true',
      },
    })
    const ack = readFileSync(resolve(specs, 'outbound-message-ack.xml'), 'utf8')
    expect(inbound).toMatchObject({ reply: { status: 200, contentType: 'text/xml; charset=utf-8' } })
    expect(inbound.kind === 'accepted' && withoutSpace(inbound.reply.body)).toBe(withoutSpace(ack))
  },
)

test('100 notifications are 100 deliveries, each under its own id', async () => {
  const hundred = Array.from({ length: 100 }, (_, number) => notification(number)).join('')
  const ids = deliveriesOf(await send(message(hundred))).map(({ deliveryId }) => deliveryId)
  expect(new Set(ids).size).toBe(100)
})

test('101 notifications are refused with 413', async () => {
  const many = Array.from({ length: 101 }, (_, number) => notification(number)).join('')
  expect(await send(message(many))).toMatchObject({ kind: 'refused', status: 413 })
})

test('an organisation that is not ours is refused with 403; ours may come with 15 characters', async () => {
  const other = await send(message(notification(1), '00D000000000002EAA'))
  expect(other).toMatchObject({ kind: 'refused', status: 403, code: 'unknown-organization' })
  expect((await send(message(notification(1), '00D000000000001'))).kind).toBe('accepted')
})

test('a record deleted meanwhile leaves a message without a deal, which is still remembered', async () => {
  const empty = '<Notification><Id>04l000000000009AAA</Id><sObject xsi:nil="true"/></Notification>'
  const [delivery] = deliveriesOf(await send(message(empty)))
  expect(delivery).toMatchObject({ deliveryId: '04l000000000009AAA', type: 'record.changed' })
  expect(delivery).not.toHaveProperty('dealId')
  expect(JSON.parse(delivery?.body ?? '')).toEqual({ dealId: null, organizationId, fields: {} })
})

test('ids of 15 characters name the same deal, and the stamp of change is when it happened', async () => {
  const fields =
    '<sf:Id>006000000000001</sf:Id><sf:SystemModstamp>2026-11-18T09:00:00.000Z</sf:SystemModstamp>' +
    '<sf:Name>A &amp; B &lt;AG&gt; 00123</sf:Name>'
  const [delivery] = deliveriesOf(await send(message(notification(1, fields))))
  expect(delivery?.occurredAt).toEqual(new Date('2026-11-18T09:00:00Z'))
  expect(JSON.parse(delivery?.body ?? '')).toMatchObject({
    dealId: '006000000000001AAA',
    fields: { Name: 'A & B <AG> 00123' },
  })
})

test.each([
  ['nothing', ''],
  ['JSON', '{"organizationId":"00D000000000001EAA"}'],
  ['XML that stops in the middle', message(notification(1)).slice(0, 400)],
  [
    'another kind of XML',
    '<notifications><OrganizationId>00D000000000001EAA</OrganizationId></notifications>',
  ],
  ['a message without notifications', message('')],
  ['a notification without id', message('<Notification><sObject xsi:nil="true"/></Notification>')],
  ['a document type', `<!DOCTYPE x [<!ENTITY a "aaaa">]>${message(notification(1))}`],
  [
    'nested entities',
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' +
      message(notification(1, '<sf:Id>&b;</sf:Id>')),
  ],
  ['an external entity', '<!DOCTYPE x SYSTEM "file:///etc/passwd">' + message(notification(1))],
])('%s is refused with 400', async (_what, body) => {
  expect(await send(body)).toMatchObject({ kind: 'refused', status: 400, code: 'malformed-message' })
})

test('more than 1 MiB is refused with 413 before it is parsed', async () => {
  const long = message(notification(1, `<sf:Id>${'0'.repeat(1_048_576)}</sf:Id>`))
  expect(await send(long)).toMatchObject({ kind: 'refused', status: 413 })
})

test('a field called __proto__ is refused as malformed', async () => {
  const fields = '<sf:Id>006000000000001AAA</sf:Id><sf:__proto__>x</sf:__proto__>'
  expect(await send(message(notification(1, fields)))).toMatchObject({ kind: 'refused', status: 400 })
})

test('numbered characters are read once: &#x41;&amp;#x42; is "A&#x42;"', async () => {
  const [delivery] = deliveriesOf(await send(message(notification(1, '<sf:Name>&#x41;&amp;#x42;</sf:Name>'))))
  expect(JSON.parse(delivery?.body ?? '')).toMatchObject({ fields: { Name: 'A&#x42;' } })
})

function withoutSpace(xml: string): string {
  return xml.replace(/>\s+</g, '><').trim()
}
