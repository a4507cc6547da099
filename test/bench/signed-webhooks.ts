import { createHmac } from 'node:crypto'
import { Pool } from 'undici'
import { systemClock } from '../../src/ports/clock.ts'

/** A message as Stripe would send it. */
export type Webhook = {
  readonly id: string
  readonly type: string
  readonly body: string
  readonly occurredAt: Date
}

/** A source of signed messages, each new, and a way to send them. */
export type Webhooks = {
  readonly bytes: number
  /** What was answered otherwise than with 200, a line each. */
  readonly refusals: readonly string[]
  next(): Webhook
  /** Sends one and waits for the answer. */
  send(): Promise<void>
  close(): Promise<void>
}

/** Of a type that books nothing, so that the door is measured and not the books behind it. */
const type = 'invoice.updated'

/** Makes a sender with up to 64 kept connections. */
export function createWebhooks(url: string, secret: string): Webhooks {
  const { origin, pathname: path } = new URL(url)
  const pool = new Pool(origin, { connections: 64, pipelining: 1 })
  const refusals: string[] = []
  let count = 0
  const next = (): Webhook => {
    const id = `evt_bench${String(++count).padStart(12, '0')}`
    const occurredAt = systemClock.now()
    return { id, type, occurredAt, body: bodyOf(id, seconds(occurredAt)) }
  }
  return {
    bytes: next().body.length,
    refusals,
    next,
    send: async () => {
      const { body, occurredAt } = next()
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signatureOf(body, seconds(occurredAt), secret),
      }
      const answer = await pool.request({ method: 'POST', path, headers, body })
      const text = await answer.body.text()
      if (answer.statusCode !== 200) refusals.push(`${answer.statusCode} ${text.slice(0, 200)}`)
    },
    close: () => pool.close(),
  }
}

function seconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000)
}

function signatureOf(body: string, time: number, secret: string): string {
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`
}

/** An event around an invoice of twelve lines: about as long as Stripe's own. */
function bodyOf(id: string, created: number): string {
  const object = { ...invoice, id: `in_${id}`, created }
  return JSON.stringify({
    id,
    object: 'event',
    api_version: '2026-10-28.endive',
    created,
    livemode: true,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    data: { object, previous_attributes: { amount_due: 0 } },
  })
}

const line = (number: number) => ({
  id: `il_1QExampleOfALine${number}`,
  object: 'line_item',
  amount: 200_000,
  currency: 'usd',
  description: `1 × Starter Platform (at $2,000.00 / month), seat group ${number}`,
  discount_amounts: [],
  discountable: true,
  discounts: [],
  invoice: 'in_1QExampleOfAnInvoice',
  livemode: true,
  metadata: { tieout_contract_id: 'ctr_0190000000007000800000000000000a', tieout_line: `L${number}` },
  parent: { type: 'subscription_item_details', subscription_item_details: { proration: false } },
  period: { start: 1_767_225_600, end: 1_769_904_000 },
  pricing: { type: 'price_details', price_details: { price: 'price_1QExample', product: 'prod_Example' } },
  quantity: 1,
  taxes: [],
})

const invoice = {
  object: 'invoice',
  account_country: 'US',
  account_name: 'Example Seller',
  amount_due: 2_400_000,
  amount_paid: 0,
  amount_remaining: 2_400_000,
  attempt_count: 0,
  auto_advance: true,
  billing_reason: 'subscription_cycle',
  collection_method: 'send_invoice',
  currency: 'usd',
  customer: 'cus_Example',
  custom_fields: [{ name: 'PO number', value: 'PO-7741' }],
  due_date: 1_772_323_200,
  lines: { object: 'list', has_more: false, data: Array.from({ length: 12 }, (_, index) => line(index + 1)) },
  metadata: {},
  number: 'EXAMPLE-0001',
  status: 'draft',
  subtotal: 2_400_000,
  total: 2_400_000,
}
