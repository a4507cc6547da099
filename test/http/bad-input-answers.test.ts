import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeMonthCommand } from '../../src/cli/commands/close-run.ts'
import { CommandError } from '../../src/cli/exit-codes.ts'
import { mappingsFolder } from '../../src/cli/hub-variables.ts'
import { openEach, settleException } from '../../src/store/exceptions.ts'
import { rememberDeliveries } from '../../src/store/inbox.ts'
import { after } from '../store/store.ts'
import { got, ownApp, posted, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
})
afterAll(() => own.close())

type Problem = { code: string; detail: string; errors?: { pointer: string; code: string; message: string }[] }

/** An id as another deployment makes them: of our form, and not one of ours. */
const elsewhere = (id: string) => id.replace(/.{4}$/, 'ffff')

test('28 the id of another deployment is 404 in the words of any unknown id, for reading and for writing', async () => {
  const reads = [
    ['/v1/deals', ids.stoppedCase],
    ['/v1/contracts', ids.contractId],
    ['/v1/trace', ids.acmeCase],
    ['/v1/exceptions', 'exc_0123456789abcdef'],
    ['/v1/journals', 'tieout-us-2026-01-USD-1'],
  ] as const
  for (const [path, id] of reads)
    for (const unknown of [elsewhere(id), 'nobody']) {
      const { status, body } = await got<Problem>(own, `${path}/${unknown}`)
      expect([status, body.code]).toEqual([404, 'not-found'])
      expect(body.detail).toContain(unknown)
    }
  const writes = [
    [`/v1/deals/${elsewhere(ids.stoppedCase)}/retry`, {}],
    [`/v1/deals/${elsewhere(ids.stoppedCase)}/ignore`, { reason: 'x' }],
    ['/v1/exceptions/exc_ffff/ignore', { reason: 'x' }],
    ['/v1/months/elsewhere/2026-01/close', {}],
  ] as const
  for (const [path, body] of writes)
    expect(await posted(own, path, body)).toMatchObject({ status: 404, body: { code: 'not-found' } })
  const entitlements = `/v1/customers/${elsewhere(ids.customerId)}/entitlements`
  expect(await got(own, entitlements)).toMatchObject({ status: 404, body: { code: 'not-found' } })
  expect((await got(own, `/v1/customers/${ids.customerId}/entitlements`)).status).toBe(200)
})

/** Two messages of Stripe that are not in the books: one of 28 February in New York, one of the hour after midnight on 1 March. */
async function leaveTwoUnbooked(): Promise<void> {
  const times = ['2026-02-28T20:00:00Z', '2026-03-01T06:00:00Z']
  await own.store.unitOfWork(async (unit) => {
    const deliveries = times.map((time, index) => ({
      provider: 'stripe',
      account: 'default',
      deliveryId: `evt_unbooked_${index}`,
      type: 'invoice.finalized',
      occurredAt: new Date(time),
      body: '{}',
    }))
    const held = await rememberDeliveries(unit, deliveries, after(0))
    const about = held.map(({ seq }, index) => ({
      subject: { queue: 'book-fact', subjectKind: 'message', subject: `inbox:${seq}`, caseId: null },
      issue: {
        code: 'POSTING_RULE_MISSING' as const,
        field: 'invoice.finalized',
        found: `evt_unbooked_${index}`,
        sentence: `Message ${index} was not booked.`,
        action: 'Tie it to a contract.',
        owner: 'finance' as const,
        cause: 'billing outside the hub',
      },
    }))
    await openEach(unit, about, after(0))
  })
}

const silent = { say: () => undefined, end: () => undefined, pause: () => undefined }

const command = () =>
  closeMonthCommand(
    {
      variables: { DATABASE_URL: own.url, TIEOUT_MAPPINGS_DIR: mappingsFolder },
      progress: silent,
      warn: () => undefined,
    },
    { entity: 'us', month: '2026-02', timeout: 5 },
  )

test('133 closing a month with money that is not booked is 409 with the list, also by command, until it is mended or ignored', async () => {
  await leaveTwoUnbooked()
  const close = () => posted<Problem>(own, '/v1/months/us/2026-02/close', {})
  const refused = await close()
  const [open] = await own.sql`select exception_id from exception where found = 'evt_unbooked_0'`
  const exceptionId = String(open?.['exception_id'])
  expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
    409,
    'close-blocked',
    '1 message about money up to the end of 2026-02 is not in the books.',
  ])
  expect(refused.body.errors).toEqual([
    {
      pointer: `/exceptions/${exceptionId}`,
      code: 'POSTING_RULE_MISSING',
      message: 'Message 0 was not booked.',
    },
  ])
  const error = await command().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(CommandError)
  expect(error).toMatchObject({
    exit: 'conflict',
    message: expect.stringContaining(`${exceptionId} POSTING_RULE_MISSING: Message 0 was not booked.`),
  })
  expect(await own.sql`select 1 from work_item where queue = 'recognize-revenue'`).toEqual([])
  const page = await (await own.app.request('/')).text()
  expect(page).toContain('1 exception before closing')
  expect(page).toContain('Message 0 was not booked.')
  const resolution = { by: 'test', resolution: 'not ours', at: after(1) }
  await own.store.unitOfWork((unit) => settleException(unit, exceptionId, 'ignored', resolution))
  expect((await close()).status).toBe(202)
  expect(await own.sql`select subject from work_item where queue = 'recognize-revenue'`).toEqual([
    { subject: 'us:2026-02' },
  ])
})

const lists = [
  '/v1/deals',
  '/v1/contracts',
  '/v1/exceptions',
  '/v1/exceptions/groups',
  '/v1/journals',
  '/v1/ledger/transactions',
  '/v1/ledger/trial-balance',
  '/v1/months',
  '/v1/tie-out',
]

test('152 every list has one order: a parameter to sort by is 400, whatever column it names', async () => {
  for (const path of lists)
    for (const parameter of ['sort=amount', 'sort=-secret_hash', 'order_by=1'])
      expect(await got<Problem>(own, `${path}?${parameter}`)).toMatchObject({
        status: 400,
        body: { code: 'invalid-query', errors: [{ pointer: `/${parameter.split('=')[0]}` }] },
      })
})

test('153 lists take no ranges of days, and a range of months that ends before it begins is 400', async () => {
  for (const path of lists)
    expect(await got<Problem>(own, `${path}?from=2026-02-01&to=2026-01-01`)).toMatchObject({
      status: 400,
      body: { code: 'invalid-query', errors: [{ pointer: '/from' }, { pointer: '/to' }] },
    })
  const balance = (from: string, through: string) =>
    got<Problem>(own, `/v1/ledger/trial-balance?filter[month]=${from}&filter[through_month]=${through}`)
  expect(await balance('2026-02', '2026-01')).toMatchObject({
    status: 400,
    body: { code: 'invalid-query', errors: [{ pointer: '/filter[through_month]' }] },
  })
  expect((await balance('2026-01', '2026-01')).status).toBe(200)
  expect((await balance('2026-13', '2026-13')).status).toBe(400)
})
