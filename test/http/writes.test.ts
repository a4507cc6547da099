import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { money } from '../../src/domain/money.ts'
import { openIssues } from '../../src/store/exceptions.ts'
import { liveMapping } from '../../src/store/mappings.ts'
import { after } from '../store/store.ts'
import { got, ownApp, posted, writing, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
})
afterAll(() => own.close())
beforeEach(async () => {
  await own.owner`delete from work_item`
})

const cause = 'lookup payment-terms has no entry "Net 45 EOM"'
const work = () => own.sql`select queue, subject from work_item order by queue, subject`
const acts = async (action: string) =>
  own.sql<{ subject: string; actor: string; detail: unknown }[]>`
    select subject, actor, detail from audit_entry where action = ${action} order by seq`

test('a row more in a lookup table publishes version 2, once for its key, and is written down', async () => {
  const headers = writing(own.secret)
  const row = { key: 'Net 45 EOM', value: 'Net 45' }
  const path = '/v1/lookups/salesforce/payment-terms'
  const first = await posted(own, path, row, headers)
  expect(first).toMatchObject({ status: 201, body: { mapping: 'salesforce', version: 2, is_new: true } })
  const again = await posted(own, path, row, headers)
  expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([
    201,
    first.body,
    'true',
  ])
  expect(await posted(own, path, row)).toMatchObject({ status: 201, body: { version: 2, is_new: false } })
  const live = await liveMapping(own.store.read, 'salesforce')
  expect(live?.text).toContain('Net 45 EOM: Net 45')
  expect(await acts('lookup-row-added')).toMatchObject([
    { subject: 'salesforce', detail: { key: 'Net 45 EOM', from: 1, to: 2 } },
    { detail: { from: 2, to: 2 } },
  ])
})

test('two rows added at once are both there', async () => {
  const path = '/v1/lookups/salesforce/payment-terms'
  const keys = ['Net 46', 'Net 47', 'Net 48']
  const answers = await Promise.all(keys.map((key) => posted(own, path, { key, value: 'Net 45' })))
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
  const live = await liveMapping(own.store.read, 'salesforce')
  expect(keys.filter((key) => live?.text.includes(`${key}: Net 45`))).toEqual(keys)
})

test('a mapping or table that is not there is 404, a row that would not be sound is 422 and nothing is published', async () => {
  const row = { key: 'x', value: 'Net 45' }
  expect((await posted(own, '/v1/lookups/sugar/payment-terms', row)).status).toBe(404)
  expect((await posted(own, '/v1/lookups/salesforce/nothing', row)).status).toBe(404)
  const before = (await liveMapping(own.store.read, 'salesforce'))?.version
  const unsound = await posted(own, '/v1/lookups/salesforce/payment-terms', { key: 'y', value: 'Net 9999' })
  expect(unsound).toMatchObject({ status: 422, body: { code: 'mapping-refused' } })
  expect((await liveMapping(own.store.read, 'salesforce'))?.version).toBe(before)
})

test('replaying a cause puts every piece of work it stopped back on the list, with an audit row', async () => {
  const { status, body } = await posted(own, '/v1/exceptions/replay', { code: 'LOOKUP_MISS', cause })
  expect([status, body]).toEqual([202, { object: 'replay', stopped: 1, taken_up: 1 }])
  expect(await work()).toEqual([{ queue: 'draft-contract', subject: ids.stoppedCase }])
  expect(await acts('exceptions-replayed')).toMatchObject([{ subject: cause, detail: { taken: 1 } }])
  const other = await posted(own, '/v1/exceptions/replay', { code: 'ADDRESS', cause })
  expect(other.body).toEqual({ object: 'replay', stopped: 0, taken_up: 0 })
  for (const wrong of [{}, { cause, ids: ['x'] }, { code: 'LOOKUP_MISS' }, { ids: [] }])
    expect((await posted(own, '/v1/exceptions/replay', wrong)).status).toBe(422)
  expect((await posted(own, '/v1/exceptions/replay', { ids: ['exc_none'] })).status).toBe(404)
})

test('exceptions of reading and telling the CRM are replayed under the names their queues know', async () => {
  const issue = {
    code: 'DEAL_REGRESSED',
    field: 'stage',
    found: null,
    sentence: 'It left closed-won.',
    action: 'Decide.',
    owner: 'revops',
    cause: 'left closed-won',
    amount: money('USD', 5n),
  } as const
  await own.store.unitOfWork(async (unit) => {
    for (const queue of ['intake-deal', 'write-back-status'])
      await openIssues(
        unit,
        { queue, subjectKind: 'deal', subject: ids.acmeCase, caseId: ids.acmeCase },
        [issue],
        after(0),
      )
  })
  await posted(own, '/v1/exceptions/replay', { cause: 'left closed-won' })
  expect(await work()).toEqual([
    { queue: 'intake-deal', subject: 'salesforce:00D000000000001AAA:006ACME' },
    { queue: 'write-back-status', subject: 'salesforce:00D000000000001AAA' },
  ])
})

