import { expect, test } from 'vitest'
import { novemberJournal } from './netsuite-world.ts'
import { response, scripted, userError } from './netsuite-scripted.ts'

const cash = novemberJournal([
  ['bank', 'debit', '1.00'],
  ['revenue', 'credit', '1.00'],
])

test.each([
  ['This record already exists', 'conflict'],
  ['The posting period is closed.', 'locked'],
  ['The transaction date you specified is not within the date range of your accounting period.', 'locked'],
  ['This record has been locked by a user defined workflow.', 'locked'],
  ['Your current role does not have permission to perform this action.', 'auth'],
  ['Please enter value(s) for: Department', 'rejected'],
] as const)('"%s" is %s', async (detail, kind) => {
  expect((await scripted(userError(detail)).erp.postJournal(cash)).kind).toBe(kind)
})

test.each([
  ['Invalid account reference key 401 for subsidiary 1', 'ERP_REFERENCE_INVALID', 'line.items[1].account'],
  ['Invalid currency reference key 1 for accountingbook 1', 'ERP_REFERENCE_INVALID', null],
  ['Please enter a value for subsidiary', 'ERP_REFERENCE_INVALID', 'subsidiary'],
  ['Please enter value(s) for: Department', 'ERP_REFERENCE_INVALID', 'Department'],
  ['The amounts in a journal entry must balance', 'PROVIDER_REJECTED', null],
])('"%s" is %s at %s', async (detail, code, field) => {
  expect(await scripted(userError(detail)).erp.postJournal(cash)).toEqual({
    kind: 'rejected',
    code,
    detail,
    field,
  })
})

test.each([
  [response(503, '<html>Maintenance</html>'), 'unknown', 'transient'],
  [response(404, '<html>Not here</html>'), 'unknown', 'broken'],
  [response(302, '', { location: 'https://login' }), 'unknown', 'broken'],
  [response(200, '{"id":"5"}'), 'unknown', 'broken'],
  [response(204, ''), 'unknown', 'broken'],
  [response(403, '{}'), 'auth', 'auth'],
  [response(408, ''), 'unknown', 'transient'],
  [response(429, '<html>Busy</html>'), 'throttled', 'throttled'],
])('%j is %s for a write and %s for a read', async (answer, write, read) => {
  const { erp } = scripted(answer, answer)
  expect((await erp.postJournal(cash)).kind).toBe(write)
  expect((await erp.findJournal(cash.externalId)).kind).toBe(read)
})

test("another journal's answer to our question is broken", async () => {
  const other = response(200, '{"id":"5","externalId":"tieout-us-2026-10-USD-1"}')
  expect((await scripted(other).erp.findJournal(cash.externalId)).kind).toBe('broken')
})

test('a total that is a number, or has a tenth of a cent, is broken', async () => {
  const row = (debit: unknown) =>
    response(200, JSON.stringify({ hasMore: false, items: [{ account: '100', memo: 'bank', debit }] }))
  const { erp } = scripted(row(0.3), row('0.301'), row('.3'))
  const totals = () => erp.totals('us', '2026-11', 'USD')
  expect([(await totals()).kind, (await totals()).kind]).toEqual(['broken', 'broken'])
  expect(await totals()).toMatchObject({ kind: 'ok', value: [{ debit: { amountMinor: 30n } }] })
})
