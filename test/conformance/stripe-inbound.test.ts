import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Stripe } from 'stripe'
import { createStripeHook } from '../../connectors/stripe/inbound.ts'
import type { Inbound } from '../../src/ports/inbound.ts'

const secret = 'whsec_ours'
const now = new Date('2027-02-01T00:00:00Z')
const nowSeconds = now.getTime() / 1_000

const event = {
  id: 'evt_1',
  object: 'event',
  api_version: '2026-10-28.endive',
  created: nowSeconds - 5,
  livemode: false,
  type: 'invoice.finalized',
  data: { object: { id: 'in_1', object: 'invoice' } },
}
const body = JSON.stringify(event)

function sign(text: string, at: number | string = nowSeconds, key = secret): string {
  return createHmac('sha256', key).update(`${at}.${text}`).digest('hex')
}

function header(text = body, at: number | string = nowSeconds, key = secret): string {
  return `t=${at},v1=${sign(text, at, key)}`
}

function post(
  rawBody: string,
  signature: string | null,
  secrets = [secret],
  livemode = false,
): Promise<Inbound> {
  const hook = createStripeHook({ secrets, livemode, account: 'acct_1' })
  const headers = new Headers(signature === null ? {} : { 'Stripe-Signature': signature })
  return hook({ method: 'POST', url: 'https://hub.example/hooks/stripe', headers, rawBody, receivedAt: now })
}

async function codeOf(answer: Promise<Inbound>): Promise<string> {
  const inbound = await answer
  return inbound.kind === 'accepted' ? 'accepted' : `${inbound.status} ${inbound.code}`
}

describe('a signed event', () => {
  test('is remembered with its id, type, time and the very bytes that came', async () => {
    expect(await post(body, header())).toEqual({
      kind: 'accepted',
      deliveries: [
        {
          provider: 'stripe',
          account: 'acct_1',
          deliveryId: 'evt_1',
          type: 'invoice.finalized',
          occurredAt: new Date('2027-01-31T23:59:55Z'),
          body,
        },
      ],
      reply: { status: 200, contentType: 'application/json', body: '{"received":true}' },
    })
  })

  test('as the official client signs it is accepted', async () => {
    const signature = await Stripe.webhooks.generateTestHeaderStringAsync({
      payload: body,
      secret,
      timestamp: nowSeconds,
    })
    expect(await codeOf(post(body, signature))).toBe('accepted')
  })

  test('with letters beyond ASCII is signed over its UTF-8 bytes', async () => {
    const text = JSON.stringify({ ...event, note: 'Zürich 🏦' })
    expect(await codeOf(post(text, header(text)))).toBe('accepted')
  })
})

describe('signatures that prove nothing (E3 38 to 43)', () => {
  test('38: none', async () => {
    expect(await codeOf(post(body, null))).toBe('400 signature-malformed')
  })

  test('39: made with the secret of another endpoint', async () => {
    expect(await codeOf(post(body, header(body, nowSeconds, 'whsec_other')))).toBe('400 signature-mismatch')
  })

  test.each([
    ['without a time', `v1=${sign(body)}`],
    ['a time that is no number', header(body, 'yesterday')],
    ['a time of 1e20', header(body, '1e20')],
    ['a time of 100000000000000000000', header(body, '100000000000000000000')],
    ['two times', `t=1,${header()}`],
    ['no v1', `t=${nowSeconds},v0=${sign(body)}`],
    ['a v1 that is not hex', `t=${nowSeconds},v1=${'z'.repeat(64)}`],
    ['a v1 cut short', header().slice(0, -2)],
    ['an empty header', ''],
  ])('40: %s', async (_, signature) => {
    expect(await codeOf(post(body, signature))).toBe('400 signature-malformed')
  })

  test('41: 300 seconds off pass in both directions, 301 do not', async () => {
    const at = (seconds: number) => codeOf(post(body, header(body, nowSeconds + seconds)))
    expect(await Promise.all([at(-300), at(300), at(-301), at(301)])).toEqual([
      'accepted',
      'accepted',
      '400 stale',
      '400 stale',
    ])
  })

  test('42: the right signature over the same JSON written differently', async () => {
    expect(await codeOf(post(JSON.stringify(event, null, 2), header()))).toBe('400 signature-mismatch')
  })

  test('43: two signatures of which one is right', async () => {
    expect(await codeOf(post(body, `t=${nowSeconds},v1=${'0'.repeat(64)},v1=${sign(body)}`))).toBe('accepted')
  })

  test('a signature for another time does not carry over', async () => {
    expect(await codeOf(post(body, `t=${nowSeconds},v1=${sign(body, nowSeconds - 1)}`))).toBe(
      '400 signature-mismatch',
    )
  })
})

