import { afterEach, expect, test } from 'vitest'
import type { PostedEvent } from '../../src/cli/demo/post-usage.ts'
import { postUsage } from '../../src/cli/demo/post-usage.ts'
import { reportOn } from '../../src/cli/demo/report.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { acmeBank, graniteFee, traceDeal } from '../../src/cli/demo/story-deals.ts'
import { reportUsage } from '../../src/jobs/report-usage.ts'
import { createRunner } from '../../src/jobs/runner.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import { windowOf } from '../../src/store/usage-windows.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

let turn = 0

/** An event under an id of its own; its number is its value. */
function event(subject: string, type: string, time: string, value: number): PostedEvent {
  return { id: `e-${++turn}`, source: 'test', type, subject, time, data: { value: String(value) } }
}

/** Works until nothing is due at this instant; what waits to be tried again is left waiting. */
async function workAll(): Promise<void> {
  while ((await world.hub.runner.sweep()) > 0);
}

/** What Stripe's twin counted for a customer and a meter in the first quarter. */
async function countedAtStripe(name: string, meter: string): Promise<string> {
  const { providerCustomerId } = await customerNamed(world, name)
  const quarter = [new Date('2026-01-01T00:00:00Z'), new Date('2026-04-01T00:00:00Z')] as const
  const total = await world.hub.context.billing.meterTotal(meter, providerCustomerId ?? '', ...quarter)
  return total.kind === 'ok' ? total.value : total.kind
}

/** What waits for a person, besides warnings about the deals themselves. */
async function openExceptions(): Promise<string[]> {
  const open = await listExceptions(world.hub.context.store.read, { state: 'open' })
  const ofUsage = open.filter(({ queue }) => queue === 'report-usage')
  return ofUsage.map(({ code, subjectKind, subject }) => `${code} ${subjectKind} ${subject}`).sort()
}

test('a meter nobody sells, a customer without usage and an hour too old for Stripe stop no other usage', async () => {
  world = await smallWorld()
  for (const deal of [acmeBank, graniteFee, { ...traceDeal, CloseDate: '2026-01-01' }])
    await closeInSalesforce(world, deal)
  const [acme, granite, quartz] = await Promise.all(
    [acmeBank, graniteFee, traceDeal].map(({ account }) => customerNamed(world, account.Name)),
  )
  await world.advanceTo(new Date('2026-02-20T12:30:00Z'))
  const counts = await postUsage(world, [
    event(acme?.crmAccountId ?? '', 'calls', '2026-02-19T10:00:00Z', 1),
    event(granite?.crmAccountId ?? '', 'tokens', '2026-02-19T10:00:00Z', 2),
    // 46 days old: Stripe takes 35, so it is charged, which costs nothing within the included units.
    event(acme?.crmAccountId ?? '', 'tokens', '2026-01-05T10:00:00Z', 4),
    event(acme?.crmAccountId ?? '', 'tokens', '2026-02-19T10:00:00Z', 8),
    event(quartz?.crmAccountId ?? '', 'context_tokens', '2026-02-19T10:00:00Z', 16),
  ])
  expect(counts).toEqual({ accepted: 5, unmatched: 0, duplicates: 0, refused: 0 })
  await world.advanceTo(new Date('2026-02-20T14:00:00Z'))
  expect(await countedAtStripe('Acme Bank', 'tokens')).toBe('8')
  expect(await countedAtStripe('Quartz Assistants', 'context_tokens')).toBe('16')
  const waiting = [
    `METER_REJECTED usage-meter ${acme?.customerId} calls`,
    `METER_REJECTED usage-meter ${granite?.customerId} tokens`,
  ].sort()
  expect(await openExceptions()).toEqual(waiting)
  await world.replay()
  expect(await openExceptions()).toEqual(waiting)
  expect((await reportOn(world)).report.differences).toEqual([])
}, 60_000)

