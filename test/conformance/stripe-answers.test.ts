import { describe, expect, test } from 'vitest'
import { createStripeBilling } from '../../connectors/stripe/stripe.ts'
import type { ProductStep, TaxIdStep } from '../../src/domain/billing-plan.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import type { Transport } from '../../src/ports/transport.ts'

const taxId: TaxIdStep = {
  kind: 'tax-id',
  ref: 'tax-id:1',
  opKey: 'tax-id:salesforce/00D1/001A/us/eu_vat/DE123456789',
  metadata: {},
  customerRef: 'customer',
  type: 'eu_vat',
  value: 'DE123456789',
}
const product: ProductStep = {
  kind: 'product',
  ref: 'p',
  opKey: 'product:GTX',
  metadata: {},
  code: 'GTX',
  name: 'GTX',
}
const ids = { customer: 'cus_1' }

type Reply = { status: number; body: string; headers?: Record<string, string> } | Error

function billingThat(...replies: Reply[]) {
  const requests: { url: string; headers: Headers }[] = []
  const transport: Transport = (input, init) => {
    requests.push({ url: String(input), headers: new Headers(init?.headers) })
    const reply = replies[Math.min(requests.length, replies.length) - 1] ?? new Error('no reply planned')
    if (reply instanceof Error) return Promise.reject(reply)
    return Promise.resolve(new Response(reply.body, { status: reply.status, headers: reply.headers ?? {} }))
  }
  const clock = virtualClock(new Date('2027-01-01T00:00:00Z'))
  return { billing: createStripeBilling({ secretKey: 'sk_test_1', clock, transport }), requests }
}

function refusal(status: number, error: Record<string, string>, headers: Record<string, string> = {}): Reply {
  return { status, body: JSON.stringify({ error }), headers }
}

/** The class and code of what a write answers. */
async function writing(...replies: Reply[]): Promise<string> {
  return named(await billingThat(...replies).billing.perform(taxId, ids))
}

/** The class and code of what a read answers. */
async function reading(...replies: Reply[]): Promise<string> {
  return named(await billingThat(...replies).billing.find(product, ids))
}

function named(answer: Answer<unknown>): string {
  return 'code' in answer ? `${answer.kind} ${answer.code}` : answer.kind
}

const html = {
  status: 200,
  body: '<html>Down for maintenance</html>',
  headers: { 'content-type': 'text/html' },
}
const cut = new TypeError('fetch failed')
const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
const refusedConnection = Object.assign(new TypeError('fetch failed'), {
  cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
})

