import { describe, expect, test } from 'vitest'
import { money } from '../../src/domain/money.ts'
import type { BillingFact } from '../../src/domain/fact.ts'
import { feeLine, sampleTerms, usd } from '../domain/contract-samples.ts'
import type { StripeWorld } from './stripe-world.ts'
import { everything, good, planOf, stripeWorld } from './stripe-world.ts'

/** A world with one open invoice of 1,054.00, finalized an hour after midnight. */
async function worldWithInvoice(): Promise<{ world: StripeWorld; invoiceId: string }> {
  const world = stripeWorld('2017-03-01')
  await world.performAll(planOf(sampleTerms(), { asOf: '2017-03-01' }))
  await world.advanceTo('2017-03-02')
  const [invoice] = await everything(world.billing.listInvoices)
  return { world, invoiceId: invoice?.invoiceId ?? '' }
}

/** The facts of some kinds, without those that came before. */
async function factsOf(world: StripeWorld, ...kinds: BillingFact['kind'][]): Promise<BillingFact[]> {
  await world.fake.pump()
  return (await world.facts()).filter(({ kind }) => kinds.includes(kind))
}

/** How many messages of a type came. */
function heard(world: StripeWorld, type: string): number {
  return world.deliveries.filter((delivery) => delivery.type === type).length
}

describe('payments', () => {
  test('one payment is told by three events and is one fact', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    const paymentId = world.fake.payInvoice(invoiceId, { via: 'bank_transfer' })
    const facts = await factsOf(world, 'invoice-paid')
    expect(
      ['invoice_payment.paid', 'invoice.paid', 'invoice.payment_succeeded'].map((type) => heard(world, type)),
    ).toEqual([1, 1, 1])
    expect(facts).toEqual([
      {
        kind: 'invoice-paid',
        factKey: `stripe:invoice-payment:${paymentId}`,
        occurredAt: new Date('2017-03-02T00:00:00Z'),
        invoiceId,
        amount: money('USD', 105_400n),
        via: 'stripe',
      },
    ])
  })

  test('invoice.paid alone, without its invoice_payment, leads to the same fact', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    world.fake.payInvoice(invoiceId, { via: 'card' })
    await world.fake.pump()
    const factOf = async (type: string) =>
      good(
        await world.billing.readFacts(
          world.deliveries.find((delivery) => delivery.type === type) ?? { type, body: '' },
        ),
      )
    expect(await factOf('invoice.paid')).toEqual(await factOf('invoice_payment.paid'))
  })

  test('two halves of 527.00 are two facts', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    world.fake.payInvoice(invoiceId, { via: 'bank_transfer', amountMinor: 52_700n })
    world.fake.payInvoice(invoiceId, { via: 'bank_transfer', amountMinor: 52_700n })
    const facts = await factsOf(world, 'invoice-paid')
    expect(facts.map((fact) => fact.kind === 'invoice-paid' && fact.amount.amountMinor)).toEqual([
      52_700n,
      52_700n,
    ])
  })

  test('half by card and the rest outside of Stripe: one fact for each way', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    world.fake.payInvoice(invoiceId, { via: 'card', amountMinor: 50_000n })
    world.fake.payInvoice(invoiceId, { via: 'out_of_band' })
    const facts = await factsOf(world, 'invoice-paid')
    expect(facts.map((fact) => fact.kind === 'invoice-paid' && [fact.via, fact.amount.amountMinor])).toEqual([
      ['stripe', 50_000n],
      ['off-stripe', 55_400n],
    ])
    expect(facts[1]?.factKey).toBe(`stripe:invoice:${invoiceId}:paid-off-stripe`)
  })
})

