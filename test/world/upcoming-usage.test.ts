import { afterEach, expect, test } from 'vitest'
import { acmeOf } from '../../src/cli/demo/acme.ts'
import { postUsage } from '../../src/cli/demo/post-usage.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { acmeBank } from '../../src/cli/demo/story-deals.ts'
import { createApiKey } from '../../src/http/access/create-key.ts'
import { contractsOfCustomer } from '../../src/store/contracts.ts'
import { listThresholdsCrossed } from '../../src/store/threshold-lookup.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

/** What an address of the hub answers. */
async function answered<T>(path: string, body?: object): Promise<T> {
  const { store, clock, random } = world.hub.context
  const { secret } = await createApiKey(
    { store, clock, random },
    { name: 'test', scopes: ['contracts:read', 'entitlements:read'], by: 'test' },
  )
  const answer = await world.hub.app.request(path, {
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  return (await answer.json()) as T
}

test("the shadow line of Acme's 13,000,000 tokens says 9.60 in January, and its invoice of 1 February bills 9.60", async () => {
  world = await smallWorld()
  await closeInSalesforce(world, acmeBank)
  const acme = await customerNamed(world, 'Acme Bank')
  const { read } = world.hub.context.store
  const [contract] = await contractsOfCustomer(read, acme.customerId)
  await world.advanceTo(new Date('2026-02-01T11:45:00Z'))
  const tokens = (id: string, time: string, value: string) => {
    const named = { id, source: 'test', type: 'tokens', subject: acme.crmAccountId }
    return { ...named, time, data: { value } }
  }
  await postUsage(world, [
    tokens('e-1', '2026-01-05T18:00:00Z', '12999999'),
    // February has begun everywhere, but January is billed until 12:00 UTC where New York sells.
    tokens('e-2', '2026-02-01T11:30:00Z', '1'),
  ])
  expect(await answered(`/v1/contracts/${contract?.contractId}/upcoming-usage`)).toMatchObject({
    object: 'upcoming_usage',
    total: { amount: '960', currency: 'USD' },
    lines: [
      {
        quantity: '13000000',
        overage: '3000000',
        amount: { amount: '960', currency: 'USD' },
        explanation: '3,000,000 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 9.60',
        period: { starts_on: '2026-01-01', ends_before: '2026-02-01' },
        invoiced_on: '2026-02-01',
        priced_by: 'stripe',
      },
    ],
  })
  expect(await answered('/v1/entitlements/check', { customer: '001', meter: 'tokens' })).toMatchObject({
    status: 404,
  })
  expect(
    await answered('/v1/entitlements/check', { customer: acme.crmAccountId, meter: 'tokens' }),
  ).toMatchObject({ allowed: true, reason: 'overage', used: '13000000', remaining: '0' })
  const told = await listThresholdsCrossed(read, { customerId: acme.customerId })
  expect(told.map(({ percent }) => percent)).toEqual(['100', '80', '50'])
  await world.advanceTo(new Date('2026-02-03T18:00:00Z'))
  const billed = await acmeOf(world, contract ? [contract] : [])
  expect(billed?.figures).toMatchObject({ overage: '9.60', firstInvoice: { total: '50009.60' } })
  expect(
    await answered('/v1/entitlements/check', { customer: acme.crmAccountId, meter: 'tokens' }),
  ).toMatchObject({ reason: 'included', used: '0', remaining: '10000000' })
  expect(await answered(`/v1/contracts/${contract?.number}/upcoming-usage`)).toMatchObject({
    total: { amount: '0' },
    lines: [
      {
        period: { starts_on: '2026-02-01' },
        explanation: '0 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 0.00',
      },
    ],
  })
}, 60_000)