describe('every answer of Stripe has a class', () => {
  test.each<[string, Reply, string, string]>([
    [
      '400 that names a field',
      refusal(400, { type: 'invalid_request_error', code: 'tax_id_invalid', param: 'value', message: 'No' }),
      'rejected TAX_ID_INVALID',
      'rejected TAX_ID_INVALID',
    ],
    [
      '400 without a code',
      refusal(400, { type: 'invalid_request_error', message: 'No' }),
      'rejected invalid_request_error',
      'rejected invalid_request_error',
    ],
    [
      '400 rate_limit',
      refusal(400, { type: 'invalid_request_error', code: 'rate_limit', message: 'Slow' }),
      'throttled',
      'throttled',
    ],
    [
      '400 idempotency_error',
      refusal(400, { type: 'idempotency_error', message: 'Other parameters' }),
      'conflict idempotency_error',
      'conflict idempotency_error',
    ],
    [
      '400 resource_already_exists',
      refusal(400, { type: 'invalid_request_error', code: 'resource_already_exists', message: 'There' }),
      'conflict resource_already_exists',
      'conflict resource_already_exists',
    ],
    [
      '400 invoice_not_editable',
      refusal(400, { type: 'invalid_request_error', code: 'invoice_not_editable', message: 'Final' }),
      'locked invoice_not_editable',
      'locked invoice_not_editable',
    ],
    [
      '400 inactive price',
      refusal(400, {
        type: 'invalid_request_error',
        message: 'The price specified is inactive. This field only accepts active prices.',
      }),
      'rejected PRICE_ARCHIVED',
      'rejected PRICE_ARCHIVED',
    ],
    [
      '400 coupon expired',
      refusal(400, { type: 'invalid_request_error', code: 'coupon_expired', message: 'Gone' }),
      'rejected COUPON_INVALID',
      'rejected COUPON_INVALID',
    ],
    [
      '400 no tax place',
      refusal(400, {
        type: 'invalid_request_error',
        code: 'customer_tax_location_invalid',
        message: 'Where',
      }),
      'rejected ADDRESS',
      'rejected ADDRESS',
    ],
    ['401', refusal(401, { type: 'invalid_request_error', message: 'Invalid API Key' }), 'auth', 'auth'],
    [
      '402',
      refusal(402, { type: 'card_error', code: 'card_declined', message: 'Declined' }),
      'rejected card_declined',
      'rejected card_declined',
    ],
    ['403', refusal(403, { type: 'invalid_request_error', message: 'Not allowed' }), 'auth', 'auth'],
    [
      '404 other than missing',
      refusal(404, { type: 'invalid_request_error', message: 'Unrecognized request URL' }),
      'rejected invalid_request_error',
      'rejected invalid_request_error',
    ],
    [
      '409 key in use',
      refusal(409, { type: 'invalid_request_error', code: 'idempotency_key_in_use', message: 'Wait' }),
      'conflict idempotency_key_in_use',
      'conflict idempotency_key_in_use',
    ],
    [
      '429 rate_limit',
      refusal(429, { type: 'invalid_request_error', code: 'rate_limit', message: 'Slow' }),
      'throttled',
      'throttled',
    ],
    [
      '429 lock_timeout',
      refusal(429, { type: 'invalid_request_error', code: 'lock_timeout', message: 'Locked' }),
      'transient',
      'transient',
    ],
    [
      '429 that asks the client to repeat',
      refusal(
        429,
        { type: 'invalid_request_error', code: 'rate_limit', message: 'Slow' },
        { 'stripe-should-retry': 'true' },
      ),
      'throttled',
      'throttled',
    ],
    ['500', refusal(500, { type: 'api_error', message: 'Oops' }), 'unknown', 'transient'],
    [
      '500 replayed',
      refusal(500, { type: 'api_error', message: 'Oops' }, { 'idempotent-replayed': 'true' }),
      'replayed-failure',
      'transient',
    ],
    ['502 with a page of a proxy', { ...html, status: 502 }, 'unknown', 'transient'],
    ['503', refusal(503, { type: 'api_error', message: 'Busy' }), 'unknown', 'transient'],
    ['200 with a page', html, 'broken', 'broken'],
    ['200 cut short', { status: 200, body: '{"id": "trunc' }, 'broken', 'broken'],
    [
      '200 with another object',
      { status: 200, body: '{"id":"ba_1","object":"bank_account"}' },
      'broken',
      'broken',
    ],
    ['connection cut', cut, 'unknown', 'transient'],
    ['connection reset', reset, 'unknown', 'transient'],
    ['connection refused', refusedConnection, 'transient', 'transient'],
  ])('%s', async (_, reply, whenWriting, whenReading) => {
    expect(await writing(reply)).toBe(whenWriting)
    expect(await reading(reply)).toBe(whenReading)
  })

  test('404 resource_missing refuses a write and answers a look', async () => {
    const missing = refusal(404, {
      type: 'invalid_request_error',
      code: 'resource_missing',
      param: 'id',
      message: 'No such',
    })
    expect(await writing(missing)).toBe('rejected resource_missing')
    expect(await billingThat(missing).billing.find(product, ids)).toEqual({ kind: 'ok', value: null })
  })

  test('a rejection says which field Stripe means', async () => {
    const { billing } = billingThat(
      refusal(400, {
        type: 'invalid_request_error',
        code: 'tax_id_invalid',
        param: 'value',
        message: 'Invalid value',
      }),
    )
    expect(await billing.perform(taxId, ids)).toEqual({
      kind: 'rejected',
      code: 'TAX_ID_INVALID',
      detail: 'Invalid value',
      field: 'value',
    })
  })

  test('a second 500 under one key is a failure that Stripe kept, even when it does not say so', async () => {
    const { billing } = billingThat(refusal(500, { type: 'api_error', message: 'Oops' }))
    expect((await billing.perform(taxId, ids)).kind).toBe('unknown')
    expect((await billing.perform(taxId, ids)).kind).toBe('replayed-failure')
    expect((await billing.perform({ ...taxId, opKey: 'another' }, ids)).kind).toBe('unknown')
  })

  test('Retry-After is heeded where there is one: 7 seconds; without it, one', async () => {
    const slow = { type: 'invalid_request_error', code: 'rate_limit', message: 'Slow' }
    const waitOf = async (headers: Record<string, string>) =>
      billingThat(refusal(429, slow, headers)).billing.perform(taxId, ids)
    expect(await waitOf({ 'retry-after': '7' })).toEqual({ kind: 'throttled', retryAfterMilliseconds: 7_000 })
    expect(await waitOf({})).toEqual({ kind: 'throttled', retryAfterMilliseconds: 1_000 })
  })
})

describe('requests', () => {
  test.each([
    ['cut', cut],
    ['reset, which the client would repeat on its own', reset],
    ['500', refusal(500, { type: 'api_error', message: 'Oops' })],
    ['409', refusal(409, { type: 'invalid_request_error', message: 'Wait' })],
    [
      '429 with stripe-should-retry',
      refusal(429, { type: 'x', code: 'rate_limit', message: 'Slow' }, { 'stripe-should-retry': 'true' }),
    ],
  ])('are sent once: %s', async (_, reply) => {
    const { billing, requests } = billingThat(reply)
    await billing.perform(taxId, ids)
    expect(requests).toHaveLength(1)
  })

  test('carry the API version, the operation as idempotency key, and no telemetry', async () => {
    const { billing, requests } = billingThat(refusal(500, { type: 'api_error', message: 'Oops' }))
    await billing.perform(taxId, ids)
    await billing.perform(taxId, ids)
    const [first, second] = requests.map(({ headers }) => headers)
    expect(first?.get('stripe-version')).toBe('2026-10-28.endive')
    expect(first?.get('idempotency-key')).toBe('tax-id:salesforce/00D1/001A/us/eu_vat/DE123456789')
    expect(second?.get('idempotency-key')).toBe(first?.get('idempotency-key'))
    expect(second?.get('x-stripe-client-telemetry')).toBeNull()
  })

  test('keys over 255 characters or beyond ASCII go by their SHA-256', async () => {
    const { billing, requests } = billingThat(refusal(500, { type: 'api_error', message: 'Oops' }))
    await billing.perform({ ...taxId, opKey: 'k'.repeat(255) }, ids)
    await billing.perform({ ...taxId, opKey: 'k'.repeat(256) }, ids)
    await billing.perform({ ...taxId, opKey: 'tax-id:Zürich' }, ids)
    expect(requests.map(({ headers }) => headers.get('idempotency-key'))).toEqual([
      'k'.repeat(255),
      expect.stringMatching(/^tieout-[0-9a-f]{64}$/),
      expect.stringMatching(/^tieout-[0-9a-f]{64}$/),
    ])
  })
})