describe('messages that come twice or twofold', () => {
  test('two Event objects for every change, each delivered twice and shuffled, make the same facts', async () => {
    const calm = await worldWithInvoice()
    calm.world.fake.payInvoice(calm.invoiceId, { via: 'card' })
    const expected = await factsOf(calm.world, 'invoice-finalized', 'invoice-paid')

    const world = stripeWorld('2017-03-01')
    world.fake.setQuirks({ doubledEventShare: 1, duplicateDeliveryShare: 1, shuffleDeliveries: true })
    await world.performAll(planOf(sampleTerms(), { asOf: '2017-03-01' }))
    await world.advanceTo('2017-03-02')
    const [invoice] = await everything(world.billing.listInvoices)
    world.fake.payInvoice(invoice?.invoiceId ?? '', { via: 'card' })
    const facts = await factsOf(world, 'invoice-finalized', 'invoice-paid')
    expect(heard(world, 'invoice.finalized')).toBe(4)
    expect(facts).toHaveLength(2)
    expect(facts.map(({ kind }) => kind).sort()).toEqual(expected.map(({ kind }) => kind).sort())
  })

  test('every message of one change reads as exactly the same fact', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    world.fake.setQuirks({ doubledEventShare: 1 })
    world.fake.payInvoice(invoiceId, { via: 'card' })
    await world.advanceTo('2017-03-03')
    const read = await Promise.all(
      world.deliveries.map(async (delivery) => good(await world.billing.readFacts(delivery))),
    )
    const byKey = Map.groupBy(read.flat(), ({ factKey }) => factKey)
    for (const same of byKey.values()) expect(same).toEqual(same.map(() => same[0]))
    expect(byKey.size).toBe(2)
  })
})

describe('refunds', () => {
  test('two partial refunds of one charge are two facts of the invoice', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    world.fake.payInvoice(invoiceId, { via: 'card' })
    const refundIds = [
      world.fake.refund({ invoiceId, amountMinor: 1_000n }),
      world.fake.refund({ invoiceId, amountMinor: 2_000n }),
    ]
    const facts = await factsOf(world, 'refund-made')
    expect(facts).toMatchObject([
      {
        factKey: `stripe:refund:${refundIds[0]}`,
        invoiceId,
        creditNoteId: null,
        amount: money('USD', 1_000n),
      },
      {
        factKey: `stripe:refund:${refundIds[1]}`,
        invoiceId,
        creditNoteId: null,
        amount: money('USD', 2_000n),
      },
    ])
  })

  test('a refund that comes back three days later is made and failed', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    world.fake.payInvoice(invoiceId, { via: 'card' })
    const refundId = world.fake.refund({ invoiceId, amountMinor: 1_000n, fails: true })
    await world.advanceTo('2017-03-08')
    const facts = await factsOf(world, 'refund-made', 'refund-failed')
    expect(facts.map(({ factKey, occurredAt }) => [factKey, occurredAt.toISOString().slice(0, 10)])).toEqual([
      [`stripe:refund:${refundId}`, '2017-03-02'],
      [`stripe:refund:${refundId}:failed`, '2017-03-05'],
    ])
  })
})

describe('disputes', () => {
  test.each(['won', 'lost'] as const)('opened and %s', async (outcome) => {
    const { world, invoiceId } = await worldWithInvoice()
    world.fake.payInvoice(invoiceId, { via: 'card' })
    const disputeId = world.fake.openDispute({ invoiceId })
    await world.advanceTo('2017-04-01')
    world.fake.closeDispute(disputeId, outcome)
    const facts = await factsOf(world, 'dispute-opened', 'dispute-won', 'dispute-lost')
    expect(facts).toMatchObject([
      {
        kind: 'dispute-opened',
        factKey: `stripe:dispute:${disputeId}:opened`,
        invoiceId,
        amount: money('USD', 105_400n),
      },
      {
        kind: `dispute-${outcome}`,
        factKey: `stripe:dispute:${disputeId}:closed`,
        invoiceId,
        amount: money('USD', 105_400n),
      },
    ])
  })
})

