import { afterEach, expect, test } from 'vitest'
import { systemTransport } from '../../src/ports/transport.ts'
import { readOne, value } from './crm-world.ts'
import { salesforceWorld, type SalesforceWorld } from './salesforce-world.ts'

let world: SalesforceWorld
afterEach(() => world.close())

const acme = {
  Name: 'Acme 2027',
  CloseDate: '2026-11-18',
  StageName: 'Closed Won',
  Amount: 12_500_000,
  Payment_Terms__c: 'NET 60',
  account: { Name: 'Acme Bank', BillingCountry: 'Germany' },
}

test('an id of 15 characters is answered with the deal under its 18', async () => {
  world = await salesforceWorld()
  const id = world.fake.addDeal(acme)
  const short = id.slice(0, 15)
  const [read] = value(await world.crm.readDeals([short]))
  expect(read).toMatchObject({ kind: 'found', askedId: short, deal: { dealId: id } })
})

test('an amount Salesforce writes as 1.25E7 reads 12500000', async () => {
  world = await salesforceWorld()
  const id = world.fake.addDeal(acme)
  const raw = await world.fake.app.request(`/services/data/v67.0/sobjects/Opportunity/${id}`, {
    headers: { authorization: `Bearer ${await token(world)}` },
  })
  expect(await raw.text()).toContain('"Amount":1.25E7')
  expect((await readOne(world.crm, id)).amount).toBe('12500000')
})

test('one request reads 100 deals with account, contact and lines, once the fields are known', async () => {
  world = await salesforceWorld()
  const ids = Array.from({ length: 100 }, (_, number) =>
    world.fake.addDeal({ ...acme, Name: `Deal ${number}`, lines: [line(1), line(2)] }),
  )
  value(await world.crm.readDeals(ids.slice(0, 1)))
  const before = world.fake.truth().apiRequests
  const reads = value(await world.crm.readDeals(ids))
  expect(world.fake.truth().apiRequests - before).toBe(1)
  expect(reads.filter((read) => read.kind === 'found' && read.deal.fields.lines.length === 2)).toHaveLength(
    100,
  )
})

test('501 lines come whole over three pages of 200', async () => {
  world = await salesforceWorld({ pageRows: 200 })
  const lines = Array.from({ length: 501 }, (_, number) => line(number + 1))
  const { fields, amount } = await readOne(world.crm, world.fake.addDeal({ ...acme, lines }))
  expect(fields.lines).toHaveLength(501)
  expect(fields.lines.map(({ SortOrder }) => SortOrder)).toEqual(lines.map(({ SortOrder }) => SortOrder))
  expect(amount).toBe('5010')
})

test('a field taken away after we described the object is unreadable, never empty and no error', async () => {
  world = await salesforceWorld()
  const id = world.fake.addDeal(acme)
  expect((await readOne(world.crm, id)).fields.deal['Payment_Terms__c']).toBe('NET 60')
  world.fake.setFieldSecurity('Opportunity', 'Payment_Terms__c', 'hidden')
  const { fields } = await readOne(world.crm, id)
  expect(fields.deal['Payment_Terms__c']).toEqual({ unreadable: true })
  expect(fields.deal['Name']).toBe('Acme 2027')
})

test('objects hidden from us give unreadable fields: no account is not the same as an account we may not see', async () => {
  world = await salesforceWorld()
  for (const object of ['Account', 'OpportunityLineItem', 'Contact'])
    world.fake.setObjectSecurity(object, 'hidden')
  const { fields } = await readOne(world.crm, world.fake.addDeal({ ...acme, lines: [line(1)] }))
  expect(fields.account?.['Name']).toEqual({ unreadable: true })
  expect(fields.contact?.['Email']).toEqual({ unreadable: true })
  expect(fields.lines).toHaveLength(1)
  expect(fields.lines[0]?.['UnitPrice']).toEqual({ unreadable: true })
})

test('a relation hidden from us hides what lies behind it, and the rest is still read', async () => {
  world = await salesforceWorld()
  world.fake.setFieldSecurity('Opportunity', 'AccountId', 'hidden')
  world.fake.setObjectSecurity('OpportunityContactRole', 'hidden')
  const { fields } = await readOne(world.crm, world.fake.addDeal(acme))
  expect(fields.account?.['Name']).toEqual({ unreadable: true })
  expect(fields.contact?.['Email']).toEqual({ unreadable: true })
  expect(fields.deal['Name']).toBe('Acme 2027')
})

test('opportunities hidden from us are a matter of the connection', async () => {
  world = await salesforceWorld()
  const id = world.fake.addDeal(acme)
  world.fake.setObjectSecurity('Opportunity', 'hidden')
  expect((await world.crm.readDeals([id])).kind).toBe('auth')
})

