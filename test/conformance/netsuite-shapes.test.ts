import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { beforeEach, expect, test } from 'vitest'
import { unknownFields } from '../../connectors/netsuite/fake/journal-fields.ts'
import type { Fields } from '../../connectors/netsuite/fake/journal-fields.ts'
import { journalBody } from '../../connectors/netsuite/journal-body.ts'
import { journal, netSuiteClient } from './netsuite-client.ts'
import type { NetSuiteClient } from './netsuite-client.ts'
import { novemberJournal, shippedBooks } from './netsuite-world.ts'

const specs = resolve(process.env['SPECS'] ?? '../shared/specs', 'netsuite')
const hasSpecs = existsSync(specs)
if (!hasSpecs) console.log(`skipped: the record shapes of NetSuite are not at ${specs}`)

let client: NetSuiteClient

beforeEach(async () => {
  client = await netSuiteClient()
})

const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
if (hasSpecs) ajv.addSchema(JSON.parse(readFileSync(`${specs}/record-shapes.schema.json`, 'utf8')) as object)

/** Checks a value against a shape, and that it has no property the shape does not name. */
function faultsOf(shape: string, value: unknown): unknown[] {
  const validate = ajv.getSchema(`netsuite-rest-record-condensed#/$defs/${shape}`)
  if (validate === undefined) throw new Error(`There is no shape ${shape}`)
  return validate(value) === true ? [] : (validate.errors ?? [])
}

test.skipIf(!hasSpecs)('a journal, its list, a page of SuiteQL and a task', async () => {
  await client.post({ ...journal, memo: 'November', custbody_batch: 'b-1' })
  await client.post({ ...journal, externalId: 'je-2' }, { Prefer: 'respond-async' })
  const read = await client.call('GET', 'record/v1/journalEntry/5001?expandSubResources=true')
  const list = await client.call('GET', 'record/v1/journalEntry')
  const q = 'SELECT id, startdate FROM accountingperiod'
  const page = await client.call('POST', 'query/v1/suiteql', { q }, { Prefer: 'transient' })
  const task = await client.call('GET', 'async/v1/job/1/task/1')
  expect(faultsOf('journalEntry', read.json)).toEqual([])
  expect(faultsOf('journalEntryCollection', list.json)).toEqual([])
  expect(faultsOf('suiteqlResponse', page.json)).toEqual([])
  expect(faultsOf('asyncJob', task.json)).toEqual([])
  expect(faultsOf('journalEntry', { ...read.json, tranDate: 'yesterday' })).toHaveLength(1)
})

test.skipIf(!hasSpecs)(
  'what the connector sends has only properties of the shape, 45 of a journal and 39 of a line being known',
  async () => {
    const sale = novemberJournal([
      ['receivable', 'debit', '0.30'],
      ['revenue', 'credit', '0.30'],
    ])
    const segments = { class: '4', department: '3', location: '2' }
    const body = journalBody(sale, { ...shippedBooks(), segments })
    if (!body.ok) throw new Error(body.error.kind)
    expect(faultsOf('journalEntry', JSON.parse(body.value))).toEqual([])
    expect(unknownFields(JSON.parse(body.value) as object as Fields)).toEqual([])
    const shape = JSON.parse(readFileSync(`${specs}/record-shapes.schema.json`, 'utf8')) as {
      $defs: Record<string, { properties: Record<string, unknown> }>
    }
    const [known, lineKnown] = ['journalEntry', 'journalEntry-lineElement'].map((name) =>
      Object.keys(shape.$defs[name]?.properties ?? {}),
    ) as [string[], string[]]
    const named = (names: string[]) => Object.fromEntries(names.map((name) => [name, null]))
    expect(unknownFields({ ...named(known), line: { items: [named(lineKnown)] } })).toEqual([])
    expect([known.length, lineKnown.length]).toEqual([45, 39])
  },
)

test.skipIf(!hasSpecs)('accounts, periods and errors', async () => {
  const account = await client.call('GET', 'record/v1/account/401')
  const period = await client.call('GET', 'record/v1/accountingPeriod/202611')
  expect(account.json).toMatchObject({ acctName: 'Subscription Revenue', acctType: { id: 'Income' } })
  expect([faultsOf('account', account.json), faultsOf('accountingPeriod', period.json)]).toEqual([[], []])
  client.fake.faults.add({ kind: 'throttle', path: '/services/rest/record' })
  client.fake.faults.add({ kind: 'server-error', path: '/services/rest/record' })
  const errors = [
    await client.post(journal),
    await client.post(journal),
    await client.call('GET', 'record/v1/journalEntry/1'),
  ]
  expect(errors.map(({ status }) => status)).toEqual([429, 500, 404])
  for (const { json } of errors) expect(faultsOf('nsError', json)).toEqual([])
})

test.skipIf(!hasSpecs)(
  'the documented errors: same title, status, code and text as the fixtures',
  async () => {
    const { errors } = JSON.parse(readFileSync(`${specs}/error-fixtures.json`, 'utf8')) as {
      errors: { when: string; status: number; body: Record<string, unknown> }[]
    }
    const expected = (when: string) => errors.find((fixture) => fixture.when === when)?.body ?? {}
    client.fake.faults.add({ kind: 'throttle', path: '/services/rest/record' })
    const throttled = await client.post(journal)
    expect(throttled.json).toMatchObject(expected('concurrency limit'))
    expect(throttled.headers.get('retry-after')).toBeNull()
    const missing = await client.call('GET', 'record/v1/journalEntry/1')
    expect(missing.json).toMatchObject(expected('unknown internal or external id'))
    client.fake.expireTokens()
    expect((await client.post(journal)).json).toMatchObject(expected('bad or expired access token'))
  },
)
