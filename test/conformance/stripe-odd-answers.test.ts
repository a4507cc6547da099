import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createStripeBilling } from '../../connectors/stripe/stripe.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { systemTransport } from '../../src/ports/transport.ts'

/** Single odd answers of Stripe's own host, which the twin never gives. */
const server = setupServer()
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const billing = createStripeBilling({
  secretKey: 'sk_test_odd',
  clock: virtualClock(new Date('2026-01-01T12:00:00Z')),
  transport: systemTransport,
})

test('a 503 of the gateway in plain text on a listing may be asked again', async () => {
  server.use(
    http.get(
      'https://api.stripe.com/v1/invoices',
      () => new HttpResponse('upstream unavailable', { status: 503 }),
    ),
  )
  expect(await billing.listInvoices(null)).toMatchObject({ kind: 'transient' })
})

test('a redirect to a sign-in page is no list of invoices', async () => {
  server.use(
    http.get('https://api.stripe.com/v1/invoices', () =>
      HttpResponse.html('<html><body>Sign in</body></html>'),
    ),
  )
  expect(await billing.listInvoices(null)).toMatchObject({ kind: 'broken' })
})

test('401 with an expired key stops the connection, not the deals', async () => {
  const body = {
    error: { type: 'invalid_request_error', code: 'api_key_expired', message: 'Expired API Key provided' },
  }
  server.use(http.get('https://api.stripe.com/v1/invoices', () => HttpResponse.json(body, { status: 401 })))
  expect(await billing.listInvoices(null)).toMatchObject({ kind: 'auth' })
})
