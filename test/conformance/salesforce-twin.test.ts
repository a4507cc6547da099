import { beforeEach, expect, test } from 'vitest'
import { createSalesforceFake, type SalesforceFake } from '../../connectors/salesforce/fake.ts'
import { type VirtualClock, virtualClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'

/** What the twin answers, called in process: it must not be kinder than Salesforce. */
let fake: SalesforceFake
let clock: VirtualClock
let token: string

beforeEach(async () => {
  clock = virtualClock(new Date('2026-11-18T09:00:00Z'))
  fake = createSalesforceFake({
    clock,
    random: seededRandom(7),
    deliver: () => Promise.reject(new Error('nobody listens')),
    customFields: [
      { object: 'Account', name: 'Ledger_Id__c', type: 'string', length: 20, externalId: true },
      { object: 'Opportunity', name: 'Terms__c', type: 'string', length: 10 },
      { object: 'Opportunity', name: 'Status__c', type: 'picklist', picklist: ['Open'], restricted: true },
    ],
  })
  token = await signIn()
})

async function signIn(): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    client_id: fake.credentials.clientId,
    client_secret: fake.credentials.clientSecret,
  }
  const answer = await fake.app.request('http://sf.example/services/oauth2/token', {
    method: 'POST',
    body: new URLSearchParams(form),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

type Called = { readonly status: number; readonly body: never; readonly headers: Headers }

async function call(method: string, path: string, body?: unknown): Promise<Called> {
  const response = await fake.app.request(`http://sf.example/services/data/v67.0${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const parsed: unknown = text === '' ? null : JSON.parse(text)
  return { status: response.status, body: parsed as never, headers: response.headers }
}

function query(soql: string, endpoint = 'query'): Promise<Called> {
  return call('GET', `/${endpoint}?q=${encodeURIComponent(soql)}`)
}

function deal(fields: Record<string, unknown> = {}): string {
  return fake.addDeal({ Name: 'Acme', CloseDate: '2026-11-18', account: { Name: 'Acme Bank' }, ...fields })
}

test.each([
  ['SELECT Id FROM', 'MALFORMED_QUERY'],
  ['SELECT Id FROM Opportunity WHERE IsWon = true AND Name = 1 OR Name = 2', 'MALFORMED_QUERY'],
  ["SELECT Id FROM Opportunity WHERE Name = 'x", 'MALFORMED_QUERY'],
  ['SELECT Id FROM Opportunity LIMIT many', 'MALFORMED_QUERY'],
  ['SELECT Id FROM Opportunity; DROP', 'MALFORMED_QUERY'],
  ['SELECT Nothing__c FROM Opportunity', 'INVALID_FIELD'],
  ['SELECT Account.Nothing__c FROM Opportunity', 'INVALID_FIELD'],
  ['SELECT Nobody.Name FROM Opportunity', 'INVALID_FIELD'],
  ["SELECT Id FROM Opportunity WHERE IsWon = 'true'", 'INVALID_FIELD'],
  ["SELECT Id FROM Opportunity WHERE Description = 'long'", 'INVALID_FIELD'],
  ["SELECT Id FROM Opportunity WHERE SystemModstamp > '2026-11-18T09:00:00Z'", 'INVALID_FIELD'],
  ["SELECT Id FROM Opportunity WHERE Id = 'nonsense'", 'INVALID_QUERY_FILTER_OPERATOR'],
  ['SELECT Id FROM Nothing__c', 'INVALID_TYPE'],
  ['SELECT Id, (SELECT Id FROM Nobodies) FROM Opportunity', 'INVALID_TYPE'],
])('%s is %s', async (soql, code) => {
  const { status, body } = await query(soql)
  expect([status, body]).toMatchObject([400, [{ errorCode: code }]])
})

test('conditions choose as SOQL does: texts in any case, empty values unequal, LIKE with wildcards', async () => {
  const big = deal({ Name: 'Big Deal', Amount: 900, Terms__c: 'Net 60' })
  const small = deal({ Name: 'Small deal', Amount: 100 })
  const ids = async (where: string) =>
    (
      (await query(`SELECT Id FROM Opportunity WHERE ${where} ORDER BY Name`)).body as {
        records: { Id: string }[]
      }
    ).records.map(({ Id: id }) => id)
  expect(await ids("Terms__c = 'NET 60'")).toEqual([big])
  expect(await ids("Terms__c != 'NET 60'")).toEqual([small])
  expect(await ids('Terms__c = null')).toEqual([small])
  expect(await ids('Amount < 500')).toEqual([small])
  expect(await ids('Amount >= 100 AND (IsWon = true OR Amount <= 900)')).toEqual([big, small])
  expect(await ids("Name LIKE '%deal'")).toEqual([big, small])
  expect(await ids("Name LIKE 'B__ %'")).toEqual([big])
  expect(await ids("NOT Name LIKE 'B%'")).toEqual([small])
  expect(await ids(`Id IN ('${big.slice(0, 15)}')`)).toEqual([big])
  expect(await ids(`Id NOT IN ('${big}') AND Account.Name = 'acme bank'`)).toEqual([small])
  expect(await ids('CloseDate > 2026-11-17 AND SystemModstamp <= 2026-11-18T10:00:00+01:00')).toHaveLength(2)
})

test('describe tells types, picklists and rights, and leaves out what we may not see', async () => {
  fake.setFieldSecurity('Opportunity', 'Terms__c', 'read')
  fake.setFieldSecurity('Opportunity', 'Amount', 'hidden')
  const { body } = await call('GET', '/sobjects/Opportunity/describe')
  const fields = new Map((body as { fields: { name: string }[] }).fields.map((field) => [field.name, field]))
  expect(fields.get('Terms__c')).toMatchObject({ type: 'string', length: 10, updateable: false })
  expect(fields.get('Status__c')).toMatchObject({
    restrictedPicklist: true,
    picklistValues: [{ value: 'Open' }],
  })
  expect(fields.get('AccountId')).toMatchObject({ referenceTo: ['Account'], relationshipName: 'Account' })
  expect(fields.has('Amount')).toBe(false)
  expect((await query('SELECT Amount FROM Opportunity')).body).toMatchObject([{ errorCode: 'INVALID_FIELD' }])
})

test.each([
  [{ Terms__c: 'x'.repeat(11) }, 'STRING_TOO_LONG'],
  [{ Status__c: 'Closed' }, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'],
  [{ StageName: 'Nonsense' }, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'],
  [{ IsWon: true }, 'INVALID_FIELD_FOR_INSERT_UPDATE'],
  [{ Nothing__c: 1 }, 'INVALID_FIELD'],
  [{ Amount: 'a lot' }, 'JSON_PARSER_ERROR'],
  [{ CloseDate: '18.11.2026' }, 'JSON_PARSER_ERROR'],
  [{ Name: null }, 'REQUIRED_FIELD_MISSING'],
  [{ AccountId: 'nonsense' }, 'MALFORMED_ID'],
  [{ AccountId: '001Qx00000000zzAAA' }, 'INVALID_CROSS_REFERENCE_KEY'],
])('an update with %j is refused with %s', async (fields, code) => {
  const { status, body } = await call('PATCH', `/sobjects/Opportunity/${deal()}`, fields)
  expect([status, body]).toMatchObject([400, [{ errorCode: code }]])
})

test('a record is created with 201, read, changed with 204, deleted, and then is 404', async () => {
  const created = await call('POST', '/sobjects/Account', { Name: 'Globex' })
  expect(created).toMatchObject({ status: 201, body: { success: true, errors: [] } })
  const path = `/sobjects/Account/${(created.body as { id: string }).id}`
  expect((await call('PATCH', path, { Website: 'https://globex.example' })).status).toBe(204)
  expect((await call('GET', path)).body).toMatchObject({ Name: 'Globex', Website: 'https://globex.example' })
  expect((await call('DELETE', path)).status).toBe(204)
  expect(await call('GET', path)).toMatchObject({ status: 404, body: [{ errorCode: 'ENTITY_IS_DELETED' }] })
  expect(await call('GET', '/sobjects/Account/001Qx00000000zzAAA')).toMatchObject({
    status: 404,
    body: [{ errorCode: 'NOT_FOUND' }],
  })
})

test('an upsert creates with 201, then updates with 200, and answers 300 when two records match', async () => {
  const path = '/sobjects/Account/Ledger_Id__c/L-1'
  expect(await call('PATCH', path, { Name: 'Globex' })).toMatchObject({
    status: 201,
    body: { created: true },
  })
  expect(await call('PATCH', path, { Name: 'Globex 2' })).toMatchObject({
    status: 200,
    body: { created: false },
  })
  await call('POST', '/sobjects/Account', { Name: 'Twin', Ledger_Id__c: 'L-1' })
  const several = await call('PATCH', path, { Name: 'Globex 3' })
  expect([several.status, (several.body as unknown[]).length]).toEqual([300, 2])
})

test('a query pages by 2,000, and a cursor is dead after two days', async () => {
  for (let number = 0; number < 2001; number++) deal({ Name: `Deal ${number}` })
  const first = (await query('SELECT Id FROM Opportunity')).body as Record<string, unknown>
  expect([first['totalSize'], first['done'], (first['records'] as unknown[]).length]).toEqual([
    2001,
    false,
    2000,
  ])
  const next = String(first['nextRecordsUrl']).replace('/services/data/v67.0', '')
  expect((await call('GET', next)).body).toMatchObject({ done: true, records: [{}] })
  clock.advanceTo(new Date('2026-11-20T09:00:01Z'))
  token = await signIn()
  expect((await call('GET', next)).body).toMatchObject([{ errorCode: 'INVALID_QUERY_LOCATOR' }])
})

test('query does not see the recycle bin, queryAll does', async () => {
  const id = deal()
  fake.delete(id)
  const soql = `SELECT Id, IsDeleted FROM Opportunity WHERE Id = '${id}'`
  expect((await query(soql)).body).toMatchObject({ totalSize: 0 })
  expect((await query(soql, 'queryAll')).body).toMatchObject({ records: [{ IsDeleted: true }] })
})

test('a token dies two hours after its last use, and a day of requests can be used up', async () => {
  expect((await call('GET', '/limits')).headers.get('sforce-limit-info')).toBe('api-usage=1/100000')
  clock.advanceTo(new Date('2026-11-18T11:00:01Z'))
  expect(await call('GET', '/limits')).toMatchObject({
    status: 401,
    body: [{ errorCode: 'INVALID_SESSION_ID' }],
  })
  token = await signIn()
  fake.setRequestLimit(2)
  expect((await call('GET', '/limits')).body).toMatchObject({ DailyApiRequests: { Max: 2, Remaining: 0 } })
  expect(await call('GET', '/limits')).toMatchObject({
    status: 403,
    body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
  })
  clock.advanceTo(new Date('2026-11-19T09:00:01Z'))
  token = await signIn()
  expect((await call('GET', '/limits')).status).toBe(200)
})

test('lines roll up into the amount, which then cannot be set; a line’s text leaves no stamp on the deal', async () => {
  const id = deal({ lines: [{ product: { Name: 'A', listPrice: 12 }, Quantity: 3, Discount: 10 }] })
  expect(fake.truth().deals[0]?.amount).toBe(32.4)
  expect((await call('PATCH', `/sobjects/Opportunity/${id}`, { Amount: 5 })).status).toBe(204)
  expect(fake.truth().deals[0]?.amount).toBe(32.4)
  await clock.sleep(60_000)
  const stampOf = async () =>
    (
      (await query('SELECT SystemModstamp FROM Opportunity')).body as {
        records: { SystemModstamp: string }[]
      }
    ).records[0]?.SystemModstamp
  const before = await stampOf()
  const [line] = ((await query('SELECT Id FROM OpportunityLineItem')).body as { records: { Id: string }[] })
    .records
  fake.update(line?.Id ?? '', { Description: 'billed yearly' })
  expect(await stampOf()).toBe(before)
  fake.update(line?.Id ?? '', { Quantity: 4 })
  expect(fake.truth().deals[0]?.amount).toBe(43.2)
  expect(await stampOf()).toBe('2026-11-18T09:01:00.000+0000')
})

test('the controls work over HTTP, and tell what went wrong', async () => {
  const control = async (name: string, body: unknown) => {
    const options = { method: 'POST', body: JSON.stringify(body) }
    const response = await fake.app.request(`/__fake/${name}`, options)
    return [response.status, await response.json()] as const
  }
  const records = [
    { type: 'Account', ref: 'acme', fields: { Name: 'Acme Bank' } },
    {
      type: 'Opportunity',
      fields: { Name: 'A', CloseDate: '2026-11-18', StageName: 'Prospecting', AccountId: '@acme' },
    },
  ]
  const [status, loaded] = await control('load', { records })
  const id = (loaded as { ids: string[] }).ids[1] ?? ''
  expect(status).toBe(200)
  expect(await control('close-deal', { id })).toEqual([200, { done: true }])
  expect(await control('close-deal', { id, fields: { StageName: 'Nonsense' } })).toMatchObject([
    400,
    { code: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST' },
  ])
  expect(await control('close-deal', { id: '006Qx00000000zzAAA' })).toMatchObject([
    400,
    { code: 'NOT_FOUND' },
  ])
  expect((await control('no-such', {}))[0]).toBe(404)
  const truth = await fake.app.request('/__fake/truth')
  expect(await truth.json()).toMatchObject({ deals: [{ id, stage: 'Closed Won', isWon: true }] })
})

test('8,800 opportunities load, and the same story gives the same ids', () => {
  const load = () => {
    const records = Array.from({ length: 8800 }, (_, number) => ({
      type: 'Opportunity',
      fields: { Name: `Deal ${number}`, CloseDate: '2026-11-18', StageName: 'Prospecting' },
    }))
    const twin = createSalesforceFake({
      clock,
      random: seededRandom(7),
      deliver: () => Promise.reject(new Error('nobody listens')),
    })
    return twin.load(records)
  }
  const ids = load()
  expect(new Set(ids).size).toBe(8800)
  expect(load()).toEqual(ids)
})
