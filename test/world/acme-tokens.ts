import { expect } from 'vitest'
import { demoSecrets } from '../../src/cli/demo/fakes.ts'
import { postUsage } from '../../src/cli/demo/post-usage.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { acmeBank } from '../../src/cli/demo/story-deals.ts'
import { listExceptions, type Exception } from '../../src/store/exceptions.ts'
import { windowOf, type StoredWindow } from '../../src/store/usage-windows.ts'
import type { SmallWorld, SmallWorldOptions } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

/** A world in which Acme Bank has bought tokens, at half past twelve on 20 January 2026 unless said otherwise. */
export async function worldOfAcme(
  at = '2026-01-20T12:30:00Z',
  options: SmallWorldOptions = {},
): Promise<SmallWorld> {
  const world = await smallWorld(options)
  await closeInSalesforce(world, acmeBank)
  await world.advanceTo(new Date(at))
  return world
}

let turn = 0

/** Acme Bank uses tokens at an instant. */
export async function useTokens(world: SmallWorld, time: string, value: number | string): Promise<void> {
  const { crmAccountId } = await customerNamed(world, 'Acme Bank')
  const id = `u-${++turn}`
  const used = {
    id,
    source: 'test',
    type: 'tokens',
    subject: crmAccountId,
    time,
    data: { value: String(value) },
  }
  expect(await postUsage(world, [used])).toMatchObject({ accepted: 1 })
}

/** Works until nothing is due at this instant; what waits to be tried again is left waiting. */
export async function workAll(world: SmallWorld): Promise<void> {
  while ((await world.hub.runner.sweep()) > 0);
}

/** What Stripe's twin counted of Acme's tokens between two instants, or the class of its refusal. */
export async function countedAtStripe(world: SmallWorld, from: string, to: string): Promise<string> {
  const { providerCustomerId } = await customerNamed(world, 'Acme Bank')
  const range = [new Date(from), new Date(to)] as const
  const total = await world.hub.context.billing.meterTotal('tokens', providerCustomerId ?? '', ...range)
  return total.kind === 'ok' ? total.value : total.kind
}

/** Acme's tokens of the hour that begins at an instant, as the hub holds them. */
export async function heldHour(world: SmallWorld, startsAt: string): Promise<StoredWindow | null> {
  const { customerId } = await customerNamed(world, 'Acme Bank')
  return windowOf(world.hub.context.store.read, { customerId, meter: 'tokens', startsAt: new Date(startsAt) })
}

/** Open exceptions about usage. */
export async function usageExceptions(world: SmallWorld): Promise<Exception[]> {
  const open = await listExceptions(world.hub.context.store.read, { state: 'open' })
  return open.filter(({ queue }) => queue === 'report-usage')
}

/** Somebody does something at Stripe by its API. */
export async function atStripe(world: SmallWorld, method: 'GET' | 'POST', path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${demoSecrets.stripeKey}` }
  const answer = await world.twins.stripe.app.request(path, { method, headers })
  if (!answer.ok) throw new Error(`Stripe's twin answers ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

/** Archives Acme's meter at Stripe, or takes it into use again. */
export async function switchMeter(world: SmallWorld, turned: 'deactivate' | 'reactivate'): Promise<void> {
  const { data } = (await atStripe(world, 'GET', '/v1/billing/meters?limit=100')) as {
    data: { id: string; event_name: string }[]
  }
  const meter = data.find(({ event_name: name }) => name === 'tokens')
  await atStripe(world, 'POST', `/v1/billing/meters/${meter?.id}/${turned}`)
}
