import { afterEach, beforeEach, expect, test } from 'vitest'
import { createNetSuiteErp } from '../../connectors/netsuite/netsuite.ts'
import type { NetSuiteTransport } from '../../connectors/netsuite/transport.ts'
import { accountName } from '../../src/domain/chart.ts'
import { netSuiteWorld, novemberJournal, oauth2InProcess } from './netsuite-world.ts'
import type { NetSuiteWorld } from './netsuite-world.ts'

const cash = novemberJournal([
  ['bank', 'debit', '1.00'],
  ['revenue', 'credit', '1.00'],
])

let world: NetSuiteWorld

beforeEach(async () => {
  world = await netSuiteWorld()
})

afterEach(() => world.close())

test('1,201 accounts of a month come back over two pages', async () => {
  const erp = createNetSuiteErp({ ...world, transport: oauth2InProcess(world) })
  for (let chunk = 1; chunk <= 8; chunk++) {
    const segments = Array.from({ length: 150 }, (_, index) => `family-${chunk}-${index}`)
    const credits = segments.map((segment) => [{ kind: 'revenue', segment }, 'credit', '0.01'] as const)
    const entry = novemberJournal([['bank', 'debit', '1.50'], ...credits], { chunk })
    expect((await erp.postJournal(entry)).kind).toBe('ok')
  }
  const totals = await erp.totals('us', '2026-11', 'USD')
  if (totals.kind !== 'ok') throw new Error(totals.kind)
  expect(totals.value).toHaveLength(1201)
  expect(totals.value.find(({ account }) => accountName(account) === 'bank')?.debit.amountMinor).toBe(1200n)
  expect(totals.value.reduce((sum, { credit }) => sum + credit.amountMinor, 0n)).toBe(1200n)
})

test('null columns written out, and expires_in as a number, change nothing', async () => {
  const other = await netSuiteWorld({ nullColumns: 'written', expiresInAs: 'number' })
  const erp = createNetSuiteErp({ ...other, transport: other.transport('oauth2') })
  await erp.postJournal(cash)
  expect(await erp.totals('us', '2026-11', 'USD')).toMatchObject({
    kind: 'ok',
    value: [
      { account: { kind: 'bank' }, debit: { amountMinor: 100n }, credit: { amountMinor: 0n } },
      { account: { kind: 'revenue' }, debit: { amountMinor: 0n }, credit: { amountMinor: 100n } },
    ],
  })
  await other.close()
})

test('only posted journals of ours, of the entity asked for, are counted', async () => {
  const erp = createNetSuiteErp({ ...world, transport: oauth2InProcess(world) })
  await erp.postJournal(cash)
  await erp.postJournal({ ...cash, entity: 'eu', externalId: 'tieout-eu-2026-11-USD-1' })
  const [first] = [...world.fake.state.journals.values()]
  if (first === undefined) throw new Error('nothing was posted')
  const byHand = { ...first, id: '9001', externalId: 'payroll-7' }
  const pending = { ...first, id: '9002', externalId: 'tieout-us-2026-11-USD-2', approvalStatus: '1' }
  for (const journal of [byHand, pending]) world.fake.state.journals.set(journal.id, journal)
  expect(world.fake.state.journals.size).toBe(4)
  for (const entity of ['us', 'eu'])
    expect(await erp.totals(entity, '2026-11', 'USD')).toMatchObject({
      kind: 'ok',
      value: [{ debit: { amountMinor: 100n } }, { credit: { amountMinor: 100n } }],
    })
})

test('a line whose memo was edited by hand still counts, for the kind that owns the account', async () => {
  const erp = createNetSuiteErp({ ...world, transport: oauth2InProcess(world) })
  const lines = [
    ['bank', 'debit', '1.00'],
    [{ kind: 'revenue', segment: 'GTX' }, 'credit', '1.00'],
  ] as const
  await erp.postJournal(novemberJournal(lines))
  world.fake.editJournal(cash.externalId, { lines: [{ line: 2, memo: 'see ticket 12' }] })
  const totals = await erp.totals('us', '2026-11', 'USD')
  expect(totals.kind === 'ok' && totals.value.map(({ account }) => accountName(account))).toEqual([
    'bank',
    'revenue',
  ])
})

test('twelve journals at once go two by two, where twelve bare calls are refused', async () => {
  const transport = oauth2InProcess(world)
  const erp = createNetSuiteErp({ ...world, transport })
  const entries = Array.from({ length: 12 }, (_, index) => ({
    ...cash,
    externalId: `tieout-us-2026-11-USD-${index + 1}`,
  }))
  const answers = await Promise.all(entries.map((entry) => erp.postJournal(entry)))
  expect(answers.map(({ kind }) => kind)).toEqual(Array(12).fill('ok'))
  expect(world.fake.peakConcurrency()).toBe(2)
  const bare = entries.map(() => transport.request('GET', 'record/v1/journalEntry', {}))
  const statuses = (await Promise.all(bare)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 429)).toHaveLength(7)
})

test('a 429 halves the calls at once; a quiet minute gives one back', async () => {
  const [running, peaks] = [{ now: 0, peak: 0 }, [] as number[]]
  const inner = oauth2InProcess(world)
  const counting: NetSuiteTransport = {
    async request(...call) {
      running.now += 1
      running.peak = Math.max(running.peak, running.now)
      return inner.request(...call).finally(() => (running.now -= 1))
    },
  }
  const erp = createNetSuiteErp({ ...world, transport: counting, concurrency: 4 })
  const burst = async () => {
    running.peak = 0
    const answers = await Promise.all(Array.from({ length: 8 }, () => erp.isOpen('us', '2026-11')))
    peaks.push(running.peak)
    return answers.filter(({ kind }) => kind === 'throttled').length
  }
  await burst()
  world.fake.faults.add({ kind: 'throttle', path: '/services/rest/query' })
  expect((await erp.isOpen('us', '2026-11')).kind).toBe('throttled')
  await burst()
  world.clock.advanceTo(new Date(world.clock.now().getTime() + 61_000))
  await erp.isOpen('us', '2026-11')
  await burst()
  expect(peaks).toEqual([4, 2, 3])
})
