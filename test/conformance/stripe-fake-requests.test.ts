import { Stripe } from 'stripe'
import { expect, test } from 'vitest'
import { sellSeats, stageTwin } from './stripe-fake-client.ts'

/** A raw request, as no SDK would send it. */
async function send(url: string, path: string, init: RequestInit = {}) {
  const headers = { authorization: 'Bearer sk_test_twin', ...init.headers }
  const response = await fetch(url + path, { ...init, headers })
  return { status: response.status, headers: response.headers, body: (await response.json()) as unknown }
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }

test('brackets nest: items[0][price] that does not exist is refused by its own name', async () => {
  const stage = await stageTwin()
  const { customer } = await sellSeats(stage)
  const body = `customer=${customer.id}&items[0][price]=price_none&collection_method=send_invoice&days_until_due=30`
  const answer = await send(stage.url, '/v1/subscriptions', { method: 'POST', headers: form, body })
  expect(answer.status).toBe(400)
  expect(answer.body).toMatchObject({
    error: { type: 'invalid_request_error', code: 'resource_missing', param: 'items[0][price]' },
  })
})

test.each([
  ['/v1/customers', 'nickname=x', 'parameter_unknown', 'nickname'],
  ['/v1/customers', 'address[planet]=x', 'parameter_unknown', 'address[planet]'],
  ['/v1/customers', 'balance=1.5', 'parameter_invalid_integer', 'balance'],
  ['/v1/products', 'active=true', 'parameter_missing', 'name'],
  ['/v1/products', 'name=', 'parameter_invalid_empty', 'name'],
  ['/v1/customers', 'business_name=x', 'not_modelled_by_twin', 'business_name'],
])('POST %s with %s is refused with %s', async (path, body, code, param) => {
  const { url } = await stageTwin()
  const answer = await send(url, path, { method: 'POST', headers: form, body })
  expect(answer.status).toBe(400)
  expect(answer.body).toMatchObject({ error: { code, param } })
})

test('at most 4 custom fields, 40 characters a name and 140 a value', async () => {
  const { stripe } = await stageTwin()
  const create = (custom_fields: { name: string; value: string }[]) =>
    stripe.customers.create({ invoice_settings: { custom_fields } })
  const field = { name: 'x'.repeat(40), value: 'y'.repeat(140) }
  expect((await create([field, field, field, field])).invoice_settings.custom_fields).toHaveLength(4)
  await expect(create([field, field, field, field, field])).rejects.toMatchObject({ statusCode: 400 })
  await expect(create([{ ...field, name: 'x'.repeat(41) }])).rejects.toMatchObject({
    param: 'invoice_settings[custom_fields][0][name]',
  })
  await expect(create([{ ...field, value: 'y'.repeat(141) }])).rejects.toMatchObject({
    param: 'invoice_settings[custom_fields][0][value]',
  })
})

test('a wrong key is 401, a missing object 404, and every answer names the request and the version', async () => {
  const { url } = await stageTwin()
  expect((await send(url, '/v1/customers', { headers: { authorization: 'Bearer nonsense' } })).status).toBe(
    401,
  )
  const missing = await send(url, '/v1/customers/cus_none')
  expect(missing.status).toBe(404)
  expect(missing.body).toMatchObject({ error: { code: 'resource_missing', param: 'id' } })
  expect(missing.headers.get('request-id')).toMatch(/^req_/)
  expect(missing.headers.get('stripe-version')).toBe('2026-10-28.endive')
  const old = await send(url, '/v1/customers', { headers: { 'stripe-version': '2020-08-27' } })
  expect(old.status).toBe(400)
})

test('one key makes one customer; other parameters under it are refused', async () => {
  const { stripe } = await stageTwin()
  const options = { idempotencyKey: 'acme' }
  const first = await stripe.customers.create({ name: 'Acme' }, options)
  const again = await stripe.customers.create({ name: 'Acme' }, options)
  expect(again.id).toBe(first.id)
  expect(again.lastResponse.headers['idempotent-replayed']).toBe('true')
  await expect(stripe.customers.create({ name: 'Other' }, options)).rejects.toBeInstanceOf(
    Stripe.errors.StripeIdempotencyError,
  )
  expect((await stripe.customers.list()).data).toHaveLength(1)
})

