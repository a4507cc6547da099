import { expect, test } from 'vitest'
import type { BillingPlan } from '../../src/domain/billing-plan.ts'
import type { ContractTermsJson } from '../../src/domain/contract.ts'
import { feeLine, sampleTerms, tokenLine, usd } from '../domain/contract-samples.ts'
import type { StripeWorld } from './stripe-world.ts'
import { good, planOf, stripeWorld } from './stripe-world.ts'

const monthly = { months: 1, timing: 'advance' } as const
const seats = feeLine({
  lineId: 'seats',
  unitPrice: usd(3_000),
  listPrice: usd(3_500),
  quantity: '10',
  billing: monthly,
})
const ramped = {
  ...seats,
  ramp: [{ startsOn: '2017-05-01', unitPrice: usd(3_000), quantity: '20' }],
} as typeof seats

type Live = { world: StripeWorld; plan: BillingPlan; ids: Record<string, string>; id: string }

async function live(overrides: Partial<ContractTermsJson> = {}, asOf = '2017-03-01'): Promise<Live> {
  const world = stripeWorld(asOf)
  const plan = planOf(sampleTerms({ lines: [seats, tokenLine()], ...overrides }), { asOf })
  const ids = await world.performAll(plan)
  return { world, plan, ids, id: ids['subscription'] ?? '' }
}

/** What is not as planned, one field a line. */
async function driftOf({ world, plan, ids, id }: Live): Promise<string[]> {
  const drift = good(await world.billing.compareSubscription(plan, ids, id))
  return drift.map(({ field, planned, held }) => `${field}: ${planned} → ${held}`)
}

/** What every message so far tells of subscriptions. */
function subscriptionNotices({ world }: Live) {
  return world.deliveries
    .flatMap((delivery) => good(world.billing.readNotices(delivery)))
    .filter((notice) => notice.kind === 'subscription-changed')
}

/** Those that may have moved money. */
function suspicions(played: Live) {
  return subscriptionNotices(played).filter(({ mayMoveMoney }) => mayMoveMoney)
}

/** The id of the subscription itself, also where a schedule made it. */
async function subscriptionOf({ world }: Live): Promise<string> {
  const page = good(await world.billing.listSubscriptions(null))
  return page.items[0]?.subscriptionId ?? ''
}

async function send(
  { world }: Live,
  method: string,
  path: string,
  body = '',
): Promise<Record<string, unknown>> {
  const response = await world.transport(`https://api.stripe.com/v1/${path}`, {
    method,
    headers: { authorization: 'Bearer sk_test_person', 'content-type': 'application/x-www-form-urlencoded' },
    ...(method === 'GET' ? {} : { body }),
  })
  const answer = (await response.json()) as Record<string, unknown>
  if (response.status !== 200) throw new Error(JSON.stringify(answer))
  return answer
}

test('a year of renewals, late payments and the end raise no suspicion and are as planned all along', async () => {
  const played = await live()
  for (const day of ['2017-03-02', '2017-04-01', '2017-05-20', '2017-12-31', '2018-02-28', '2018-03-02']) {
    await played.world.advanceTo(day, '02:00:00')
    expect(await driftOf(played)).toEqual([])
    expect(suspicions(played)).toEqual([])
  }
  const statuses = new Set(subscriptionNotices(played).map(({ status }) => status))
  expect([...statuses]).toEqual(['active', 'past_due', 'canceled'])
})

test('the phases of a ramp come as planned, at and after each change', async () => {
  const played = await live({ lines: [ramped] })
  for (const day of ['2017-03-02', '2017-04-30', '2017-05-01', '2017-09-01', '2018-03-02']) {
    await played.world.advanceTo(day, '02:00:00')
    expect(await driftOf(played)).toEqual([])
  }
  expect(suspicions(played)).toHaveLength(1)
})

test('a start to come is as planned before and after it', async () => {
  const played = await live({}, '2017-02-01')
  expect(await driftOf(played)).toEqual([])
  await played.world.advanceTo('2017-03-05')
  expect(await driftOf(played)).toEqual([])
})

