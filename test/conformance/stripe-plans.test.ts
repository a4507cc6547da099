import { describe, expect, test } from 'vitest'
import type { BillingPlan, OwnCharge } from '../../src/domain/billing-plan.ts'
import { addDays } from '../../src/domain/calendar.ts'
import type { ContractTerms, ContractTermsJson } from '../../src/domain/contract.ts'
import { contractValue, obligationsOf } from '../../src/domain/contract-value.ts'
import type { InvoiceFinalized } from '../../src/domain/fact.ts'
import { feeLine, sampleTerms, sampleVersion, tokenLine, usd } from '../domain/contract-samples.ts'
import type { StripeWorld } from './stripe-world.ts'
import { everything, good, planOf, stripeWorld } from './stripe-world.ts'

const monthly = { months: 1, timing: 'advance' } as const
const quarterly = { months: 3, timing: 'advance' } as const
const inArrears = { months: 1, timing: 'arrears' } as const

/** Plays a contract from the day it is planned until two months after its end, as the hub would; answers what was invoiced. */
async function play(terms: ContractTerms, asOf: string, zone = 'UTC'): Promise<InvoiceFinalized[]> {
  const world = stripeWorld(asOf)
  if (zone !== 'UTC') await world.advanceTo(asOf, '12:00:00')
  const plan = planOf(terms, { asOf, zone })
  const ids = await world.performAll(plan)
  const target = { customerId: ids['customer'] ?? '', subscriptionId: ids['subscription'] ?? '' }
  const waiting = [...plan.ownCharges]
  for (let today = asOf; today < addDays(terms.endsBefore, 60); today = addDays(today, 1)) {
    await handOver(world, waiting, today, target)
    await world.advanceTo(addDays(today, 1), zone === 'UTC' ? '00:00:00' : '12:00:00')
  }
  expect(waiting).toEqual([])
  expect(await leftIn(world)).toBe(0)
  await expectAllFound(world, plan, ids)
  return (await world.facts()).filter((fact) => fact.kind === 'invoice-finalized')
}

async function handOver(
  world: StripeWorld,
  waiting: OwnCharge[],
  today: string,
  target: { customerId: string; subscriptionId: string },
): Promise<void> {
  for (const own of waiting.filter(({ availableFrom }) => availableFrom <= today)) {
    const answer = await world.billing.charge(own, target)
    if (answer.kind === 'throttled' || answer.kind === 'transient') continue
    expect(good(answer).drift).toEqual([])
    waiting.splice(waiting.indexOf(own), 1)
  }
}

/** Invoice items that no invoice took. */
async function leftIn(world: StripeWorld): Promise<number> {
  const headers = { authorization: 'Bearer sk_test_world' }
  const response = await world.transport('https://api.stripe.com/v1/invoiceitems?pending=true&limit=100', {
    headers,
  })
  return ((await response.json()) as { data: unknown[] }).data.length
}

async function expectAllFound(
  world: StripeWorld,
  plan: BillingPlan,
  ids: Record<string, string>,
): Promise<void> {
  const shared = plan.steps.filter(({ kind }) => kind !== 'subscription' && kind !== 'schedule')
  for (const step of shared)
    expect(good(await world.billing.find(step, ids))).toEqual({ providerId: ids[step.ref], drift: [] })
  for (const own of plan.ownCharges)
    expect(good(await world.billing.findCharge(own, { customerId: ids['customer'] ?? '' }))?.drift).toEqual(
      [],
    )
  const invoices = await everything(world.billing.listInvoices)
  expect(invoices.filter(({ status }) => status === 'draft')).toEqual([])
}

/** Net sums by contract line. */
function byLine(
  rows: readonly { readonly lineId: string | null; readonly amountMinor: bigint }[],
): Record<string, bigint> {
  const sums: Record<string, bigint> = {}
  for (const { lineId, amountMinor } of rows)
    if (amountMinor !== 0n) sums[`${lineId}`] = (sums[`${lineId}`] ?? 0n) + amountMinor
  return sums
}

function lineSums(invoices: readonly InvoiceFinalized[]): Record<string, bigint> {
  return byLine(
    invoices.flatMap(({ lines }) =>
      lines.map(({ lineId, net }) => ({ lineId, amountMinor: net.amountMinor })),
    ),
  )
}