test('a key is forgotten after 24 hours: the same request then makes a second customer', async () => {
  const stage = await stageTwin()
  const create = () => stage.stripe.customers.create({ name: 'Acme' }, { idempotencyKey: 'acme' })
  const first = await create()
  await stage.runTo('2026-01-01T23:59:59Z')
  expect((await create()).id).toBe(first.id)
  await stage.runTo('2026-01-02T00:00:00Z')
  expect((await create()).id).not.toBe(first.id)
  expect(stage.fake.keptAnswers()).toBe(1)
})

test('two requests at once under one key: one is served, the other finds the key in use', async () => {
  const { fake, stripe } = await stageTwin()
  const request = () =>
    fake.app.request('/v1/customers', {
      method: 'POST',
      headers: { ...form, authorization: 'Bearer sk_test_twin', 'idempotency-key': 'twice' },
      body: 'name=Acme',
    })
  const [first, second] = await Promise.all([request(), request()])
  expect([first?.status, second?.status]).toEqual([200, 409])
  expect(await second?.json()).toMatchObject({ error: { code: 'idempotency_key_in_use' } })
  expect((await stripe.customers.list()).data).toHaveLength(1)
})

test('a stored 500 is replayed for its key and hides that nothing happened', async () => {
  const { fake, stripe } = await stageTwin()
  fake.faults.add({ kind: 'stored-500', path: '/v1/customers' })
  const create = () => stripe.customers.create({ name: 'Acme' }, { idempotencyKey: 'acme' })
  await expect(create()).rejects.toMatchObject({ statusCode: 500 })
  await expect(create()).rejects.toMatchObject({ statusCode: 500 })
  expect((await stripe.customers.list()).data).toHaveLength(0)
  expect((await stripe.customers.create({ name: 'Acme' }, { idempotencyKey: 'acme-2' })).name).toBe('Acme')
})

test('a stored 500 may also hide that it did happen', async () => {
  const { fake, stripe } = await stageTwin({ quirks: { storedFailureTakesEffect: true } })
  fake.faults.add({ kind: 'stored-500', path: '/v1/customers' })
  const create = () => stripe.customers.create({ name: 'Acme' }, { idempotencyKey: 'acme' })
  await expect(create()).rejects.toMatchObject({ statusCode: 500 })
  await expect(create()).rejects.toMatchObject({ statusCode: 500 })
  expect((await stripe.customers.list()).data).toHaveLength(1)
})

test('a refusal of the endpoint is kept under its key, a refusal of the parameters is not', async () => {
  const stage = await stageTwin()
  const { stripe } = stage
  const options = { idempotencyKey: 'coupon' }
  const create = () => stripe.coupons.create({ id: 'ten', percent_off: 10, amount_off: 5 }, options)
  await expect(create()).rejects.toMatchObject({ statusCode: 400 })
  const replayed = await send(stage.url, '/v1/coupons', {
    method: 'POST',
    headers: { ...form, 'idempotency-key': 'coupon' },
    body: 'id=ten&percent_off=10&amount_off=5',
  })
  expect(replayed.headers.get('idempotent-replayed')).toBe('true')
  const unknown = (body: string) =>
    send(stage.url, '/v1/customers', {
      method: 'POST',
      headers: { ...form, 'idempotency-key': 'fixed' },
      body,
    })
  expect((await unknown('nickname=x')).status).toBe(400)
  expect((await unknown('name=x')).status).toBe(200)
})

