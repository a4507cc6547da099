import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportUsage, type UsageExportOptions } from '../../src/cli/commands/usage-export.ts'
import { exitNameOf } from '../../src/cli/failures.ts'
import { mappingsFolder } from '../../src/cli/hub-variables.ts'
import { readEvent } from '../../src/domain/event-reading.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { keepUsage } from '../../src/store/keep-usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { seed } from '../http/seeded.ts'
import { after, ownStore, type OwnStore } from '../store/store.ts'
import { bareVariables, ownFolder, tieoutJson, type Variables } from './processes.ts'

const folder = ownFolder()
const file = (name: string) => join(folder.path, name)
let own: OwnStore
let variables: Variables

beforeAll(async () => {
  own = await ownStore()
  await seed(own.store)
  variables = { ...bareVariables(folder.path), DATABASE_URL: own.url, TIEOUT_MAPPINGS_DIR: mappingsFolder }
  const events = ['0.1', '0.2', '12999999.7'].map((value, index) => event(`e-${index}`, value))
  await own.store.unitOfWork((unit) =>
    keepUsage(unit, events, after(0), { clock: own.clock, doorbell: silentDoorbell }),
  )
})
afterAll(async () => {
  await own.close()
  folder.remove()
})

function event(id: string, value: string) {
  const named = { specversion: '1.0', id, source: 'gateway', type: 'tokens', subject: '001ACME' }
  const reading = readEvent({ ...named, time: '2026-03-02T08:00:00Z', data: { value } }, after(0))
  if (reading.kind !== 'sound') throw new Error('The event is not sound')
  return keyedEvent(reading.event)
}

test('the events of March are written with their exact sum, 13,000,000 in 3 events; the file is not overwritten: 5', async () => {
  const output = file('acme-march.csv')
  const words = ['usage', 'export', 'C-1001', '--starts-on', '2026-03-01', '--output', output]
  const { code, data } = await tieoutJson(words, variables)
  expect(code).toBe(0)
  expect(data).toMatchObject({
    file: output,
    contract: 'C-1001',
    meter: 'tokens',
    period: { starts_on: '2026-03-01', ends_before: '2026-04-01' },
    events: 3,
    quantity: '13000000',
  })
  const [head, ...rows] = readFileSync(output, 'utf8').trim().split('\r\n')
  expect(head).toBe('time,received_at,source,id,customer,type,value,counted,properties')
  expect(rows.toSorted((left, right) => left.localeCompare(right)).map((row) => row.split(',')[7])).toEqual([
    '0.1',
    '0.2',
    '12999999.7',
  ])
  expect(await failedWith({ output, startsOn: '2026-03-01' })).toBe('conflict')
}, 60_000)

function failedWith(options: UsageExportOptions, contract = 'C-1001'): Promise<string> {
  const silent = () => undefined
  const session = { variables, progress: { say: silent, end: silent, pause: silent }, warn: silent }
  return exportUsage(session, contract, options).then(() => 'done', exitNameOf)
}

test('no such contract is 3, a day no period begins on is 2, a folder that is not there is 5, and no file is left', async () => {
  writeFileSync(file('there'), '')
  expect(await failedWith({ output: file('a.csv') }, 'C-9')).toBe('not-found')
  expect(await failedWith({ output: file('b.csv'), startsOn: '2026-03-09' })).toBe('usage')
  expect(await failedWith({ output: file('there/c.csv') })).toBe('conflict')
})