test('a quantity, the days until due and an earlier end changed at the dashboard are named, and settled when put back', async () => {
  const played = await live()
  const { world, id } = played
  await world.advanceTo('2017-03-10')
  const { items } = (await send(played, 'GET', `subscriptions/${id}`)) as {
    items: { data: { id: string; quantity?: number }[] }
  }
  const item = items.data.find(({ quantity }) => quantity === 10)?.id
  const change = (quantity: number, days: number, end: string) =>
    world.fake.editInDashboard(id, {
      items: [{ id: item, quantity }],
      days_until_due: days,
      cancel_at: Date.parse(end) / 1_000,
    })
  change(12, 60, '2017-09-01T00:00:00Z')
  await world.fake.pump()
  expect(suspicions(played)).toHaveLength(1)
  expect(await driftOf(played)).toEqual([
    'quantity of seats: 10 → 12',
    'days until due: 30 → 60',
    'end: 2018-03-01 → 2017-09-01',
  ])
  change(10, 30, '2018-03-01T00:00:00Z')
  await world.fake.pump()
  expect(suspicions(played)).toHaveLength(2)
  expect(await driftOf(played)).toEqual([])
})

test('another price is an item nobody agreed in place of one that is gone', async () => {
  const played = await live({ lines: [seats] })
  const { world, id } = played
  const { items } = (await send(played, 'GET', `subscriptions/${id}`)) as {
    items: { data: { id: string; price: { product: string } }[] }
  }
  const [item] = items.data
  const price = await send(
    played,
    'POST',
    'prices',
    `product=${item?.price.product}&currency=usd&unit_amount=9900&recurring[interval]=month`,
  )
  world.fake.editInDashboard(id, { items: [{ id: item?.id, price: price['id'] }] })
  expect(await driftOf(played)).toEqual([
    'item seats: × 10 → none',
    `item ${String(price['id'])}: none → × 10`,
  ])
})

test('a coupon nobody agreed is named, on an item and on the whole', async () => {
  const played = await live({ lines: [seats] })
  const { world, id } = played
  await send(played, 'POST', 'coupons', 'id=FRIENDS&percent_off=50&duration=forever')
  world.fake.editInDashboard(id, { discounts: [{ coupon: 'FRIENDS' }] })
  expect(await driftOf(played)).toEqual(['discount: none → FRIENDS'])
})

test('a coupon that was agreed and taken off is named', async () => {
  const played = await live({ lines: [seats] })
  const { world, id, ids } = played
  const { items } = (await send(played, 'GET', `subscriptions/${id}`)) as {
    items: { data: { id: string }[] }
  }
  world.fake.editInDashboard(id, { items: [{ id: items.data[0]?.id, discounts: '' }] })
  const coupon = Object.entries(ids).find(([ref]) => ref.startsWith('coupon:'))?.[1]
  expect(await driftOf(played)).toEqual([`discount of seats: ${coupon} → none`])
})

test('a subscription that was canceled in mid-term is named with the day', async () => {
  const played = await live()
  await played.world.advanceTo('2017-06-10', '12:00:00')
  await send(played, 'DELETE', `subscriptions/${played.id}`)
  await played.world.fake.pump()
  expect(suspicions(played)).toHaveLength(1)
  expect(await driftOf(played)).toEqual(['status: running until 2018-03-01 → canceled on 2017-06-10'])
})

test('a ramp that was released or changed is named', async () => {
  const played = await live({ lines: [ramped] })
  await played.world.advanceTo('2017-04-10')
  const id = await subscriptionOf(played)
  const { items } = (await send(played, 'GET', `subscriptions/${id}`)) as {
    items: { data: { id: string }[] }
  }
  played.world.fake.editInDashboard(id, { items: [{ id: items.data[0]?.id, quantity: 11 }] })
  expect(await driftOf(played)).toEqual(['quantity of seats: 10 → 11'])
  await send(played, 'POST', `subscription_schedules/${played.id}/release`)
  expect(await driftOf(played)).toContain('schedule: running until 2018-03-01 → released on 2017-04-10')
})