test('25 requests a second to one endpoint, then 429 without a hint to retry; a second later it goes on', async () => {
  const stage = await stageTwin({ limits: { accountPerSecond: 100, endpointPerSecond: 25 } })
  const list = () => stage.stripe.customers.list()
  for (let count = 0; count < 25; count++) await list()
  await expect(list()).rejects.toBeInstanceOf(Stripe.errors.StripeRateLimitError)
  const refused = await send(stage.url, '/v1/customers')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('stripe-should-retry')).toBeNull()
  expect((await stage.stripe.products.list()).data).toEqual([])
  await stage.runTo('2026-01-01T00:00:01Z')
  expect((await list()).data).toEqual([])
})

test('a throttled request takes no key and has no effect', async () => {
  const { fake, stripe } = await stageTwin()
  fake.faults.add({ kind: 'throttle', path: '/v1/customers', method: 'POST' })
  const create = () => stripe.customers.create({ name: 'Acme' }, { idempotencyKey: 'acme' })
  await expect(create()).rejects.toMatchObject({ statusCode: 429 })
  expect((await create()).name).toBe('Acme')
})

test('lists are read in pages, newest first, with nothing twice and nothing missing', async () => {
  const { stripe } = await stageTwin()
  for (const name of 'abcdefg') await stripe.customers.create({ name, email: `${name}@acme.example` })
  const first = await stripe.customers.list({ limit: 3 })
  expect(first.data.map(({ name }) => name)).toEqual(['g', 'f', 'e'])
  expect(first.has_more).toBe(true)
  const names: unknown[] = []
  for await (const { name } of stripe.customers.list({ limit: 3 })) names.push(name)
  expect(names).toEqual(['g', 'f', 'e', 'd', 'c', 'b', 'a'])
  const back = await stripe.customers.list({ limit: 2, ending_before: first.data[2]?.id ?? '' })
  expect(back.data.map(({ name }) => name)).toEqual(['g', 'f'])
  expect((await stripe.customers.list({ email: 'c@acme.example' })).data.map(({ name }) => name)).toEqual([
    'c',
  ])
  await expect(stripe.customers.list({ starting_after: 'cus_none' })).rejects.toMatchObject({
    code: 'resource_missing',
    param: 'starting_after',
  })
})

test('a search lags a minute behind a list', async () => {
  const stage = await stageTwin()
  await stage.stripe.customers.create({ name: 'Acme', metadata: { account: '001' } })
  const search = async () =>
    (await stage.stripe.customers.search({ query: "metadata['account']:'001' AND name:'Acme'" })).data.length
  expect((await stage.stripe.customers.list()).data).toHaveLength(1)
  expect(await search()).toBe(0)
  await stage.runTo('2026-01-01T00:01:00Z')
  expect(await search()).toBe(1)
})

test('a lookup key belongs to one price and moves only when asked', async () => {
  const { stripe } = await stageTwin()
  const { id } = await stripe.products.create({ name: 'Seats' })
  const params = { product: id, currency: 'usd', unit_amount: 100, lookup_key: 'seats' }
  const first = await stripe.prices.create(params)
  await expect(stripe.prices.create(params)).rejects.toMatchObject({ param: 'lookup_key' })
  const second = await stripe.prices.create({ ...params, transfer_lookup_key: true })
  const { data } = await stripe.prices.list({ lookup_keys: ['seats'] })
  expect(data.map((price) => price.id)).toEqual([second.id])
  expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull()
})

test('the controls work from another process', async () => {
  const { url, fake } = await stageTwin()
  const post = (path: string, body: unknown) =>
    send(url, `/__fake${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  expect((await post('/advance', { to: '2026-02-01T00:00:00Z' })).body).toEqual({
    result: '2026-02-01T00:00:00.000Z',
  })
  expect((await post('/faults', [{ kind: 'throttle', path: '/v1/customers' }])).status).toBe(200)
  expect(fake.faults.remaining()).toBe(1)
  expect((await post('/pay-invoice', { invoiceId: 'in_none', via: 'card' })).status).toBe(400)
  expect((await post('/quirks', { nonsense: true })).status).toBe(400)
  expect((await send(url, '/__fake/truth')).body).toMatchObject({
    now: '2026-02-01T00:00:00.000Z',
    customers: 0,
  })
})
