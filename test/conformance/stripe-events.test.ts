import { describe, expect, test } from 'vitest'
import type { InvoiceFinalized } from '../../src/domain/fact.ts'
import { money } from '../../src/domain/money.ts'
import { billingOver, created, delivery, finalized, invoice, line, list, second } from './stripe-samples.ts'
import { good } from './stripe-world.ts'

describe('events', () => {
  test('of types that are not about money make no facts and ask nothing', async () => {
    const { billing, asked } = billingOver()
    for (const type of ['invoice.payment_succeeded', 'customer.created', 'moon.landed'])
      expect(await billing.readFacts(delivery(type, { id: 'x' }))).toEqual({ kind: 'ok', value: [] })
    expect(asked).toEqual([])
  })

  test('of another API version are refused: EVENT_VERSION', async () => {
    const { billing } = billingOver()
    const old = delivery('invoice.finalized', invoice(), { api_version: '2024-06-20' })
    expect(await billing.readFacts(old)).toMatchObject({
      kind: 'rejected',
      code: 'EVENT_VERSION',
      field: 'api_version',
    })
    expect(billing.readNotices(old)).toMatchObject({ kind: 'rejected', code: 'EVENT_VERSION' })
  })

  test('that are thin carry no object and make no facts', async () => {
    const { billing } = billingOver()
    const body = JSON.stringify({
      id: 'evt_1',
      object: 'v2.core.event',
      type: 'v1.billing.meter.no_meter_found',
    })
    expect(await billing.readFacts({ type: 'v1.billing.meter.no_meter_found', body })).toEqual({
      kind: 'ok',
      value: [],
    })
  })

  test.each(['', 'null', '[]', '{"object":"invoice"}', '{"id":'])(
    'that are no events are broken: %j',
    async (body) => {
      expect((await billingOver().billing.readFacts({ type: 'invoice.finalized', body })).kind).toBe('broken')
    },
  )
})

describe('an invoice', () => {
  test('knows its contract line by the price, its days by UTC', async () => {
    expect(good(await finalized(invoice()))[0]).toMatchObject({
      factKey: 'stripe:invoice:in_1:finalized',
      occurredAt: new Date('2027-02-01T01:00:00Z'),
      contractId: 'ctr_1',
      customerId: 'cus_1',
      dueOn: '2027-03-03',
      lines: [
        {
          billedLineId: 'il_1',
          contractId: 'ctr_1',
          lineId: 'gtx-pro',
          net: money('USD', 10_000n),
          quantity: '1',
          service: { startsOn: '2027-01-01', endsBefore: '2027-02-01' },
        },
      ],
    })
  })

  test('100.00 less 10.00 of discount and 5.00 of credits, and 7.54 of tax beside it, is net 85.00 of 92.54', async () => {
    const taxes = [{ amount: 754, tax_behavior: 'exclusive', tax_rate_details: { tax_rate: 'txr_1' } }]
    const reduced = line({
      discount_amounts: [{ amount: 1_000, discount: 'di_1' }],
      pretax_credit_amounts: [
        { amount: 1_000, type: 'discount', discount: 'di_1' },
        { amount: 500, type: 'credit_balance_transaction', credit_balance_transaction: 'cbtxn_1' },
      ],
      taxes,
    })
    const rate = { id: 'txr_1', object: 'tax_rate', country: 'US', state: 'NY', jurisdiction: 'New York' }
    const [fact] = good(
      await finalized(invoice({ total: 9_254, total_taxes: taxes }, reduced), {
        '/v1/tax_rates/txr_1': rate,
      }),
    ) as InvoiceFinalized[]
    expect(fact?.lines[0]?.net).toEqual(money('USD', 8_500n))
    expect(fact?.taxes).toEqual([{ jurisdiction: 'US-NY', amount: money('USD', 754n) }])
  })

  test('119.00 with 19.00 of tax inside is net 100.00', async () => {
    const taxes = [{ amount: 1_900, tax_behavior: 'inclusive', tax_rate_details: { tax_rate: 'txr_2' } }]
    const [fact] = good(
      await finalized(invoice({ total: 11_900, total_taxes: taxes }, line({ amount: 11_900, taxes }))),
    ) as InvoiceFinalized[]
    expect(fact?.lines[0]?.net).toEqual(money('USD', 10_000n))
    expect(fact?.taxes).toEqual([{ jurisdiction: 'txr_2', amount: money('USD', 1_900n) }])
  })

  test('whose lines do not add up to its total is broken, not half read', async () => {
    expect(await finalized(invoice({ total: 10_001 }))).toEqual({
      kind: 'broken',
      detail: 'Invoice in_1: lines and taxes add up to 10000, its total is 10001',
    })
  })

  test('a charge of ours names its line and its days itself', async () => {
    const metadata = {
      tieout_contract_id: 'ctr_1',
      tieout_line_id: 'platform',
      tieout_service_from: '2027-01-01',
      tieout_service_until: '2027-02-01',
    }
    const own = line({
      metadata,
      pricing: null,
      period: { start: second('2027-01-01T12:00:00Z'), end: second('2027-01-31T12:00:00Z') },
    })
    const [fact] = good(
      await finalized(invoice({ parent: null, metadata: { tieout_contract_id: 'ctr_1' } }, own)),
    ) as InvoiceFinalized[]
    expect(fact).toMatchObject({
      contractId: 'ctr_1',
      lines: [{ lineId: 'platform', service: { startsOn: '2027-01-01', endsBefore: '2027-02-01' } }],
    })
  })

  test('that is not ours has no contract, and is read all the same', async () => {
    const [fact] = good(await finalized(invoice({ parent: null }))) as InvoiceFinalized[]
    expect(fact).toMatchObject({ contractId: null, lines: [{ contractId: null, lineId: null }] })
  })

  test('in yen is in yen; in króna Stripe counts hundredths and we do not', async () => {
    const [yen] = good(
      await finalized(invoice({ currency: 'jpy' }, line({ currency: 'jpy' }))),
    ) as InvoiceFinalized[]
    const [krona] = good(
      await finalized(invoice({ currency: 'isk' }, line({ currency: 'isk' }))),
    ) as InvoiceFinalized[]
    expect(yen?.total).toEqual(money('JPY', 10_000n))
    expect(krona?.total).toEqual(money('ISK', 100n))
  })
})

describe('payments', () => {
  const payment = {
    id: 'inpay_1',
    object: 'invoice_payment',
    amount_paid: 10_000,
    created,
    currency: 'usd',
    invoice: 'in_1',
    payment: { type: 'payment_intent', payment_intent: 'pi_1' },
    status: 'paid',
    status_transitions: { paid_at: created, canceled_at: null },
  }

  test('one that Stripe only records was received elsewhere, and is not counted again as out of band', async () => {
    const recorded = { ...payment, payment: { type: 'payment_record', payment_record: 'pr_1' } }
    const { billing } = billingOver({
      '/v1/invoice_payments?limit=100&invoice=in_1&status=paid': list(recorded),
    })
    const paid = invoice({ amount_paid: 10_000, amount_paid_off_stripe: 10_000 })
    const facts = good(await billing.readFacts(delivery('invoice.paid', paid)))
    expect(facts).toMatchObject([
      { factKey: 'stripe:invoice-payment:inpay_1', via: 'off-stripe', amount: money('USD', 10_000n) },
    ])
  })

  test('an invoice of nothing that is paid at once makes no fact', async () => {
    const { billing, asked } = billingOver()
    expect(good(await billing.readFacts(delivery('invoice.paid', invoice({ total: 0 }))))).toEqual([])
    expect(asked).toEqual([])
  })
})
