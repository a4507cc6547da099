import { afterEach, beforeEach, expect, test } from 'vitest'
import { countUsage } from '../../src/store/count-usage.ts'
import type { SegmentFake } from '../../connectors/segment/fake.ts'
import { createSegmentFake } from '../../connectors/segment/fake.ts'
import { createSegmentHook } from '../../connectors/segment/inbound.ts'
import { TrackedMeanings } from '../../src/domain/tracked-event.ts'
import { seededRandom } from '../../src/ports/random.ts'
import type { Transport } from '../../src/ports/transport.ts'
import { ensureCustomer } from '../../src/store/customers.ts'
import { after, start } from '../store/store.ts'
import type { OwnApp } from './own-app.ts'
import { ownApp } from './own-app.ts'

const meanings = TrackedMeanings.parse(
  '{"Tokens Used":{"meter":"tokens","value":"count","customer":"group"}}',
)
const sharedSecret = 'shared'

let own: OwnApp
beforeEach(async () => {
  const hook = createSegmentHook({ secrets: [sharedSecret], connection: 'web', meanings })
  own = await ownApp({ hooks: new Map([['segment', hook]]) })
  const wanted = { crm: 'salesforce', org: '00D', crmAccountId: 'acme', entity: 'us', name: 'Acme' } as const
  await own.store.unitOfWork((unit) => ensureCustomer(unit, wanted, after(0)))
})
afterEach(() => own.close())

/** A twin whose requests reach the hub, unless `meets` answers in its place. */
function twin(meets: (request: number) => Response | 'cut' | null = () => null): SegmentFake {
  let requests = 0
  const deliver: Transport = async (input, init) => {
    const instead = meets(++requests)
    if (instead instanceof Response) return instead
    const answer = await own.app.request(input as string, init)
    if (instead === 'cut') throw new TypeError('fetch failed: the connection was cut')
    return answer
  }
  const url = 'https://hub.example.com/v1/hooks/segment'
  return createSegmentFake({
    startsAt: start,
    random: seededRandom(3),
    target: { url, sharedSecret },
    deliver,
  })
}

function used(fake: SegmentFake, count: number, properties: object = { count: 5 }): void {
  for (let number = 1; number <= count; number++)
    fake.take('track', { event: 'Tokens Used', context: { groupId: 'acme' }, properties })
}

/** Delivers for four hours and a bit, minute by minute. */
async function deliverAll(fake: SegmentFake): Promise<void> {
  for (let next = fake.nextDueAt(); next !== null; next = fake.nextDueAt()) {
    await fake.advanceTo(next)
    await fake.pump()
  }
}

async function hours(): Promise<string[]> {
  await countUsage(own.store, own.options)
  const rows =
    await own.sql`select meter, trim_scale(quantity) as quantity, event_count from usage_window order by 1, 2`
  return rows.map((row) => `${row['meter']} ${row['quantity']} of ${row['event_count']}`)
}

test('200 events of 5 tokens, shuffled, 50 sent twice, and every 7th answer lost, are 1,000 tokens of 200 events', async () => {
  const fake = twin((request) => (request % 7 === 0 ? 'cut' : null))
  fake.shuffle()
  fake.deliverTwice(50)
  used(fake, 200)
  await deliverAll(fake)
  expect(fake.counts()).toEqual({ queued: 200, delivered: 200, lost: 0, waiting: 0 })
  expect(await hours()).toEqual(['tokens 1000 of 200'])
  // Nobody sells these tokens to Acme, which is all there is to say.
  expect(await own.sql`select code from exception`).toEqual([{ code: 'METER_REJECTED' }])
}, 60_000)

test('20 events that first meet a 503 are sent again and counted; 1 that meets a 400 is lost', async () => {
  const fake = twin((request) => {
    if (request <= 20) return new Response('', { status: 503 })
    return request === 21 ? new Response('', { status: 400 }) : null
  })
  used(fake, 20)
  await deliverAll(fake)
  expect(fake.counts()).toEqual({ queued: 20, delivered: 19, lost: 1, waiting: 0 })
  expect(await hours()).toEqual(['tokens 95 of 19'])
})

test('a database that does not take it is a 503 with retry-after, and the event counts when it is sent again', async () => {
  const fake = twin()
  used(fake, 1)
  await own.owner`alter table usage_event rename to usage_event_away`
  await fake.pump()
  expect(fake.counts()).toMatchObject({ delivered: 0, waiting: 1, lost: 0 })
  expect(own.reported).toHaveLength(1)
  await own.owner`alter table usage_event_away rename to usage_event`
  await deliverAll(fake)
  expect(fake.counts()).toMatchObject({ delivered: 1, waiting: 0, lost: 0 })
  expect(await hours()).toEqual(['tokens 5 of 1'])
})

test('3 calls that are no usage are in the inbox as no-op with their reason; 2 that cannot be counted are 1 exception of 2', async () => {
  const fake = twin()
  fake.take('identify', { userId: 'u', traits: { email: 'a@example.com' } })
  fake.take('page', { userId: 'u' })
  fake.take('track', { userId: 'u', event: 'Page Seen' })
  used(fake, 2, { count: 'many' })
  await deliverAll(fake)
  const rows = await own.sql`
    select disposition, disposition_detail from inbox_message where type <> 'malformed' order by type, disposition_detail`
  expect(rows.map((row) => [row['disposition'], row['disposition_detail']])).toEqual([
    ['no-op', 'identify is no usage'],
    ['no-op', 'page is no usage'],
    ['no-op', 'no usage is declared for the event "Page Seen"'],
  ])
  expect(await own.sql`select code, subject from exception`).toEqual([
    { code: 'USAGE_REFUSED', subject: 'segment:web invalid-event' },
  ])
  expect(await own.sql`select source, code, event_count::integer from refused_usage`).toEqual([
    { source: 'segment:web', code: 'invalid-event', event_count: 2 },
  ])
  expect(await hours()).toEqual([])
})

test('4 events in a batch, whose signature covers 1, are refused and lost: nothing of them counts', async () => {
  const fake = twin()
  fake.batch(4)
  used(fake, 4)
  await deliverAll(fake)
  expect(fake.counts()).toEqual({ queued: 4, delivered: 0, lost: 4, waiting: 0 })
  expect(await hours()).toEqual([])
})

test('a product whose clock is 90 seconds slow sends its event to the twin over HTTP, and it counts at the right second', async () => {
  const fake = twin()
  const sent = { timestamp: '2026-03-02T08:58:20Z', sentAt: '2026-03-02T08:58:30Z' }
  const call = { event: 'Tokens Used', context: { groupId: 'acme' }, properties: { count: 7 }, ...sent }
  const answer = await fake.app.request('/v1/track', { method: 'POST', body: JSON.stringify(call) })
  expect(answer.status).toBe(200)
  await deliverAll(fake)
  const events = await own.sql<
    { occurred_at: Date; value: string }[]
  >`select occurred_at, value from usage_event`
  expect(events).toEqual([{ occurred_at: new Date('2026-03-02T08:59:50Z'), value: '7' }])
})