test('an hour Stripe refused is told once a person has it tried again and Stripe takes it', async () => {
  world = await smallWorld()
  await closeInSalesforce(world, acmeBank)
  const acme = await customerNamed(world, 'Acme Bank')
  await world.advanceTo(new Date('2026-01-20T12:30:00Z'))
  const { store } = world.hub.context
  const sending = world.hub.context.billing.sendMeterEvent
  const billing = world.hub.context.billing as { sendMeterEvent: typeof sending }
  const refusal = {
    kind: 'rejected',
    code: 'meter_archived',
    detail: 'The meter is archived.',
    field: null,
  } as const
  billing.sendMeterEvent = async () => refusal
  await postUsage(world, [event(acme.crmAccountId, 'tokens', '2026-01-20T11:10:00Z', 5)])
  await world.settle()
  expect(await openExceptions()).toEqual([`PROVIDER_REJECTED work ${acme.customerId} tokens`])
  billing.sendMeterEvent = sending
  await world.catchUp()
  expect(await countedAtStripe('Acme Bank', 'tokens')).toBe('0')
  await world.replay()
  await world.advanceTo(new Date('2026-01-20T13:30:00Z'))
  expect(await countedAtStripe('Acme Bank', 'tokens')).toBe('5')
  expect(await openExceptions()).toEqual([])
  const key = { customerId: acme.customerId, meter: 'tokens', startsAt: new Date('2026-01-20T11:00:00Z') }
  expect(await windowOf(store.read, key)).toMatchObject({ reportedRevision: 1, sendingRevision: null })
}, 60_000)

test('an hour grows while the answer about it is lost: 5 and then 3 more are 8 at Stripe, not 13', async () => {
  world = await smallWorld()
  await closeInSalesforce(world, acmeBank)
  const acme = await customerNamed(world, 'Acme Bank')
  await world.advanceTo(new Date('2026-01-20T12:30:00Z'))
  world.twins.stripe.faults.add({
    kind: 'cut-after',
    method: 'POST',
    path: '/v1/billing/meter_events',
    times: 1,
  })
  await postUsage(world, [event(acme.crmAccountId, 'tokens', '2026-01-20T11:10:00Z', 5)])
  await workAll()
  await postUsage(world, [event(acme.crmAccountId, 'tokens', '2026-01-20T11:20:00Z', 3)])
  const key = { customerId: acme.customerId, meter: 'tokens', startsAt: new Date('2026-01-20T11:00:00Z') }
  expect(await windowOf(world.hub.context.store.read, key)).toMatchObject({
    quantity: '8',
    sendingRevision: 1,
    sendingQuantity: '5',
  })
  await world.advanceTo(new Date('2026-01-20T13:30:00Z'))
  expect(world.twins.stripe.faults.remaining()).toBe(0)
  expect(await countedAtStripe('Acme Bank', 'tokens')).toBe('8')
  expect(await openExceptions()).toEqual([])
}, 60_000)

test('an hour of 19 digits is told in two events, because one holds 15, and the books agree although Stripe writes 17', async () => {
  world = await smallWorld()
  await closeInSalesforce(world, acmeBank)
  const acme = await customerNamed(world, 'Acme Bank')
  await world.advanceTo(new Date('2026-01-20T12:30:00Z'))
  const data = { value: '1234567.890123456789' }
  await postUsage(world, [{ ...event(acme.crmAccountId, 'tokens', '2026-01-20T11:10:00Z', 0), data }])
  await workAll()
  const key = { customerId: acme.customerId, meter: 'tokens', startsAt: new Date('2026-01-20T11:00:00Z') }
  expect(await windowOf(world.hub.context.store.read, key)).toMatchObject({
    reportedQuantity: '1234567.890123456789',
    reportedRevision: 2,
    sendingRevision: null,
  })
  await world.advanceTo(new Date('2026-01-20T13:30:00Z'))
  expect(await countedAtStripe('Acme Bank', 'tokens')).toBe('1234567.8901234567')
  expect((await reportOn(world)).report.differences).toEqual([])
  expect(await openExceptions()).toEqual([])
}, 60_000)

