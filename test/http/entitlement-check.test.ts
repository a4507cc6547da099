import { afterAll, beforeAll, expect, test } from 'vitest'
import { countUsage } from '../../src/store/count-usage.ts'
import { createApp } from '../../src/http/app.ts'
import { keepStandings } from '../../src/jobs/keep-standings.ts'
import type { Store } from '../../src/store/unit-of-work.ts'
import { acmeTerms, tokenLine } from '../domain/contract-samples.ts'
import { sell } from '../store/sold.ts'
import { bearing, got, ownApp, posted, type OwnApp } from './own-app.ts'
import { seed } from './seeded.ts'

let own: OwnApp
beforeAll(async () => {
  own = await ownApp()
  await seed(own.store)
  await keep()
})
afterAll(() => own.close())

const settings = { publicUrl: '', automaticTax: false, closeAfterDays: null, sweepIntervalSeconds: 600 }
const keep = () => keepStandings({ ...own.options, settings })

const check = (question: object, secret = own.secret) =>
  posted(own, '/v1/entitlements/check', question, bearing(secret))

let turn = 0
async function use(subject: string, value: string, time = '2026-03-02T08:00:00Z'): Promise<void> {
  const id = `e-${++turn}`
  const event = { specversion: '1.0', id, source: 'test', type: 'tokens', subject, time, data: { value } }
  const sent = await posted(own, '/v1/events', event, bearing(own.secret, 'application/cloudevents+json'))
  expect(sent.body).toMatchObject({ accepted: 1 })
}

/** A customer with 1,000 tokens a month and these entitlements. */
const soldWith = (entitlements: Record<string, boolean | number | string>) =>
  own.store
    .unitOfWork((unit) =>
      sell(
        unit,
        acmeTerms({
          startsOn: '2026-01-01',
          endsBefore: '2027-01-01',
          lines: [tokenLine({ includedUnits: '1000' })],
          entitlements,
        }),
      ),
    )
    .then(async (sold) => keep().then(() => sold.subject))

test('7,000,000 of 10,000,000 tokens used: 3,000,000 are included, and one more is overage that is sold', async () => {
  await use('001ACME', '7000000')
  expect((await check({ customer: '001ACME', meter: 'tokens', units: '3000000' })).body).toEqual({
    object: 'entitlement_check',
    customer_id: expect.stringMatching(/^cus_/),
    allowed: true,
    reason: 'included',
    value: null,
    included: '10000000',
    limit: null,
    used: '7000000',
    remaining: '3000000',
    resets_at: '2026-04-01T12:00:00.000Z',
    as_of: '2026-03-02T09:00:00.000Z',
  })
  expect((await check({ customer: '001ACME', meter: 'tokens', units: '3000000.5' })).body).toMatchObject({
    allowed: true,
    reason: 'overage',
  })
})

test('a hard limit of 1,500 tokens: 1,500 are overage, and the 1,501st is refused', async () => {
  const customer = await soldWith({ tokens: 1500 })
  await use(customer, '1400')
  const asked = (units: string) => check({ customer, meter: 'tokens', units }).then(({ body }) => body)
  expect(await asked('100')).toMatchObject({
    allowed: true,
    reason: 'overage',
    limit: '1500',
    remaining: '100',
  })
  expect(await asked('101')).toMatchObject({ allowed: false, reason: 'limit-reached', used: '1400' })
})

test('features: a switch, a number, a text, one that is off and one that nobody sold', async () => {
  const customer = await soldWith({ sso: true, seats: 50, region: 'eu', audit: false, robots: 0 })
  const features = ['sso', 'seats', 'region', 'audit', 'robots', 'other']
  const answers = await Promise.all(features.map((feature) => check({ customer, feature })))
  expect(answers.map(({ body: { allowed, reason, value } }) => [allowed, reason, value])).toEqual([
    [true, 'granted', true],
    [true, 'granted', 50],
    [true, 'granted', 'eu'],
    [false, 'switched-off', false],
    [false, 'switched-off', 0],
    [false, 'not-granted', null],
  ])
})

test('a meter nobody sold is refused, an unknown customer is 404, and a question that asks both is 422', async () => {
  expect((await check({ customer: '001ACME', meter: 'calls' })).body).toMatchObject({
    allowed: false,
    reason: 'not-sold',
    used: null,
  })
  expect(await check({ customer: 'nobody', meter: 'tokens' })).toMatchObject({ status: 404 })
  expect(await check({ customer: 'nobody', feature: 'sso' })).toMatchObject({ status: 404 })
  for (const wrong of [
    { customer: 'a' },
    { customer: 'a', meter: 'm', feature: 'f' },
    { customer: 'a', meter: 'm', units: '-1' },
  ])
    expect(await check(wrong)).toMatchObject({ status: 422 })
})