describe('secrets', () => {
  test('while one is replaced, either passes; afterwards only the new one', async () => {
    const [old, young] = ['whsec_old', 'whsec_new']
    const by = (key: string, secrets: string[]) => codeOf(post(body, header(body, nowSeconds, key), secrets))
    expect(await by(old, [old, young])).toBe('accepted')
    expect(await by(young, [old, young])).toBe('accepted')
    expect(await by(old, [young])).toBe('400 signature-mismatch')
  })

  test('an endpoint without a secret cannot be made', () => {
    expect(() => createStripeHook({ secrets: [], livemode: false, account: 'acct_1' })).toThrow(TypeError)
    expect(() => createStripeHook({ secrets: [''], livemode: false, account: 'acct_1' })).toThrow(TypeError)
  })
})

describe('what is remembered, whatever it is (E3 44 to 50)', () => {
  const signed = (change: object) => {
    const text = JSON.stringify({ ...event, ...change })
    return post(text, header(text))
  }

  test('44: an unknown type', async () => {
    expect(await codeOf(signed({ type: 'moon.landed' }))).toBe('accepted')
  })

  test('45: an unknown API version', async () => {
    expect(await codeOf(signed({ api_version: '2031-01-01.zinnia' }))).toBe('accepted')
  })

  test('47: an event of a connected account keeps that account', async () => {
    const inbound = await signed({ account: 'acct_2' })
    expect(inbound.kind === 'accepted' && inbound.deliveries[0]?.account).toBe('acct_2')
  })

  test('50: an event of three years ago, freshly signed', async () => {
    expect(await codeOf(signed({ created: nowSeconds - 3 * 365 * 86_400 }))).toBe('accepted')
  })

  test('a thin event, whose time is a text', async () => {
    const inbound = await signed({
      object: 'v2.core.event',
      created: '2027-01-31T12:00:00.000Z',
      type: 'v1.billing.meter.no_meter_found',
    })
    expect(inbound.kind === 'accepted' && inbound.deliveries[0]?.occurredAt).toEqual(
      new Date('2027-01-31T12:00:00Z'),
    )
  })
})

describe('what is refused although it is signed', () => {
  test('46: a test event at a live endpoint, and a live one at a test endpoint', async () => {
    const live = JSON.stringify({ ...event, livemode: true })
    expect(await codeOf(post(body, header(), [secret], true))).toBe('400 wrong-mode')
    expect(await codeOf(post(live, header(live), [secret], false))).toBe('400 wrong-mode')
    expect(await codeOf(post(live, header(live), [secret], true))).toBe('accepted')
  })

  test.each([
    ['no JSON', 'hello'],
    ['JSON cut short', body.slice(0, -4)],
    ['null', 'null'],
    ['a list', '[]'],
    ['another object', JSON.stringify({ ...event, object: 'invoice' })],
    ['no id', JSON.stringify({ ...event, id: '' })],
    ['no mode', JSON.stringify({ ...event, livemode: 'false' })],
    ['no time', JSON.stringify({ ...event, created: 'soon' })],
  ])('%s', async (_, text) => {
    expect(await codeOf(post(text, header(text)))).toBe('400 body-malformed')
  })

  test('over 1 MB', async () => {
    const large = JSON.stringify({ ...event, note: 'x'.repeat(1_048_576) })
    expect(await codeOf(post(large, header(large)))).toBe('413 body-too-large')
  })
})