test('an hour told in parts that Stripe refuses is tried once, and waits for a person as one exception', async () => {
  world = await smallWorld()
  await closeInSalesforce(world, acmeBank)
  const acme = await customerNamed(world, 'Acme Bank')
  await world.advanceTo(new Date('2026-01-20T12:30:00Z'))
  const told: string[] = []
  const billing = {
    ...world.hub.context.billing,
    sendMeterEvent: ({ value }: { value: string }) => {
      told.push(value)
      return Promise.resolve({
        kind: 'rejected' as const,
        code: 'no_meter',
        detail: 'There is no meter.',
        field: null,
      })
    },
  }
  const data = { value: '1234567.890123456789' }
  await postUsage(world, [{ ...event(acme.crmAccountId, 'tokens', '2026-01-20T11:10:00Z', 0), data }])
  const runner = createRunner([reportUsage], { ...world.hub.context, billing })
  while ((await runner.drain('report-usage')) > 0);
  expect(told).toEqual(['1234567.89012345'])
  expect(await openExceptions()).toHaveLength(1)
}, 60_000)

test('an answer lost for 25 hours, when Stripe has forgotten the identifier, is looked up in its sum: 5 stay 5', async () => {
  world = await smallWorld()
  await closeInSalesforce(world, acmeBank)
  const acme = await customerNamed(world, 'Acme Bank')
  await world.advanceTo(new Date('2026-01-20T12:30:00Z'))
  world.twins.stripe.faults.add({ kind: 'cut-after', method: 'POST', path: '/v1/billing/meter_events' })
  await postUsage(world, [event(acme.crmAccountId, 'tokens', '2026-01-20T11:10:00Z', 5)])
  await workAll()
  const key = { customerId: acme.customerId, meter: 'tokens', startsAt: new Date('2026-01-20T11:00:00Z') }
  const held = () => windowOf(world.hub.context.store.read, key)
  expect(await held()).toMatchObject({ sendingRevision: 1, reportedRevision: 0 })
  await world.jumpTo(new Date('2026-01-21T13:30:00Z'))
  expect(await held()).toMatchObject({ sendingRevision: null, reportedRevision: 1, reportedQuantity: '5' })
  // Stripe's sums lag behind what it was sent.
  await world.advanceTo(new Date('2026-01-21T14:30:00Z'))
  expect(await countedAtStripe('Acme Bank', 'tokens')).toBe('5')
}, 60_000)

async function accountOf(dealId: string): Promise<string> {
  const crm = [...world.hub.context.crms.values()].find(({ name }) => name === 'salesforce')
  const read = await crm?.readDeals([dealId])
  const [found] = read?.kind === 'ok' ? read.value : []
  const id = found?.kind === 'found' ? found.deal.fields.account?.['Id'] : null
  if (typeof id !== 'string') throw new Error(`Deal ${dealId} shows no account`)
  return id
}

test('usage that came before its customer is counted, told and settled by itself when the deal closes', async () => {
  world = await smallWorld()
  const id = world.twins.salesforce.addDeal(acmeBank)
  const accountId = await accountOf(id)
  await world.advanceTo(new Date('2026-01-03T12:30:00Z'))
  const counts = await postUsage(world, [
    event(accountId, 'tokens', '2026-01-03T11:10:00Z', 7),
    event(accountId, 'calls', '2026-01-03T11:10:00Z', 1),
    event(accountId, 'tokens', '2025-12-31T11:10:00Z', 100),
  ])
  expect(counts).toMatchObject({ accepted: 0, unmatched: 3 })
  expect(await openExceptions()).toEqual([`UNMATCHED_USAGE usage-subject ${accountId}`])
  world.twins.salesforce.closeDeal(id)
  await world.settle()
  const { customerId } = await customerNamed(world, 'Acme Bank')
  await world.advanceTo(new Date('2026-01-03T13:30:00Z'))
  expect(await countedAtStripe('Acme Bank', 'tokens')).toBe('7')
  expect(await openExceptions()).toEqual([
    `METER_REJECTED usage-meter ${customerId} calls`,
    `METER_REJECTED usage-meter ${customerId} tokens`,
  ])
}, 60_000)