test('a key of a product that may only ask may ask, and one that may only read contracts may not', async () => {
  const question = { customer: '001ACME', feature: 'sso' }
  expect(await check(question, await own.keyWith('entitlements:read'))).toMatchObject({ status: 200 })
  expect(await check(question, await own.keyWith('contracts:read'))).toMatchObject({ status: 403 })
})

test('a check costs one statement and no database transaction, the first of two seconds one more for the key', async () => {
  const statements: string[] = []
  const app = createApp({ ...own.options, store: watched(own.options.store, statements) })
  const ask = (question: object) =>
    app.request('/v1/entitlements/check', {
      method: 'POST',
      headers: bearing(own.secret),
      body: JSON.stringify(question),
    })
  expect((await ask({ customer: '001ACME', meter: 'tokens' })).status).toBe(200)
  expect(statements).toEqual(['select', 'execute'])
  expect((await ask({ customer: '001ACME', feature: 'sso' })).status).toBe(200)
  expect(statements).toEqual(['select', 'execute', 'execute'])
  own.clock.advanceTo(new Date(own.clock.now().getTime() + 2_000))
  expect((await ask({ customer: '001ACME', feature: 'sso' })).status).toBe(200)
  expect(statements.slice(3)).toEqual(['select', 'execute'])
})

/** A store that writes down each statement it is asked for, by the kind of Drizzle's call, and each unit. */
function watched(store: Store, statements: string[]): Store {
  const read = new Proxy(store.read, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key)
      if (typeof member !== 'function') return member
      return (...words: unknown[]) => {
        statements.push(String(key))
        return member.apply(target, words)
      }
    },
  })
  return {
    ...store,
    read,
    unitOfWork: (work) => {
      statements.push('unit of work')
      return store.unitOfWork(work)
    },
  }
}

test('the row is found by its key: no table is read whole', async () => {
  const plan = await own.owner.begin(async (sql) => {
    await sql`set local enable_seqscan = off`
    return sql<{ 'QUERY PLAN': string }[]>`
      explain select owner.customer_id, held.used_units
      from (select alias, min(customer_id) as customer_id from customer_alias where alias = '001ACME' group by alias
        having count(*) = 1) as owner
        left join usage_standing held on held.customer_id = owner.customer_id and held.meter = 'tokens'`
  })
  const text = plan.map((row) => row['QUERY PLAN']).join('\n')
  expect(text).toContain('customer_alias_pkey')
  expect(text).toContain('usage_standing_pkey')
  expect(text).not.toContain('Seq Scan')
})

test('the thresholds a customer crossed are listed, the latest first, a page at a time', async () => {
  const customer = await soldWith({})
  await use(customer, '810')
  await countUsage(own.store, own.options)
  const { body } = await check({ customer, meter: 'tokens' })
  type Page = { data: { percent: string }[]; next_cursor: string | null }
  const list = `/v1/usage/thresholds?filter[customer]=${String(body['customer_id'])}&limit=1`
  const first = await got<Page>(own, list)
  expect(first.body.data).toMatchObject([
    {
      object: 'usage_threshold_crossed',
      customer_id: body['customer_id'],
      meter: 'tokens',
      period: { starts_at: '2026-03-01T12:00:00.000Z', ends_at: '2026-04-01T12:00:00.000Z' },
      percent: '80',
      threshold: '800',
      included: '1000',
      used: '810',
      crossed_at: '2026-03-02T09:00:02.000Z',
    },
  ])
  const second = await got<Page>(own, `${list}&cursor=${first.body.next_cursor ?? ''}`)
  expect([second.body.data.map(({ percent }) => percent), second.body.next_cursor]).toEqual([['50'], null])
})

test('when April has begun and nobody rolled the row, the check rolls it: 25 tokens of April, not 900 of March', async () => {
  const customer = await soldWith({})
  await use(customer, '900')
  own.clock.advanceTo(new Date('2026-04-02T09:00:00Z'))
  await use(customer, '25', '2026-04-02T08:00:00Z')
  expect((await check({ customer, meter: 'tokens' })).body).toMatchObject({
    used: '25',
    remaining: '975',
    resets_at: '2026-05-01T12:00:00.000Z',
  })
})
