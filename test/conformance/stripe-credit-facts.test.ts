import { describe, expect, test } from 'vitest'
import { money } from '../../src/domain/money.ts'
import { sampleTerms } from '../domain/contract-samples.ts'
import type { StripeWorld } from './stripe-world.ts'
import { everything, planOf, stripeWorld } from './stripe-world.ts'

/** A world with one open invoice of 1,054.00 for a year. */
async function worldWithInvoice(): Promise<{ world: StripeWorld; invoiceId: string }> {
  const world = stripeWorld('2017-03-01')
  await world.performAll(planOf(sampleTerms(), { asOf: '2017-03-01' }))
  await world.advanceTo('2017-03-02')
  const [invoice] = await everything(world.billing.listInvoices)
  return { world, invoiceId: invoice?.invoiceId ?? '' }
}

async function post(
  world: StripeWorld,
  path: string,
  form: Record<string, string> = {},
): Promise<{ id: string }> {
  const response = await world.transport(`https://api.stripe.com${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_world', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
  if (response.status !== 200) throw new Error(await response.text())
  await world.fake.pump()
  return (await response.json()) as { id: string }
}

async function get<T>(world: StripeWorld, path: string): Promise<T> {
  const response = await world.transport(`https://api.stripe.com${path}`, {
    headers: { authorization: 'Bearer sk_test_world' },
  })
  return (await response.json()) as T
}

/** The form of a credit note over the first line of an invoice. */
async function overFirstLine(
  world: StripeWorld,
  invoice: string,
  amount: number,
): Promise<Record<string, string>> {
  const { data } = await get<{ data: { id: string }[] }>(world, `/v1/invoices/${invoice}/lines`)
  return {
    invoice,
    'lines[0][type]': 'invoice_line_item',
    'lines[0][invoice_line_item]': data[0]?.id ?? '',
    'lines[0][amount]': amount.toString(),
  }
}

describe('credit notes of the twin', () => {
  test('100.00 before payment lowers what is owed; voided, it does so no more', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    const { id } = await post(world, '/v1/credit_notes', await overFirstLine(world, invoiceId, 10_000))
    await post(world, `/v1/credit_notes/${id}/void`)
    const facts = (await world.facts()).filter(({ kind }) => kind.startsWith('credit-note'))
    expect(facts).toMatchObject([
      {
        kind: 'credit-note-issued',
        factKey: `stripe:credit-note:${id}`,
        invoiceId,
        total: money('USD', 10_000n),
        lines: [
          {
            contractId: 'ctr_1',
            lineId: 'gtx-pro',
            net: money('USD', 10_000n),
            service: { startsOn: '2017-03-01', endsBefore: '2018-03-01' },
          },
        ],
        settlement: {
          againstInvoice: money('USD', 10_000n),
          refunded: money('USD', 0n),
          customerBalance: money('USD', 0n),
        },
      },
      { kind: 'credit-note-voided', factKey: `stripe:credit-note:${id}:voided` },
    ])
  })

  test('100.00 after payment, 60.00 of it refunded and 40.00 kept for the customer: the refund knows its note', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    world.fake.payInvoice(invoiceId, { via: 'card' })
    const form = await overFirstLine(world, invoiceId, 10_000)
    const { id } = await post(world, '/v1/credit_notes', {
      ...form,
      refund_amount: '6000',
      credit_amount: '4000',
    })
    const facts = await world.facts()
    expect(facts.find(({ kind }) => kind === 'credit-note-issued')).toMatchObject({
      settlement: {
        againstInvoice: money('USD', 0n),
        refunded: money('USD', 6_000n),
        customerBalance: money('USD', 4_000n),
        offStripe: money('USD', 0n),
      },
    })
    expect(facts.find(({ kind }) => kind === 'refund-made')).toMatchObject({
      invoiceId,
      creditNoteId: id,
      amount: money('USD', 6_000n),
    })
  })
})

describe('tax ids of the twin', () => {
  test('are pending at first and verified later, each told by a notice', async () => {
    const world = stripeWorld('2017-03-01')
    const customer = {
      crmAccountId: '001A',
      name: 'Acme',
      billingEmail: null,
      address: { country: 'DE' },
      taxIds: [{ type: 'eu_vat', value: 'DE123456789' }],
    }
    await world.performAll(planOf(sampleTerms({ customer }), { asOf: '2017-03-01' }))
    await world.advanceTo('2017-03-02')
    const notices = world.deliveries.flatMap((delivery) => {
      const answer = world.billing.readNotices(delivery)
      return answer.kind === 'ok' ? answer.value : []
    })
    // Deliveries overtake each other, as at Stripe, so the time of the events puts them in order.
    const checks = notices
      .filter((notice) => notice.kind === 'tax-id-checked')
      .sort((left, right) => left.occurredAt.getTime() - right.occurredAt.getTime())
    expect(checks.map(({ status }) => status)).toEqual(['pending', 'verified'])
  })
})
