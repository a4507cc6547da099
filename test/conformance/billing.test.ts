import { describe, expect, test } from 'vitest'
import { money } from '../../src/domain/money.ts'
import { acmeTerms, feeLine, sampleTerms, usd } from '../domain/contract-samples.ts'
import { everything, good, idWithoutDrift, planOf, stripeWorld } from './stripe-world.ts'

describe('Acme Bank through the whole year', () => {
  test('its first invoice is 50,009.60 for 13M tokens, with the PO in its header and due in 60 days', async () => {
    const world = stripeWorld('2027-01-01')
    const plan = planOf(acmeTerms(), { asOf: '2027-01-01' })
    const ids = await world.performAll(plan)
    const target = { customerId: ids['customer'] ?? '', subscriptionId: ids['subscription'] ?? '' }
    for (const own of plan.ownCharges.filter(({ availableFrom }) => availableFrom <= '2027-01-01'))
      idWithoutDrift(await world.billing.charge(own, target), own.chargeKey)
    await world.advanceTo('2027-01-15')
    const event = {
      identifier: 'tokens-2027-01',
      meter: 'tokens',
      customerId: target.customerId,
      value: '13000000',
      occurredAt: new Date('2027-01-15T00:00:00Z'),
    }
    expect(await world.billing.sendMeterEvent(event)).toEqual({ kind: 'ok', value: { sent: true } })
    expect(await world.billing.sendMeterEvent(event)).toEqual({ kind: 'ok', value: { sent: true } })
    await world.advanceTo('2027-02-02')
    const finalized = (await world.facts()).filter((fact) => fact.kind === 'invoice-finalized')
    const invoice = finalized.find(({ total }) => total.amountMinor > 0n)
    expect(invoice).toMatchObject({
      contractId: 'ctr_1',
      total: money('USD', 5_000_960n),
      taxes: [],
      dueOn: '2027-04-02',
      customFields: [{ name: 'PO number', value: 'PO-2027-0042' }],
    })
    expect(invoice?.lines.map(({ lineId, net, service }) => [lineId, net.amountMinor, service])).toEqual(
      expect.arrayContaining([
        ['platform', 5_000_000n, { startsOn: '2027-01-01', endsBefore: '2027-02-01' }],
        ['tokens', 960n, { startsOn: '2027-01-01', endsBefore: '2027-02-01' }],
      ]),
    )
    expect(
      await world.billing.meterTotal(
        'tokens',
        target.customerId,
        new Date('2027-01-01T00:00:00Z'),
        new Date('2027-02-01T00:00:00Z'),
      ),
    ).toEqual({ kind: 'ok', value: '13000000' })
  })
})

describe('a deal of 1,054.00 a year where the list says 1,096.00', () => {
  test('is invoiced once, for the year, at NET 30', async () => {
    const world = stripeWorld('2017-03-01')
    await world.performAll(planOf(sampleTerms(), { asOf: '2017-03-01' }))
    await world.advanceTo('2018-04-01')
    const finalized = (await world.facts()).filter((fact) => fact.kind === 'invoice-finalized')
    expect(
      finalized.map(({ total, lines, dueOn }) => [
        total,
        lines.map(({ lineId, net, service }) => [lineId, net, service]),
        dueOn,
      ]),
    ).toEqual([
      [
        money('USD', 105_400n),
        [['gtx-pro', money('USD', 105_400n), { startsOn: '2017-03-01', endsBefore: '2018-03-01' }]],
        '2017-03-31',
      ],
    ])
    expect(await everything(world.billing.listSubscriptions)).toMatchObject([
      { contractId: 'ctr_1', status: 'canceled' },
    ])
  })

  test('a month late it is the same invoice, for the same year', async () => {
    const world = stripeWorld('2017-04-03')
    await world.performAll(planOf(sampleTerms(), { asOf: '2017-04-03' }))
    await world.advanceTo('2018-04-01')
    const finalized = (await world.facts()).filter((fact) => fact.kind === 'invoice-finalized')
    expect(finalized.map(({ total, lines }) => [total.amountMinor, lines[0]?.service])).toEqual([
      [105_400n, { startsOn: '2017-03-01', endsBefore: '2018-03-01' }],
    ])
  })
})

describe('a ramp', () => {
  test('10 seats at 30.00, from September 25 at 28.00: six invoices of 300.00 and six of 700.00', async () => {
    const ramp = [{ startsOn: '2017-09-01', unitPrice: usd(2_800), quantity: '25' }]
    const billing = { months: 1, timing: 'advance' } as const
    const lines = [feeLine({ unitPrice: usd(3_000), listPrice: usd(3_000), quantity: '10', billing, ramp })]
    const world = stripeWorld('2017-02-20')
    await world.performAll(planOf(sampleTerms({ lines }), { asOf: '2017-02-20' }))
    await world.advanceTo('2018-04-01')
    const finalized = (await world.facts()).filter((fact) => fact.kind === 'invoice-finalized')
    const totals = finalized.map(({ total }) => total.amountMinor)
    expect(totals).toEqual([
      ...Array.from({ length: 6 }, () => 30_000n),
      ...Array.from({ length: 6 }, () => 70_000n),
    ])
    expect(finalized.flatMap(({ lines: billed }) => billed.map(({ lineId }) => lineId))).toEqual(
      totals.map(() => 'gtx-pro'),
    )
  })
})

describe('asking again', () => {
  test('finds every object, and makes nothing twice', async () => {
    const world = stripeWorld('2027-01-01')
    const plan = planOf(acmeTerms(), { asOf: '2027-01-01' })
    const ids = await world.performAll(plan)
    for (const step of plan.steps) {
      expect(idWithoutDrift(await world.billing.find(step, ids), step.ref)).toBe(ids[step.ref])
      expect(idWithoutDrift(await world.billing.perform(step, ids), step.ref)).toBe(ids[step.ref])
    }
    expect(good(await world.billing.listSubscriptions(null)).items).toHaveLength(1)
  })
})
