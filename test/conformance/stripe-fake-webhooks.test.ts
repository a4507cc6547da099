import type { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import type { Stage } from './stripe-fake-client.ts'
import { seconds, sellSeats, stageTwin, webhookSecret } from './stripe-fake-client.ts'

async function subscribe(stage: Stage): Promise<Stripe.Subscription> {
  const { customer, price } = await sellSeats(stage)
  return stage.stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 1 }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  })
}

const bodyOf = (delivered: { body: string } | undefined) =>
  JSON.parse(delivered?.body ?? '{}') as Stripe.Event & { request: { idempotency_key: string | null } }

test('a delivery is signed with the twin’s time and tells what was asked for', async () => {
  const stage = await stageTwin()
  await stage.stripe.customers.create({ name: 'Acme' }, { idempotencyKey: 'acme' })
  expect(await stage.fake.pump()).toBe(1)
  const [delivery] = stage.delivered
  expect(delivery?.signature).toMatch(new RegExp(`^t=${seconds('2026-01-01T00:00:00Z')},v1=[0-9a-f]{64}$`))
  const event = stage.stripe.webhooks.constructEvent(
    delivery?.body ?? '',
    delivery?.signature ?? '',
    webhookSecret,
    300,
    undefined,
    Date.parse('2026-01-01T00:04:00Z'),
  )
  expect(event.type).toBe('customer.created')
  expect(Object.keys(bodyOf(delivery)).toSorted().join(' ')).toBe(
    'api_version created data id livemode object pending_webhooks request type',
  )
  expect(bodyOf(delivery)).toMatchObject({
    api_version: '2026-10-28.endive',
    created: seconds('2026-01-01T00:00:00Z'),
    data: { object: { object: 'customer', name: 'Acme' } },
    request: { idempotency_key: 'acme' },
  })
})

test('while a secret is rolled, two signatures come along and each of the secrets fits', async () => {
  const stage = await stageTwin()
  const [endpoint] = (await stage.stripe.webhookEndpoints.list()).data
  stage.fake.setWebhookSecrets(endpoint?.id ?? '', [webhookSecret, 'whsec_second'])
  await stage.stripe.customers.create({ name: 'Acme' })
  await stage.fake.pump()
  const { body = '', signature = '' } = stage.delivered[0] ?? {}
  expect(signature.match(/v1=/g)).toHaveLength(2)
  for (const secret of [webhookSecret, 'whsec_second'])
    expect(
      stage.stripe.webhooks.constructEvent(body, signature, secret, 300, undefined, Date.parse('2026-01-01'))
        .id,
    ).toMatch(/^evt_/)
})

test('a snapshot shows the object as it was then, not as it is now', async () => {
  const stage = await stageTwin()
  const { id } = await stage.stripe.customers.create({ name: 'Acme' })
  await stage.stripe.customers.update(id, { name: 'Acme Inc' })
  await stage.fake.pump()
  const [created, updated] = stage.delivered.map(bodyOf)
  expect(created?.data.object).toMatchObject({ name: 'Acme' })
  expect(updated?.data).toMatchObject({
    object: { name: 'Acme Inc' },
    previous_attributes: { name: 'Acme' },
  })
})

test('an endpoint that fails is tried again after 5 minutes, 30 minutes, 2 hours and so on: ten times in three days', async () => {
  const stage = await stageTwin()
  stage.answerWith(500)
  await stage.stripe.customers.create({ name: 'Acme' })
  await stage.fake.pump()
  await stage.runTo('2026-01-01T02:35:00Z')
  expect(stage.delivered).toHaveLength(4)
  await stage.runTo('2026-01-10T00:00:00Z')
  expect(stage.delivered).toHaveLength(10)
  expect(stage.fake.nextDueAt()).toBeNull()
  const failed = await stage.stripe.events.list({ delivery_success: false })
  expect(failed.data.map(({ type }) => type)).toEqual(['customer.created'])
})

test('what happens while an endpoint is off is never sent, but stays in the list of events for 30 days', async () => {
  const stage = await stageTwin()
  stage.fake.setWebhookEnabled('http://hub.test/hooks/stripe', false)
  await stage.stripe.customers.create({ name: 'Acme' })
  stage.fake.setWebhookEnabled('http://hub.test/hooks/stripe', true)
  expect(await stage.fake.pump()).toBe(0)
  const list = async () => (await stage.stripe.events.list({ type: 'customer.created' })).data.length
  expect(await list()).toBe(1)
  await stage.runTo('2026-01-31T00:00:00Z')
  expect(await list()).toBe(1)
  await stage.runTo('2026-01-31T00:00:01Z')
  expect(await list()).toBe(0)
})

test('one change may come as two events with two ids', async () => {
  const stage = await stageTwin({ quirks: { doubledEventShare: 1 } })
  await stage.stripe.customers.create({ name: 'Acme' })
  await stage.fake.pump()
  const ids = new Set(stage.delivered.map((delivery) => bodyOf(delivery).id))
  expect(stage.delivered.map(({ type }) => type)).toEqual(['customer.created', 'customer.created'])
  expect(ids.size).toBe(2)
})

