import { beforeEach, describe, expect, test } from 'vitest'
import { address, errorOf, journal, netSuiteClient, withLines } from './netsuite-client.ts'
import type { NetSuiteClient } from './netsuite-client.ts'
import { inProcess } from './netsuite-world.ts'

let client: NetSuiteClient

beforeEach(async () => {
  client = await netSuiteClient()
})

describe('asynchronous requests', () => {
  const later = {
    Prefer: 'respond-async',
    'X-NetSuite-Idempotency-Key': 'e5f1c5b6-0000-4000-8000-000000000001',
  }

  test('the job is accepted at once, runs later, and the same key leads back to it', async () => {
    const accepted = await client.post(journal, later)
    expect([accepted.status, accepted.text]).toEqual([202, ''])
    const job = accepted.headers.get('location') ?? ''
    const again = await client.post(journal, later)
    expect(errorOf(again)).toEqual([400, 'IDEMPOTENCY_ERROR'])
    expect([again.json?.['title'], again.headers.get('location')]).toEqual(['Conflict', job])
    expect(client.fake.state.journals.size).toBe(0)
    expect(client.fake.nextDueAt()).toEqual(new Date('2026-11-30T12:00:05Z'))
    await client.fake.advanceTo(new Date('2026-11-30T12:00:05Z'))
    const task = await client.call('GET', `${job.slice(`${address}/services/rest/`.length)}/task/1`)
    expect(task.json).toMatchObject({ completed: true, progress: 'succeeded' })
    expect([client.fake.state.journals.size, client.fake.nextDueAt()]).toEqual([1, null])
  })

  test('a month that is locked before the job runs makes it fail late', async () => {
    await client.post(journal, later)
    client.fake.lockPeriod('2026-11', 'all-locked')
    await client.fake.advanceTo(new Date('2026-11-30T12:01:00Z'))
    expect((await client.call('GET', 'async/v1/job/1/task/1')).json).toMatchObject({ progress: 'failed' })
    expect(errorOf(await client.call('GET', 'async/v1/job/1/task/1/result'))).toEqual([400, 'USER_ERROR'])
  })

  test('a synchronous call ignores the idempotency key: the second journal of no external id is a second journal', async () => {
    const { Prefer: _, ...keyOnly } = later
    const { externalId: __, ...anonymous } = journal
    await client.post(anonymous, keyOnly)
    await client.post(anonymous, keyOnly)
    expect(client.fake.state.journals.size).toBe(2)
  })
})

describe('SuiteQL', () => {
  const ask = (q: string, query = '', headers: Record<string, string> = { Prefer: 'transient' }) =>
    client.call('POST', `query/v1/suiteql${query}`, { q }, headers)

  test('it needs Prefer: transient, and an offset that is a multiple of the limit', async () => {
    expect(errorOf(await ask('SELECT id FROM account', '', {}))).toEqual([400, 'INVALID_REQUEST'])
    expect(errorOf(await ask('SELECT id FROM account', '?limit=10&offset=5'))).toEqual([
      400,
      'INVALID_REQUEST',
    ])
    expect(errorOf(await ask('SELECT nothing FROM account'))).toEqual([400, 'INVALID_REQUEST'])
  })

  test('values are texts, null columns are left out, and has more says so', async () => {
    await client.post(journal)
    const answer = await ask(
      'SELECT id, debitforeignamount, creditforeignamount FROM transactionline',
      '?limit=1',
    )
    expect(answer.json).toMatchObject({
      hasMore: true,
      totalResults: 2,
      items: [{ links: [], id: '1', debitforeignamount: '100.1' }],
    })
    expect(answer.text).not.toContain('creditforeignamount')
  })

  test("the accounting lines are in the subsidiary's own currency: 1,000 yen at 0.0067 are 6.70 dollars", async () => {
    client.fake.state.currencies.set('5', { id: '5', symbol: 'JPY', rates: { '1': '0.0067' } })
    await client.post({
      ...withLines({ account: { id: '100' }, debit: 1000 }, { account: { id: '401' }, credit: 1000 }),
      currency: { id: '5' },
    })
    const answer = await ask(`SELECT a.debit, l.debitforeignamount AS yen FROM transactionaccountingline a
      JOIN transactionline l ON l.transaction = a.transaction AND l.id = a.transactionline WHERE l.id = 1`)
    expect(answer.json).toMatchObject({ items: [{ debit: '6.7', yen: '1000' }] })
  })
})

describe('the controls below /__fake', () => {
  const control = async (path: string, body?: unknown) => {
    const response = await inProcess(client.fake)(`${address}/__fake/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, json: (await response.json()) as unknown }
  }

  test('another process can plan faults, lock a month, change a journal and read the truth', async () => {
    await control('faults', [{ kind: 'server-error', path: '/services/rest/record', times: 1 }])
    expect((await client.post(journal)).status).toBe(500)
    expect((await client.post(journal)).status).toBe(204)
    await control('journals/edit', {
      externalId: 'je-1',
      lines: [
        { line: 1, amountMinor: '777' },
        { line: 2, amountMinor: '777' },
      ],
    })
    expect((await control('truth')).json).toEqual([
      { subsidiary: '1', month: '2026-11', currency: 'USD', account: '100', debit: '7.77', credit: '0.00' },
      { subsidiary: '1', month: '2026-11', currency: 'USD', account: '401', debit: '0.00', credit: '7.77' },
    ])
    await control('periods/lock', { month: '2026-11', lock: 'closed' })
    expect((await client.call('DELETE', 'record/v1/journalEntry/5001')).status).toBe(400)
    await control('journals/delete', { externalId: 'je-1' })
    expect((await control('truth')).json).toEqual([])
  })

  test('another process can set up the account and sign in', async () => {
    expect((await control('sign-in')).json).toEqual(client.fake.signIn())
    expect(await control('demo-account', { settings: { entities: [] } })).toMatchObject({ status: 400 })
    expect((await control('journals/void', { externalId: 'nobody' })).status).toBe(400)
    await control('tokens/expire', {})
    expect((await client.call('GET', 'system/v1/governanceLimits')).status).toBe(401)
  })
})