describe('invoices', () => {
  test('one of 15 lines is fetched whole: fifteen lines of 1.00', async () => {
    const lines = Array.from({ length: 15 }, (_, index) =>
      feeLine({
        lineId: `line-${index}`,
        unitPrice: usd(100),
        listPrice: null,
        product: { code: `P${index}`, name: `P${index}`, family: 'GTX' },
      }),
    )
    const world = stripeWorld('2017-03-01')
    await world.performAll(planOf(sampleTerms({ lines }), { asOf: '2017-03-01' }))
    await world.advanceTo('2017-03-02')
    const [fact] = await factsOf(world, 'invoice-finalized')
    expect(fact?.kind === 'invoice-finalized' && fact.lines.map(({ lineId }) => lineId).sort()).toEqual(
      lines.map(({ lineId }) => lineId).sort(),
    )
    const [invoice] = await everything(world.billing.listInvoices)
    expect(invoice?.lines).toHaveLength(15)
  })

  test('voided and given up', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    const post = (path: string) =>
      world.transport(`https://api.stripe.com/v1/invoices/${invoiceId}/${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk_test_world' },
      })
    expect((await post('mark_uncollectible')).status).toBe(200)
    expect((await post('void')).status).toBe(200)
    const facts = await factsOf(world, 'invoice-marked-uncollectible', 'invoice-voided')
    expect(facts.map(({ factKey }) => factKey).toSorted()).toEqual([
      `stripe:invoice:${invoiceId}:uncollectible`,
      `stripe:invoice:${invoiceId}:voided`,
    ])
  })
})

describe('the balance', () => {
  test('tells the fee of each payment and the payout, once each', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    world.fake.payInvoice(invoiceId, { via: 'card' })
    await world.advanceTo('2017-03-10')
    const facts = await everything((cursor) =>
      world.billing.readBalanceFacts(new Date('2017-01-01T00:00:00Z'), cursor),
    )
    const changes = await everything(world.billing.listBalanceChanges)
    expect(facts.map((fact) => [fact.kind, 'amount' in fact && fact.amount.amountMinor])).toEqual([
      ['payout-paid', 105_400n - 3_087n],
      ['stripe-fee-charged', 3_087n],
    ])
    expect(changes.map(({ type, amount, fee }) => [type, amount.amountMinor, fee.amountMinor])).toEqual([
      ['payout', -102_313n, 0n],
      ['charge', 105_400n, 3_087n],
    ])
    expect(
      await everything((cursor) => world.billing.readBalanceFacts(new Date('2017-03-10T00:00:00Z'), cursor)),
    ).toEqual([])
  })
})

describe('against the truth the twin keeps', () => {
  test('every fact of money it knows of is read, and nothing else', async () => {
    const { world, invoiceId } = await worldWithInvoice()
    world.fake.payInvoice(invoiceId, { via: 'card' })
    world.fake.refund({ invoiceId, amountMinor: 1_000n })
    const disputeId = world.fake.openDispute({ invoiceId, amountMinor: 2_000n })
    world.fake.closeDispute(disputeId, 'won')
    await world.advanceTo('2017-04-01')
    const balance = await everything((cursor) =>
      world.billing.readBalanceFacts(new Date('2017-01-01T00:00:00Z'), cursor),
    )
    const read = [...(await world.facts()), ...balance].map((fact) => [named(fact.kind), amountOf(fact)])
    const truth = world.fake.journal().map(({ kind, amountMinor }) => [named(kind), amountMinor])
    expect(sorted(read)).toEqual(sorted(truth))
  })

  function named(kind: string): string {
    return kind.replace('stripe-fee-charged', 'fee-charged').replace('-off-stripe', '')
  }

  function amountOf(fact: BillingFact): bigint {
    if ('amount' in fact) return fact.amount.amountMinor
    return 'total' in fact ? fact.total.amountMinor : 0n
  }

  function sorted(rows: (string | bigint)[][]): string[] {
    return rows.map((row) => row.join(' ')).sort()
  }
})