test('one event may be delivered twice, and deliveries may come in any order', async () => {
  const stage = await stageTwin({ quirks: { duplicateDeliveryShare: 1, shuffleDeliveries: true } })
  for (let count = 0; count < 5; count++) await stage.stripe.customers.create({ name: `Acme ${count}` })
  expect(await stage.fake.pump()).toBe(10)
  const names = stage.delivered.map((delivery) => (bodyOf(delivery).data.object as { name: string }).name)
  expect(new Set(stage.delivered.map((delivery) => bodyOf(delivery).id)).size).toBe(5)
  expect(names).not.toEqual(names.toSorted())
})

test('a thin event may come beside a snapshot, to the same endpoint', async () => {
  const stage = await stageTwin({ quirks: { thinTwins: true } })
  const { id } = await stage.stripe.customers.create({ name: 'Acme' })
  await stage.fake.pump()
  const [snapshot, thin] = stage.delivered.map(bodyOf) as unknown as Record<string, unknown>[]
  expect(snapshot).toMatchObject({ object: 'event', type: 'customer.created' })
  expect(thin).toMatchObject({
    object: 'v2.core.event',
    type: 'v1.customer.created',
    related_object: { id, type: 'customer', url: `/v1/customers/${id}` },
  })
  expect((await stage.stripe.events.list()).data).toHaveLength(1)
})

test('an event may say it is of another version than the one asked for', async () => {
  const stage = await stageTwin({ quirks: { eventVersion: '2025-03-31.basil' } })
  await stage.stripe.customers.create({ name: 'Acme' })
  await stage.fake.pump()
  expect(bodyOf(stage.delivered[0]).api_version).toBe('2025-03-31.basil')
})

test('at most eight deliveries are under way at once', async () => {
  let [underWay, most] = [0, 0]
  const stage = await stageTwin({
    deliver: async () => {
      most = Math.max(most, ++underWay)
      await new Promise((resolve) => void Promise.resolve().then(() => resolve(undefined)))
      underWay--
      return new Response(null, { status: 200 })
    },
  })
  for (let count = 0; count < 30; count++) await stage.stripe.customers.create({ name: `Acme ${count}` })
  expect(await stage.fake.pump()).toBe(30)
  expect(most).toBe(8)
})

test('while invoice.created fails, the draft waits; 72 hours after its creation it is finalized all the same', async () => {
  const stage = await stageTwin()
  stage.answerWith(500)
  const subscription = await subscribe(stage)
  await stage.fake.pump()
  const created = stage.delivered.find(({ type }) => type === 'invoice.created')
  expect(bodyOf(created).data.object).toMatchObject({
    status: 'draft',
    automatically_finalizes_at: seconds('2026-01-01T01:00:00Z'),
  })
  const status = async () =>
    (await stage.stripe.invoices.retrieve(String(subscription.latest_invoice))).status
  await stage.runTo('2026-01-03T23:59:59Z')
  expect(await status()).toBe('draft')
  await stage.runTo('2026-01-04T00:00:00Z')
  expect(await status()).toBe('open')
})

test('an hour after the endpoint has accepted invoice.created at last, the draft is finalized', async () => {
  const stage = await stageTwin()
  stage.answerWith(500)
  const subscription = await subscribe(stage)
  await stage.fake.pump()
  stage.answerWith(200)
  await stage.runTo('2026-01-01T01:04:59Z')
  const invoice = () => stage.stripe.invoices.retrieve(String(subscription.latest_invoice))
  expect(await invoice()).toMatchObject({
    status: 'draft',
    webhooks_delivered_at: seconds('2026-01-01T00:05:00Z'),
  })
  await stage.runTo('2026-01-01T01:05:00Z')
  expect((await invoice()).status).toBe('open')
})

test('events are listed by type, by family and by time', async () => {
  const stage = await stageTwin()
  await subscribe(stage)
  await stage.runTo('2026-02-01T01:00:00Z')
  const types = async (params: Stripe.EventListParams) =>
    (await stage.stripe.events.list({ limit: 100, ...params })).data.map(({ type }) => type)
  // January's own events are more than thirty days old by now.
  expect(await types({ type: 'invoice.finalized' })).toEqual(['invoice.finalized'])
  expect(await types({ type: 'invoice.*', created: { gte: seconds('2026-02-01T00:00:00Z') } })).toEqual([
    'invoice.sent',
    'invoice.finalized',
    'invoice.created',
  ])
  expect(await types({ types: ['customer.subscription.updated', 'invoice.sent'] })).toEqual([
    'invoice.sent',
    // Renewed on 1 February; past due since 31 January.
    'customer.subscription.updated',
    'customer.subscription.updated',
  ])
})
