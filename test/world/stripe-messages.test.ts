import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiVersion } from '../../connectors/stripe/client.ts'
import { demoSecrets } from '../../src/cli/demo/fakes.ts'
import { graniteFee } from '../../src/cli/demo/story-deals.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import { loadMessages } from '../../src/store/inbox.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld
let turn = 0

beforeAll(async () => {
  world = await smallWorld()
  await closeInSalesforce(world, graniteFee)
}, 60_000)
afterAll(() => world.close())

/** Sends a signed event, lets the hub work, and answers the id under which it was sent. */
async function hear(changes: object): Promise<string> {
  const id = `evt_odd_${++turn}`
  const seconds = Math.floor(world.now().getTime() / 1_000)
  const event = {
    id,
    object: 'event',
    livemode: false,
    created: seconds,
    api_version: apiVersion,
    ...changes,
  }
  const body = JSON.stringify(event)
  const v1 = createHmac('sha256', demoSecrets.stripeWebhook).update(`${seconds}.${body}`).digest('hex')
  const headers = { 'stripe-signature': `t=${seconds},v1=${v1}` }
  const answer = await world.hub.app.request('/v1/hooks/stripe', { method: 'POST', headers, body })
  expect(answer.status).toBe(200)
  await world.settle()
  return id
}

async function open(id: string): Promise<[string, string][]> {
  const exceptions = await listExceptions(world.hub.context.store.read, { state: 'open' })
  return exceptions.filter(({ found }) => found === id).map(({ code, cause }) => [code, cause])
}

async function endOf(id: string): Promise<[string | null, string | null]> {
  const { read } = world.hub.context.store
  const messages = await loadMessages(
    read,
    Array.from({ length: 500 }, (_, index) => index + 1),
  )
  const held = messages.find(({ deliveryId }) => deliveryId === id)
  return [held?.disposition ?? null, held?.dispositionDetail ?? null]
}

/** A credit note whose invoice is read at Stripe. */
const creditNote = (invoice: string) => ({
  type: 'credit_note.created',
  data: { object: { id: 'cn_odd', object: 'credit_note', invoice, lines: { has_more: false, data: [] } } },
})

test('an event of a type nobody knows ends without consequence, and says so (E3-44)', async () => {
  const id = await hear({ type: 'radar.thing.happened', data: { object: {} } })
  expect(await endOf(id)).toEqual(['no-op', 'nothing to book in radar.thing.happened'])
  expect(await open(id)).toEqual([])
})

test('an event of another API version is EVENT_VERSION and books nothing (E3-45)', async () => {
  const id = await hear({ type: 'invoice.paid', api_version: '1999-01-01', data: { object: {} } })
  expect((await endOf(id))[0]).toBe('exception')
  const exceptions = await listExceptions(world.hub.context.store.read, {
    state: 'open',
    code: 'EVENT_VERSION',
  })
  expect(exceptions.map(({ owner, field }) => [owner, field])).toEqual([['engineer', 'api_version']])
})

test('events of a connected account we do not keep are one exception, and are not even read (E3-47)', async () => {
  const billing = world.hub.context.billing as {
    readFacts: (typeof world.hub.context)['billing']['readFacts']
  }
  const reading = billing.readFacts
  billing.readFacts = () => Promise.reject(new Error('read'))
  const id = await hear({ ...creditNote('in_theirs'), account: 'acct_other' })
  await hear({ ...creditNote('in_theirs_too'), account: 'acct_other' })
  billing.readFacts = reading
  expect(await open('acct_other')).toEqual([['POSTING_RULE_MISSING', 'connected account acct_other']])
  const [disposition, detail] = await endOf(id)
  expect(disposition).toBe('exception')
  expect(detail).toBe('it comes from the connected account acct_other, which these books do not keep')
})

test('an object Stripe does not know is asked for again for 24 hours, then is OBJECT_NOT_FOUND (E3-51)', async () => {
  const id = await hear(creditNote('in_nowhere'))
  const sent = world.now().getTime()
  expect([await open(id), await endOf(id)]).toEqual([[], [null, null]])
  await world.advanceTo(new Date(sent + 23 * 3_600_000))
  expect([await open(id), await endOf(id)]).toEqual([[], [null, null]])
  await world.advanceTo(new Date(sent + 25 * 3_600_000))
  expect(await open(id)).toEqual([
    ['OBJECT_NOT_FOUND', 'credit_note.created of an object that does not exist'],
  ])
  expect((await endOf(id))[0]).toBe('exception')
}, 60_000)

test('what a message was stopped by is settled once a replay can deal with it', async () => {
  const billing = world.hub.context.billing as {
    readFacts: (typeof world.hub.context)['billing']['readFacts']
  }
  const reading = billing.readFacts
  billing.readFacts = async () => ({ kind: 'rejected', code: 'odd', detail: 'It is odd.', field: null })
  const id = await hear({ type: 'radar.thing.happened', data: { object: {} } })
  expect((await endOf(id))[0]).toBe('exception')
  const odd = { code: 'PROVIDER_REJECTED' } as const
  const { read } = world.hub.context.store
  expect(await listExceptions(read, { ...odd, state: 'open' })).toHaveLength(1)
  billing.readFacts = reading
  await world.replay()
  expect(await listExceptions(read, { ...odd, state: 'open' })).toEqual([])
  expect(await listExceptions(read, { ...odd, state: 'resolved' })).toMatchObject([
    { resolvedBy: 'book-fact', resolution: 'done' },
  ])
  expect(await endOf(id)).toEqual(['no-op', 'nothing to book in radar.thing.happened'])
})
