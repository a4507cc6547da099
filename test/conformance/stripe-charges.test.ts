import { describe, expect, test } from 'vitest'
import type { OwnCharge } from '../../src/domain/billing-plan.ts'
import { money } from '../../src/domain/money.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { createStripeBilling } from '../../connectors/stripe/stripe.ts'
import { billingOver, list, second } from './stripe-samples.ts'

const fee: OwnCharge = {
  chargeKey: 'charge:ctr_1/1/platform/2027-02-01',
  contractId: 'ctr_1',
  lineId: 'platform',
  description: 'Platform fee',
  amount: money('USD', 5_000_000n),
  service: { startsOn: '2027-02-01', endsBefore: '2027-03-01' },
  availableFrom: '2027-02-01',
  reason: 'fee-in-arrears',
}

/** A subscription whose cycle ends at an instant. */
function subscription(cycleEnds: string): object {
  const item = { id: 'si_1', object: 'subscription_item', current_period_end: second(cycleEnds) }
  return {
    id: 'sub_1',
    object: 'subscription',
    status: 'active',
    items: { object: 'list', data: [item], has_more: false },
  }
}

const item = {
  id: 'ii_1',
  object: 'invoiceitem',
  amount: 5_000_000,
  currency: 'usd',
  discountable: false,
}
const target = { customerId: 'cus_1', subscriptionId: 'sub_1' }

describe('a fee of the new cycle', () => {
  test('waits while Stripe has not begun the cycle that is due, or it would be a month early', async () => {
    const { billing, asked } = billingOver({
      '/v1/subscriptions/sub_1': subscription('2027-02-01T00:00:00Z'),
      '/v1/invoiceitems': item,
    })
    expect(await billing.charge(fee, target)).toEqual({ kind: 'throttled', retryAfterMilliseconds: 60_000 })
    expect(asked).toEqual(['/v1/subscriptions/sub_1'])
  })

  test('is handed over once the cycle has begun', async () => {
    const { billing } = billingOver({
      '/v1/subscriptions/sub_1': subscription('2027-03-01T00:00:00Z'),
      '/v1/invoiceitems': item,
    })
    expect(await billing.charge(fee, target)).toEqual({
      kind: 'ok',
      value: { providerId: 'ii_1', drift: [] },
    })
  })

  test('use of the cycle that ends does not wait: it belongs on the invoice to come', async () => {
    const { billing } = billingOver({
      '/v1/subscriptions/sub_1': subscription('2027-02-01T00:00:00Z'),
      '/v1/invoices?limit=100&subscription=sub_1&status=draft': list(),
      '/v1/invoiceitems': item,
    })
    expect((await billing.charge({ ...fee, reason: 'rated-usage' }, target)).kind).toBe('ok')
  })
})

describe('use that we rated when its period had ended', () => {
  const used = { ...fee, reason: 'rated-usage', settledOn: '2027-02-01' } as const

  /** A Stripe with drafts of the subscription, which may refuse items on them; answers what was asked to be made of the charge. */
  async function chargeWith(
    drafts: object[],
    editable: true | { code: string; param?: string } = true,
    own: OwnCharge = used,
  ): Promise<unknown[]> {
    const made: unknown[] = []
    const billing = createStripeBilling({
      secretKey: 'sk_test_1',
      clock: virtualClock(new Date('2027-02-01T00:50:00Z')),
      transport: (input, init) => {
        const path = new URL(String(input)).pathname
        if (path === '/v1/subscriptions/sub_1')
          return Promise.resolve(Response.json(subscription('2027-03-01T00:00:00Z')))
        if (path === '/v1/invoices') return Promise.resolve(Response.json(list(...drafts)))
        const asked = new URLSearchParams(String(init?.body))
        const on = asked.get('invoice') ?? asked.get('subscription')
        made.push([on, new Headers(init?.headers).get('idempotency-key')])
        const refused = {
          error: { type: 'invalid_request_error', message: 'It cannot be changed', ...Object(editable) },
        }
        return Promise.resolve(
          asked.has('invoice') && editable !== true
            ? Response.json(refused, { status: 400 })
            : Response.json(item),
        )
      },
    })
    expect((await billing.charge(own, target)).kind).toBe('ok')
    return made
  }

  const ended = Date.parse('2027-02-01T00:00:00Z') / 1000
  const draft = { id: 'in_1', object: 'invoice', auto_advance: true, period_end: ended }

  test('is put on the draft of the invoice that ends it', async () => {
    expect(await chargeWith([draft])).toEqual([['in_1', `${used.chargeKey}/in_1`]])
  })

  test('waits for the next invoice where there is no draft, one that nobody lets go, of another period, or one that is final or gone meanwhile', async () => {
    const pending = ['sub_1', used.chargeKey]
    expect(await chargeWith([])).toEqual([pending])
    expect(await chargeWith([{ ...draft, auto_advance: false }])).toEqual([pending])
    expect(await chargeWith([{ ...draft, period_end: ended - 31 * 86_400 }])).toEqual([pending])
    for (const refusal of [{ code: 'invoice_not_editable' }, { code: 'resource_missing', param: 'invoice' }])
      expect(await chargeWith([draft], refusal)).toEqual([['in_1', `${used.chargeKey}/in_1`], pending])
  })

  test('a fee does not go on a draft: it would be a period early', async () => {
    expect(await chargeWith([draft], true, fee)).toEqual([['sub_1', fee.chargeKey]])
  })
})