test('a deal in euros says so where there are several currencies; else the organisation’s own holds', async () => {
  world = await salesforceWorld({ currencies: ['USD', 'EUR'] })
  const inEuros = world.fake.addDeal({ ...acme, CurrencyIsoCode: 'EUR' })
  const inDefault = world.fake.addDeal(acme)
  const currencies = value(
    await world.connect({ organizationCurrency: 'GBP' }).readDeals([inEuros, inDefault]),
  )
  expect(currencies.map((read) => read.kind === 'found' && read.deal.currency)).toEqual(['EUR', 'USD'])
  await world.close()
  world = await salesforceWorld()
  const id = world.fake.addDeal(acme)
  expect((await readOne(world.connect({ organizationCurrency: 'GBP' }), id)).currency).toBe('GBP')
  expect((await readOne(world.connect({ organizationCurrency: null }), id)).currency).toBeNull()
})

test('paths over relations are read under the path they were asked by', async () => {
  world = await salesforceWorld()
  const crm = world.connect({
    fields: {
      opportunity: ['Owner.Email', 'Account.Parent.Name', 'Owner.Nothing__c'],
      account: ['BillingCountry', 'Owner.Name'],
      line: ['Product2.Description'],
      contact: ['Phone'],
    },
  })
  const { fields } = await readOne(crm, world.fake.addDeal({ ...acme, lines: [line(1)] }))
  expect(fields.deal['Owner.Email']).toBe('sales@example.com')
  expect(fields.deal['Account.Parent.Name']).toBeNull()
  expect(fields.deal['Owner.Nothing__c']).toEqual({ unreadable: true })
  expect(fields.account).toMatchObject({ BillingCountry: 'Germany', 'Owner.Name': null })
  expect(fields.lines[0]).toHaveProperty(['Product2.Description'], null)
})

test('after a merge of accounts the deal is the winner’s', async () => {
  world = await salesforceWorld()
  const id = world.fake.addDeal(acme)
  const other = world.fake.addDeal({ ...acme, Name: 'Other', account: { Name: 'Acme Banking Group' } })
  const [loser, master] = [await readOne(world.crm, id), await readOne(world.crm, other)]
  world.fake.mergeAccounts(String(master.fields.account?.['Id']), String(loser.fields.account?.['Id']))
  expect((await readOne(world.crm, id)).fields.account?.['Name']).toBe('Acme Banking Group')
})

test('a refreshed sandbox has another organisation id, and its deals are not ours', async () => {
  world = await salesforceWorld()
  const id = world.fake.addDeal(acme)
  await readOne(world.crm, id)
  world.fake.refreshSandbox('00D000000000002')
  const answer = await world.crm.readDeals([id])
  expect(answer.kind === 'auth' && answer.detail).toContain('00D000000000002EAA')
})

test('a wrong client secret is a matter of the connection, said in the words of Salesforce', async () => {
  world = await salesforceWorld()
  const answer = await world.connect({ clientSecret: 'wrong' }).sweep(null)
  expect(answer).toEqual({ kind: 'auth', detail: 'invalid_client: invalid client credentials' })
})

test('ten reads that find the session dead sign in once between them', async () => {
  world = await salesforceWorld()
  const id = world.fake.addDeal(acme)
  await readOne(world.crm, id)
  world.fake.expireTokens()
  const answers = await Promise.all(Array.from({ length: 10 }, () => world.crm.readDeals([id])))
  expect(answers.map(({ kind }) => kind)).toEqual(Array.from({ length: 10 }, () => 'ok'))
  expect(world.fake.truth().tokensIssued).toBe(2)
})

test('an organisation that has spent its requests of the day is throttled for 15 minutes', async () => {
  world = await salesforceWorld()
  world.fake.setRequestLimit(0)
  expect(await world.crm.sweep(null)).toEqual({ kind: 'throttled', retryAfterMilliseconds: 900_000 })
})

test('at most 3 requests are under way at once when 3 are allowed, and an answer that never comes is given up', async () => {
  world = await salesforceWorld()
  const id = world.fake.addDeal(acme)
  const counts = { now: 0, most: 0 }
  const crm = world.connect({
    maxRequest: 3,
    transport: async (input, init) => {
      counts.most = Math.max(counts.most, ++counts.now)
      return systemTransport(input, init).finally(() => {
        counts.now -= 1
      })
    },
  })
  await readOne(crm, id)
  await Promise.all(Array.from({ length: 12 }, () => crm.readDeals([id])))
  expect(counts.most).toBe(3)
  const silent = world.connect({
    timeoutMilliseconds: 50,
    transport: (_input, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))
      }),
  })
  expect((await silent.sweep(null)).kind).toBe('transient')
})

function line(number: number) {
  return { product: { Name: `Product ${number % 3}` }, Quantity: 1, UnitPrice: 10, SortOrder: number }
}

async function token({ fake, baseUrl }: SalesforceWorld): Promise<string> {
  const { clientId, clientSecret } = fake.credentials
  const answer = await fake.app.request(`${baseUrl}/services/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}