function obligationSums(terms: ContractTerms): Record<string, bigint> {
  return byLine(
    obligationsOf(sampleVersion(terms)).map(({ lineId, price }) => ({
      lineId,
      amountMinor: price.amountMinor,
    })),
  )
}

/** Lines in arrears that came before their service ended or over a month late, and others that came more than two days off. */
function lateOrEarly(invoices: readonly InvoiceFinalized[], terms: ContractTerms, asOf: string): string[] {
  const arrears = new Set(
    terms.lines.flatMap((line) =>
      'billing' in line && line.billing.timing === 'arrears' ? [line.lineId] : [],
    ),
  )
  return invoices.flatMap(({ occurredAt, lines }) => {
    const day = occurredAt.toISOString().slice(0, 10)
    return lines.flatMap(({ lineId, net, service }) => {
      if (net.amountMinor === 0n) return []
      const isArrears = arrears.has(lineId ?? '')
      const due = isArrears ? service.endsBefore : service.startsOn
      const from = due > asOf ? due : asOf
      const until = addDays(from, isArrears && due < asOf ? 33 : 2)
      return day >= from && day <= until
        ? []
        : [`${lineId} of ${service.startsOn} came on ${day}, due from ${from}`]
    })
  })
}

const setup = {
  kind: 'one-time' as const,
  lineId: 'setup',
  product: { code: 'SETUP', name: 'Set-up', family: 'Services' },
  price: usd(25_000),
  chargedOn: '2017-05-10',
  serviceMonths: 0,
}
const seats = feeLine({
  lineId: 'seats',
  unitPrice: usd(3_000),
  listPrice: usd(3_500),
  quantity: '10',
  billing: monthly,
})
const ramp = [{ startsOn: '2017-09-01', unitPrice: usd(2_800), quantity: '25' }]
const percent = {
  name: 'Launch',
  percent: '12.5',
  amount: null,
  duration: { kind: 'months' as const, months: 5 },
  lineIds: null,
}
const amount = {
  name: 'Loyal',
  percent: null,
  amount: usd(1_001),
  duration: { kind: 'forever' as const },
  lineIds: null,
}

const shapes: Record<string, Partial<ContractTermsJson>> = {
  'a yearly fee below list': {},
  'monthly seats below list': { lines: [seats] },
  'monthly seats with a ramp': { lines: [{ ...seats, ramp } as typeof seats] },
  'monthly seats with two discounts': { lines: [seats], discounts: [percent, amount] },
  'fees in arrears only': {
    lines: [feeLine({ listPrice: null, unitPrice: usd(9_999), billing: inArrears })],
    discounts: [percent],
  },
  'a quarterly fee in arrears beside monthly seats': {
    lines: [seats, feeLine({ lineId: 'care', listPrice: null, billing: { months: 3, timing: 'arrears' } })],
  },
  'a yearly fee, quarterly seats, a set-up and usage': {
    lines: [
      feeLine({ lineId: 'year' }),
      { ...seats, billing: quarterly } as typeof seats,
      setup,
      tokenLine(),
    ],
    discounts: [amount],
  },
}

describe.each(Object.entries(shapes))('%s', (_, shape) => {
  test.each(['2017-02-10', '2017-03-01', '2017-03-15', '2017-06-20', '2017-12-31'])(
    'planned on %s is invoiced for exactly the contract value, line by line',
    async (asOf) => {
      const terms = sampleTerms(shape)
      const invoices = await play(terms, asOf)
      expect(lineSums(invoices)).toEqual(obligationSums(terms))
      expect(lateOrEarly(invoices, terms, asOf)).toEqual([])
      expect(invoices.reduce((sum, { total }) => sum + total.amountMinor, 0n)).toBe(
        contractValue(terms).amountMinor,
      )
    },
  )
})

describe('time zones', () => {
  test.each(['America/Los_Angeles', 'Pacific/Auckland'])(
    'in %s every month begins on its first day',
    async (zone) => {
      const invoices = await play(sampleTerms({ lines: [seats] }), '2017-03-01', zone)
      const starts = invoices.flatMap(({ lines }) => lines.map(({ service }) => service.startsOn))
      expect(starts.sort()).toEqual(
        ['03', '04', '05', '06', '07', '08', '09', '10', '11', '12']
          .map((month) => `2017-${month}-01`)
          .concat('2018-01-01', '2018-02-01'),
      )
    },
  )
})