describe('a contract under a schedule', () => {
  const schedule = {
    id: 'sub_sched_1',
    object: 'subscription_schedule',
    subscription: null,
    released_subscription: null,
  }
  const path = '/v1/subscription_schedules/sub_sched_1?expand[0]=subscription'
  const scheduled = { ...target, subscriptionId: 'sub_sched_1' }

  test('that has not begun takes no charge yet', async () => {
    const { billing } = billingOver({ [path]: { ...schedule, status: 'not_started' } })
    expect((await billing.charge(fee, scheduled)).kind).toBe('transient')
  })

  test('is charged on the subscription it made, and on the one it let go', async () => {
    const running = subscription('2027-03-01T00:00:00Z')
    const active = billingOver({
      [path]: { ...schedule, status: 'active', subscription: running },
      '/v1/invoiceitems': item,
    })
    expect((await active.billing.charge(fee, scheduled)).kind).toBe('ok')
    const released = billingOver({
      [path]: { ...schedule, status: 'released', released_subscription: 'sub_1' },
      '/v1/subscriptions/sub_1': running,
      '/v1/invoiceitems': item,
    })
    expect((await released.billing.charge(fee, scheduled)).kind).toBe('ok')
  })

  test('an item that answers with another amount is named as drift', async () => {
    const { billing } = billingOver({
      '/v1/subscriptions/sub_1': subscription('2027-03-01T00:00:00Z'),
      '/v1/invoiceitems': { ...item, amount: 4_999_999 },
    })
    expect(await billing.charge(fee, target)).toEqual({
      kind: 'ok',
      value: { providerId: 'ii_1', drift: ['amount'] },
    })
  })
})

describe('when a subscription ended', () => {
  const running = subscription('2027-03-01T00:00:00Z')
  const over = { ...running, status: 'canceled', ended_at: second('2027-01-15T00:00:00Z') }
  const scheduled = '/v1/subscription_schedules/sub_sched_1'
  const schedule = { id: 'sub_sched_1', object: 'subscription_schedule', canceled_at: null }
  const free = { ...schedule, subscription: null, released_subscription: null }

  test.each([
    ['runs', { '/v1/subscriptions/sub_1': { ...running, ended_at: null } }, 'sub_1', null],
    ['was cancelled', { '/v1/subscriptions/sub_1': over }, 'sub_1', '2027-01-15T00:00:00Z'],
    ['is to come', { [scheduled]: free }, 'sub_sched_1', null],
    [
      'was cancelled before it began',
      { [scheduled]: { ...free, canceled_at: second('2027-01-02T00:00:00Z') } },
      'sub_sched_1',
      '2027-01-02T00:00:00Z',
    ],
    [
      'was made by a schedule and cancelled',
      { [scheduled]: { ...free, subscription: 'sub_1' }, '/v1/subscriptions/sub_1': over },
      'sub_sched_1',
      '2027-01-15T00:00:00Z',
    ],
  ] as [string, Record<string, object>, string, string | null][])('that %s', async (_, objects, id, at) => {
    const value = at === null ? null : new Date(at)
    expect(await billingOver(objects).billing.subscriptionEnd(id)).toEqual({ kind: 'ok', value })
  })
})
