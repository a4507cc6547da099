import { beforeEach, expect, test } from 'vitest'
import { address, detailOf, errorOf, journal, netSuiteClient, withLines } from './netsuite-client.ts'
import type { NetSuiteClient } from './netsuite-client.ts'

let client: NetSuiteClient

beforeEach(async () => {
  client = await netSuiteClient()
})

test('POST answers 204 with an address and no body; GET by eid: shows the journal', async () => {
  const posted = await client.post(journal)
  expect([posted.status, posted.text]).toEqual([204, ''])
  expect(posted.headers.get('location')).toBe(`${address}/services/rest/record/v1/journalEntry/5001`)
  const read = await client.call('GET', 'record/v1/journalEntry/eid:je-1?expandSubResources=true')
  expect(read.json).toMatchObject({ id: '5001', externalId: 'je-1', line: { totalResults: 2 } })
  expect(read.text).toContain('"debit":100.1')
  expect(errorOf(await client.call('GET', 'record/v1/journalEntry/eid:je-2'))).toEqual([
    404,
    'NONEXISTENT_ID',
  ])
})

test('the same external id again is refused on POST', async () => {
  await client.post(journal)
  expect(detailOf(await client.post(journal))).toContain('This record already exists')
})

test('PUT on eid: twice doubles the lines, unless ?replace=line', async () => {
  const put = (query: string) => client.call('PUT', `record/v1/journalEntry/eid:je-9${query}`, journal)
  const debit = () => client.fake.truth().find(({ account }) => account === '100')?.debit
  await put('')
  expect(debit()).toBe('100.10')
  expect((await put('')).status).toBe(204)
  expect(debit()).toBe('200.20')
  await put('?replace=line')
  expect(debit()).toBe('100.10')
  expect((await client.call('PUT', 'record/v1/journalEntry/5001', journal)).status).toBe(405)
})

test('an unknown field is a warning by default and a 400 under Error', async () => {
  const odd = { ...journal, memmo: 'typo' }
  const strict = await client.post(odd, { 'X-NetSuite-PropertyNameValidation': 'Error' })
  expect(errorOf(strict)).toEqual([400, 'INVALID_CONTENT'])
  expect(client.fake.state.journals.size).toBe(0)
  const lenient = await client.post(odd)
  expect([lenient.status, lenient.headers.get('warning')]).toEqual([204, expect.stringContaining('memmo')])
})

test.each([
  ['no subsidiary', { ...journal, subsidiary: undefined }, 'Please enter a value for subsidiary'],
  ['a subsidiary that is not there', { ...journal, subsidiary: { id: '9' } }, 'field: subsidiary'],
  ['a currency that is not there', { ...journal, currency: { id: '9' } }, 'Invalid currency reference key 9'],
  ['a day outside every period', { ...journal, tranDate: '2031-01-01' }, 'not within the date range'],
  ['an unknown account', withLines({ account: { id: '9999' }, debit: 1 }), 'Invalid Field Value 9999'],
  [
    'both sides on a line',
    withLines({ account: { id: '100' }, debit: 1, credit: 1 }),
    'a debit or a credit, not both',
  ],
  [
    'a cent of imbalance',
    withLines({ account: { id: '100' }, debit: 1 }, { account: { id: '401' }, credit: 0.99 }),
    'must balance',
  ],
  [
    'a receivable without a customer',
    withLines({ account: { id: '120' }, debit: 1 }),
    'enter value(s) for: Name',
  ],
  [
    '1,001 lines',
    withLines(...Array.from({ length: 1001 }, () => ({ account: { id: '100' }, debit: 1 }))),
    'at most 1000 lines',
  ],
  ['no lines', { ...journal, line: undefined }, 'Please enter value(s) for: Line'],
])('%s is refused', async (_, body, text) => {
  const answer = await client.post(body)
  expect(answer.status).toBe(400)
  expect(detailOf(answer)).toContain(text)
  expect(client.fake.state.journals.size).toBe(0)
})

test('an account of another subsidiary, a summary account and an inactive one are refused alike', async () => {
  const account = { acctNumber: '7', acctName: 'Odd', acctType: 'Bank', isInactive: false }
  client.fake.state.accounts.set('7', { ...account, id: '7', isSummary: false, subsidiaries: ['2'] })
  client.fake.state.accounts.set('8', { ...account, id: '8', isSummary: true, subsidiaries: null })
  client.fake.deactivateAccount('100')
  for (const id of ['7', '8', '100'])
    expect(detailOf(await client.post(withLines({ account: { id }, debit: 1 })))).toContain(
      `Invalid account reference key ${id} for subsidiary 1`,
    )
})

test('a form may ask for a department on every line', async () => {
  client = await netSuiteClient({ requiredSegments: ['department'] })
  expect(detailOf(await client.post(journal))).toContain('Please enter value(s) for: Department')
})

test('closed and all-locked stop every journal, ar-locked only those with receivables', async () => {
  const receivable = withLines(
    { account: { id: '120' }, entity: { id: '88' }, debit: 1 },
    { account: { id: '401' }, credit: 1 },
  )
  client.fake.lockPeriod('2026-11', 'ar-locked')
  expect((await client.post(receivable)).status).toBe(400)
  expect((await client.post(journal)).status).toBe(204)
  client.fake.openPeriod('2026-11')
  client.fake.lockPeriod('2026-11', 'closed')
  expect(detailOf(await client.post({ ...journal, externalId: 'je-2' }))).toContain('period')
  expect((await client.call('DELETE', 'record/v1/journalEntry/5001')).status).toBe(400)
  client.fake.openPeriod('2026-11')
  expect((await client.call('DELETE', 'record/v1/journalEntry/5001')).status).toBe(204)
  expect(client.fake.truth()).toEqual([])
})

test('PATCH changes the line it numbers', async () => {
  await client.post(journal)
  const items = [
    { line: 1, debit: 5 },
    { line: 2, credit: 5 },
  ]
  expect((await client.call('PATCH', 'record/v1/journalEntry/5001', { line: { items } })).status).toBe(204)
  expect(client.fake.truth().map(({ debit, credit }) => [debit, credit])).toEqual([
    ['5.00', '0.00'],
    ['0.00', '5.00'],
  ])
})

test('a journal pending approval is not in the books yet', async () => {
  await client.post({ ...journal, approvalStatus: { id: '1' } })
  expect([client.fake.state.journals.size, client.fake.truth()]).toEqual([1, []])
})

test('a list has links and ids, by pages and by a simple q', async () => {
  for (const index of [1, 2, 3]) await client.post({ ...journal, externalId: `je-${index}` })
  const list = await client.call('GET', 'record/v1/journalEntry?limit=2&offset=2')
  expect(list.json).toMatchObject({ count: 1, hasMore: false, totalResults: 3, items: [{ id: '5003' }] })
  expect((await client.call('GET', 'record/v1/journalEntry?limit=2&offset=1')).status).toBe(400)
  const found = await client.call(
    'GET',
    `record/v1/journalEntry?q=${encodeURIComponent('externalId IS "je-2"')}`,
  )
  expect(found.json).toMatchObject({ totalResults: 1, items: [{ id: '5002' }] })
})
