import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { batchType } from '../../src/http/event-forms.ts'
import { keepStandings } from '../../src/jobs/keep-standings.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { appUrl } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/unit-of-work.ts'
import { bearing, ownApp, posted, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

/**
 * A database that has no room left, or only reads. The server itself raises 53100 here, from a trigger, at the places where a full disk does: in the
 * middle of a COPY, and at the commit. `test/recovery/full-disk.test.ts` fills a real one.
 */
let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
  await keepStandings({ ...own.options, settings })
  await own.owner.unsafe(`
    create function raise_disk_full() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`)
})
afterAll(() => own.close())

const settings = { publicUrl: '', automaticTax: false, closeAfterDays: null, sweepIntervalSeconds: 600 }

const inMiddleOfCopy = (
  likeIds: string,
) => `create trigger full_disk before insert on usage_event for each row
  when (new.id like '${likeIds}') execute function raise_disk_full()`
const atCommit = (likeIds: string) => `create constraint trigger full_disk after insert on usage_event
  deferrable initially deferred for each row when (new.id like '${likeIds}') execute function raise_disk_full()`

let turn = 0

/** A thousand events of Acme's tokens under a source of its own, ids from 0; the last hundred are nobody's. */
function thousandEvents() {
  const source = `full/${++turn}`
  const event = (index: number) => ({
    specversion: '1.0',
    id: String(index),
    source,
    type: 'tokens',
    subject: index < 900 ? '001ACME' : `nobody-${turn}`,
    time: '2026-03-02T08:30:00Z',
    data: { value: '2' },
  })
  return { source, events: Array.from({ length: 1_000 }, (_none, index) => event(index)) }
}

type Sent = ReturnType<typeof thousandEvents>

const sendBatch = ({ events }: Sent, by: Pick<OwnApp, 'app' | 'secret'> = own) =>
  posted<Record<string, unknown>>(by, '/v1/events', events, bearing(own.secret, batchType))

async function sendStream({ events }: Sent, by: Pick<OwnApp, 'app'> = own): Promise<[number, unknown[]]> {
  const answer = await by.app.request('/v1/events/stream', {
    method: 'POST',
    headers: bearing(own.secret, 'application/x-ndjson'),
    body: events.map((event) => JSON.stringify(event)).join('\n'),
  })
  const lines = (await answer.text()).trim().split('\n')
  return [answer.status, lines.map((line) => JSON.parse(line) as unknown)]
}

const check = (by: Pick<OwnApp, 'app' | 'secret'>) =>
  posted(by, '/v1/entitlements/check', { customer: '001ACME', meter: 'tokens' }, bearing(own.secret))

type Held = { events: number; ofAcme: number; told: number; used: number }

/** What there is of a batch, and what Acme's product is told of its use. */
async function held({ source }: Sent): Promise<Held> {
  const [row] = await own.sql<Omit<Held, 'used'>[]>`
    select count(*)::integer as events, count(customer_id)::integer as "ofAcme",
      (select count(*)::integer from exception where subject like 'nobody-%') as told
    from usage_event where source = ${source}`
  const { body } = await check(own)
  return { ...(row as Omit<Held, 'used'>), used: Number(body['used']) }
}

const unavailable = {
  status: 503,
  headers: { type: 'application/problem+json', retryAfter: '5' },
  body: { status: 503, code: 'unavailable', detail: expect.stringContaining('nothing counts twice') },
}

const shown = ({ status, body, headers }: { status: number; body: object; headers: Headers }) => ({
  status,
  body,
  headers: { type: headers.get('content-type'), retryAfter: headers.get('retry-after') },
})

test.each([
  ['in the middle of a COPY', inMiddleOfCopy],
  ['at the commit', atCommit],
])(
  'no room %s is 503 and leaves nothing; the same thousand sent later count once',
  async (_when, trigger) => {
    const sent = thousandEvents()
    const before = await held(sent)
    await own.owner.unsafe(trigger('%7'))
    expect(shown(await sendBatch(sent))).toMatchObject(unavailable)
    expect(await sendStream(sent)).toEqual([
      200,
      [{ object: 'usage_stream_failure', through: 0, detail: expect.stringContaining('Send what follows') }],
    ])
    expect(await held(sent)).toEqual(before)
    expect((await check(own)).status).toBe(200)
    await own.owner`drop trigger full_disk on usage_event`
    expect((await sendBatch(sent)).body).toMatchObject({ accepted: 900, unmatched: 100, refused: 0 })
    const [, again] = await sendStream(sent)
    expect(again).toEqual([
      {
        object: 'usage_stream_receipt',
        lines: 1_000,
        accepted: 0,
        unmatched: 0,
        duplicates: 1_000,
        refused: 0,
      },
    ])
    expect(await held(sent)).toEqual({
      events: 1_000,
      ofAcme: 900,
      told: before.told + 1,
      used: before.used + 1_800,
    })
  },
)

test('where there is room for a part of a batch, what is kept is counted whole, and the rest comes with the next try', async () => {
  const sent = thousandEvents()
  const before = await held(sent)
  await own.owner.unsafe(atCommit('700'))
  expect((await sendBatch(sent)).status).toBe(503)
  const between = await held(sent)
  expect(between.events).toBeLessThan(1_000)
  expect(between.used - before.used).toBe(2 * between.ofAcme)
  await own.owner`drop trigger full_disk on usage_event`
  expect((await sendBatch(sent)).body).toMatchObject({ duplicates: between.events, refused: 0 })
  expect(await held(sent)).toMatchObject({ events: 1_000, ofAcme: 900, used: before.used + 1_800 })
})

/** An app whose connections begin now, and with them the settings of the database. */
async function withFreshConnections(
  act: (fresh: Pick<OwnApp, 'app' | 'secret'>) => Promise<void>,
): Promise<void> {
  const store = openStore({
    url: appUrl(own.url),
    maxConnections: 4,
    clock: own.clock,
    random: seededRandom(5),
  })
  await act({ app: createApp({ ...own.options, store }), secret: own.secret })
  await store.close()
}

test('a database that only reads is 503 for usage and for a right that must be rolled, and answers what it can read', async () => {
  const sent = thousandEvents()
  const before = await held(sent)
  const name = new URL(own.url).pathname.slice(1)
  await own.owner.unsafe(`alter database ${name} set default_transaction_read_only = on`)
  await withFreshConnections(async (fresh) => {
    expect(shown(await sendBatch(sent, fresh))).toMatchObject(unavailable)
    expect((await sendStream(sent, fresh))[1]).toMatchObject([{ object: 'usage_stream_failure', through: 0 }])
    expect((await check(fresh)).status).toBe(200)
    await own.owner`update usage_standing set rolls_at = '2026-03-02T08:00:00Z' where customer_id = ${ids.customerId}`
    expect(shown(await check(fresh))).toMatchObject(unavailable)
  })
  await own.owner.unsafe(`alter database ${name} reset default_transaction_read_only`)
  await own.owner`update usage_standing set rolls_at = period_to where customer_id = ${ids.customerId}`
  expect(await held(sent)).toEqual(before)
  await withFreshConnections(async (fresh) => {
    expect((await sendBatch(sent, fresh)).body).toMatchObject({ accepted: 900, unmatched: 100 })
  })
  expect(await held(sent)).toMatchObject({ events: 1_000, used: before.used + 1_800 })
})
