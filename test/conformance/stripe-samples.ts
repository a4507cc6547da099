import { createStripeBilling } from '../../connectors/stripe/stripe.ts'
import type { BillingFact } from '../../src/domain/fact.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { virtualClock } from '../../src/ports/clock.ts'

export const second = (text: string) => Date.parse(text) / 1_000
export const created = second('2027-02-01T01:00:00Z')

/** A connector to a Stripe that knows these objects, by path and query. */
export function billingOver(objects: Readonly<Record<string, object>> = {}) {
  const asked: string[] = []
  const billing = createStripeBilling({
    secretKey: 'sk_test_1',
    clock: virtualClock(new Date('2027-02-01T02:00:00Z')),
    transport: (input) => {
      const url = new URL(String(input))
      const name = `${url.pathname}${decodeURIComponent(url.search)}`
      asked.push(name)
      const found = objects[name]
      const missing = {
        error: { type: 'invalid_request_error', code: 'resource_missing', message: 'No such object' },
      }
      return Promise.resolve(Response.json(found ?? missing, { status: found ? 200 : 404 }))
    },
  })
  return { billing, asked }
}

export function delivery(type: string, object: object, change: object = {}) {
  const event = {
    id: 'evt_1',
    object: 'event',
    api_version: '2026-10-28.endive',
    created,
    livemode: false,
    type,
    data: { object },
    ...change,
  }
  return { type, body: JSON.stringify(event) }
}

export function list(...data: object[]): object {
  return { object: 'list', data, has_more: false, url: '/v1/any' }
}

/** A line of 100.00 for January of a subscription whose metadata knows its price. */
export function line(change: object = {}): object {
  return {
    id: 'il_1',
    object: 'line_item',
    amount: 10_000,
    currency: 'usd',
    description: 'GTX Pro',
    discount_amounts: [],
    pretax_credit_amounts: [],
    metadata: {},
    period: { start: second('2027-01-01T12:00:00Z'), end: second('2027-02-01T12:00:00Z') },
    pricing: {
      type: 'price_details',
      price_details: { price: 'price_1', product: 'prod_1' },
      unit_amount_decimal: '10000',
    },
    quantity: 1,
    quantity_decimal: '1',
    taxes: [],
    ...change,
  }
}

export function invoice(change: object = {}, ...lines: object[]): object {
  const metadata = { tieout_contract_id: 'ctr_1', price_1: 'gtx-pro' }
  return {
    id: 'in_1',
    object: 'invoice',
    number: 'A-1',
    customer: 'cus_1',
    currency: 'usd',
    created,
    total: 10_000,
    total_taxes: [],
    amount_paid: 0,
    amount_paid_off_stripe: 0,
    metadata: {},
    parent: { type: 'subscription_details', subscription_details: { subscription: 'sub_1', metadata } },
    lines: list(...(lines.length === 0 ? [line()] : lines)),
    custom_fields: null,
    due_date: second('2027-03-03T01:00:00Z'),
    status_transitions: {
      finalized_at: created,
      paid_at: null,
      voided_at: null,
      marked_uncollectible_at: null,
    },
    ...change,
  }
}

export async function finalized(
  object: object,
  objects: Record<string, object> = {},
): Promise<Answer<readonly BillingFact[]>> {
  return billingOver(objects).billing.readFacts(delivery('invoice.finalized', object))
}