test('an exception is ignored once, with a reason and by whom; a second time is 409', async () => {
  const { body: list } = await got<{ data: { id: string }[] }>(
    own,
    '/v1/exceptions?filter[code]=DEAL_REGRESSED',
  )
  const id = list.data[0]?.id ?? ''
  const ignored = await posted(own, `/v1/exceptions/${id}/ignore`, { reason: 'agreed with sales' })
  expect(ignored).toMatchObject({
    status: 200,
    body: {
      state: 'ignored',
      resolution: 'agreed with sales',
      resolved_by: expect.stringMatching(/^test \(key_/),
    },
  })
  expect(await posted(own, `/v1/exceptions/${id}/ignore`, { reason: 'again' })).toMatchObject({
    status: 409,
    body: { code: 'state-conflict' },
  })
  expect(await acts('exception-ignored')).toHaveLength(1)
  expect((await posted(own, '/v1/exceptions/none/ignore', { reason: 'x' })).status).toBe(404)
  expect((await posted(own, `/v1/exceptions/${id}/ignore`, { reason: '  ' })).status).toBe(422)
})

test('a stopped deal is retried where it stopped, then ignored with a reason, then taken up from the start', async () => {
  const path = `/v1/deals/006NORD`
  expect((await posted(own, `${path}/retry`, {})).status).toBe(202)
  expect(await work()).toEqual([{ queue: 'draft-contract', subject: ids.stoppedCase }])
  const ignored = await posted(own, `${path}/ignore`, { reason: 'a test deal' })
  expect(ignored).toMatchObject({
    status: 200,
    body: { state: 'ignored', state_detail: 'a test deal', can: ['retry'] },
  })
  expect((await got(own, path)).body).toMatchObject({ issues: [] })
  expect((await posted(own, `${path}/ignore`, { reason: 'again' })).status).toBe(409)
  await own.owner`delete from work_item`
  expect(await posted(own, `${path}/retry`, {})).toMatchObject({ status: 202, body: { state: 'seen' } })
  expect(await work()).toEqual([{ queue: 'intake-deal', subject: 'salesforce:00D000000000001AAA:006NORD' }])
  expect((await acts('deal-retried')).map(({ subject }) => subject)).toEqual([
    ids.stoppedCase,
    ids.stoppedCase,
  ])
})

test('an active deal can be neither retried nor ignored', async () => {
  for (const [action, body] of [
    ['retry', {}],
    ['ignore', { reason: 'x' }],
  ] as const)
    expect(await posted(own, `/v1/deals/${ids.acmeCase}/${action}`, body)).toMatchObject({
      status: 409,
      body: { code: 'state-conflict', detail: expect.stringContaining('is active') },
    })
  expect(await work()).toEqual([])
})

test('closing a month asks for it and the open ones before it; a month that runs is 409, an unknown entity 404', async () => {
  await own.owner`insert into books_month (entity, month) values ('us', '2025-12')`
  const { status, body } = await posted(own, '/v1/months/us/2026-02/close', {})
  expect([status, body['state']]).toEqual([202, 'open'])
  expect(await work()).toEqual([
    { queue: 'recognize-revenue', subject: 'us:2025-12' },
    { queue: 'recognize-revenue', subject: 'us:2026-02' },
  ])
  expect(await posted(own, '/v1/months/us/2026-03/close', {})).toMatchObject({
    status: 409,
    body: { code: 'month-not-ended' },
  })
  expect((await posted(own, '/v1/months/xx/2026-02/close', {})).status).toBe(404)
  expect((await posted(own, '/v1/months/us/2026-13/close', {})).status).toBe(400)
  expect(await acts('month-close-asked')).toMatchObject([{ subject: 'us:2026-02' }])
})

test('a change that fails leaves nothing: no audit row, no answer under its key', async () => {
  const headers = writing(own.secret)
  const path = '/v1/exceptions/none/ignore'
  expect((await posted(own, path, { reason: 'x' }, headers)).status).toBe(404)
  const key = headers['idempotency-key'] ?? ''
  expect(await own.sql`select 1 from api_answer where idempotency_key = ${key}`).toEqual([])
  expect((await posted(own, path, { reason: 'other' }, headers)).status).toBe(404)
})
