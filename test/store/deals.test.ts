import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DealSnapshot, DealState } from '../../src/domain/deal.ts'
import { markWritten, saveSnapshots, setDealStates } from '../../src/store/deal-changes.ts'
import {
  countDealsByState,
  dealsToWriteBack,
  findDeals,
  listDeals,
  loadDeals,
  loadSnapshots,
  mergeDeal,
  startGeneration,
  upsertSeenDeals,
} from '../../src/store/deals.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

function see(...deals: [dealId: string, modifiedAt: string][]) {
  const seen = deals.map(([dealId, modifiedAt]) => ({
    crm: 'salesforce' as const,
    org: '00D',
    dealId,
    modifiedAt,
  }))
  return own.store.unitOfWork((unit) => upsertSeenDeals(unit, seen, after(0)))
}

function snapshot(dealId: string, changes: Partial<DealSnapshot> = {}): DealSnapshot {
  return {
    crm: 'salesforce',
    org: '00D',
    dealId,
    name: 'Acme, 50 seats',
    isClosedWon: true,
    closedOn: '2026-03-01',
    amount: '50009.60',
    currency: 'USD',
    modifiedAt: 'm1',
    url: 'https://crm.example/1',
    fields: {
      deal: { Secret__c: { unreadable: true }, Empty__c: null },
      account: null,
      contact: null,
      lines: [],
    },
    ...changes,
  }
}

function save(caseId: string, deal: DealSnapshot) {
  return own.store.unitOfWork((unit) =>
    saveSnapshots(unit, [{ caseId, deal, accountName: 'Acme' }], after(5)),
  )
}

test('a deal gets one case; seen again it is the same, and changed only when it was modified', async () => {
  const [a, b] = await see(['a', 'm1'], ['b', 'm1'])
  expect([a?.isNew, a?.hasChanged, a?.state]).toEqual([true, true, 'seen'])
  const again = await see(['b', 'm2'], ['a', 'm1'])
  expect(again).toMatchObject([
    { dealId: 'b', caseId: b?.caseId, isNew: false, hasChanged: true },
    { dealId: 'a', caseId: a?.caseId, isNew: false, hasChanged: false },
  ])
})

test('six sweeps that see the same fifty deals at once make fifty cases', async () => {
  const deals = Array.from({ length: 50 }, (_, index): [string, string] => [`race-${index}`, 'm1'])
  const sweeps = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((way) => see(...(way % 2 ? deals : deals.toReversed()))),
  )
  const cases = sweeps.flat()
  expect(cases.filter(({ isNew }) => isNew)).toHaveLength(50)
  expect(new Set(cases.map(({ caseId }) => caseId)).size).toBe(50)
})

test('a merged deal counts as the one it was merged into', async () => {
  const [into] = await see(['survivor', 'm1'])
  const key = { crm: 'salesforce', org: '00D', dealId: 'merged' } as const
  await own.store.unitOfWork((unit) => mergeDeal(unit, key, 'survivor', after(1)))
  expect(await see(['merged', 'm1'])).toMatchObject([
    { dealId: 'merged', caseId: into?.caseId, isNew: false },
  ])
})

test('a deal closed again is a new generation, and the latest one is seen from then on', async () => {
  const [first] = await see(['again', 'm1'])
  const deal = { crm: 'salesforce', org: '00D', dealId: 'again', modifiedAt: 'm2' } as const
  const second = await own.store.unitOfWork((unit) => startGeneration(unit, deal, after(9)))
  expect(second).not.toBe(first?.caseId)
  expect(await see(['again', 'm3'])).toMatchObject([{ caseId: second, isNew: false, hasChanged: true }])
  const cases = await loadDeals(own.store.read, [first?.caseId as string, second])
  expect(
    new Map(cases.map(({ caseId, generation, modifiedAt }) => [caseId, [generation, modifiedAt]])),
  ).toEqual(
    new Map([
      [first?.caseId, [1, 'm1']],
      [second, [2, 'm3']],
    ]),
  )
})

test('a snapshot comes back as it was read, and is kept once for its content', async () => {
  const [seen] = await see(['snap', 'm1'])
  const caseId = seen?.caseId as string
  const [first] = await save(caseId, snapshot('snap'))
  const [touched] = await save(caseId, snapshot('snap', { modifiedAt: 'm2' }))
  const [changed] = await save(caseId, snapshot('snap', { amount: '1.00', closedOn: null }))
  expect([first?.isNew, touched?.isNew, changed?.isNew]).toEqual([true, false, true])
  expect(touched?.snapshotId).toBe(first?.snapshotId)
  const [stored] = await loadSnapshots(own.store.read, [first?.snapshotId as string])
  expect(stored).toMatchObject({ caseId, content: snapshot('snap'), takenAt: after(5) })
  expect(await loadDeals(own.store.read, [caseId])).toMatchObject([
    {
      name: 'Acme, 50 seats',
      accountName: 'Acme',
      amount: '1.00',
      closedOn: null,
      snapshotId: changed?.snapshotId,
    },
  ])
})

test('states follow the table of actions; what is not allowed is refused and changes nothing', async () => {
  const [seen] = await see(['states', 'm1'])
  const caseId = seen?.caseId as string
  const move = (
    action: 'draft' | 'provision' | 'activate' | 'ignore',
    to: 'planned' | 'provisioning' | 'active' | 'ignored',
  ) => own.store.unitOfWork((unit) => setDealStates(unit, [{ caseId, action, to }], after(30)))
  expect(await move('activate', 'active')).toEqual([{ caseId, state: 'seen' }])
  expect(await move('draft', 'planned')).toEqual([])
  expect(await move('provision', 'provisioning')).toEqual([])
  expect(await move('activate', 'active')).toEqual([])
  expect(await move('ignore', 'ignored')).toEqual([{ caseId, state: 'active' }])
  expect(await loadDeals(own.store.read, [caseId])).toMatchObject([
    { state: 'active', activatedAt: after(30) },
  ])
  const unknown = { caseId: 'nobody', action: 'draft', to: 'planned' } as const
  expect(await own.store.unitOfWork((unit) => setDealStates(unit, [unknown], after(0)))).toEqual([
    { caseId: 'nobody', state: null },
  ])
})

test('sales is told what changed, and not again until it changes', async () => {
  const [seen] = await see(['told', 'm1'])
  const caseId = seen?.caseId as string
  const untold = async () =>
    (await dealsToWriteBack(own.store.read, 1000, { crm: 'salesforce', org: '00D' })).some(
      (deal) => deal.caseId === caseId,
    )
  expect(await untold()).toBe(true)
  const [held] = await loadDeals(own.store.read, [caseId])
  const changedAt = held?.changedAt as Date
  const written = [{ caseId, status: 'Queued', message: 'We have seen it.', changedAt }]
  await own.store.unitOfWork((unit) => markWritten(unit, written))
  expect(await untold()).toBe(false)
  await own.store.unitOfWork((unit) =>
    setDealStates(unit, [{ caseId, action: 'draft', to: 'planned' }], changedAt),
  )
  expect(await untold(), 'a change in the same instant is told too').toBe(true)
})

test('cases are listed by pages, the latest first, counted by state and found by id', async () => {
  const all = await listDeals(own.store.read, { limit: 1000 })
  const first = await listDeals(own.store.read, { limit: 3 })
  const second = await listDeals(own.store.read, { limit: 3, cursor: first[2]?.caseId as string })
  expect([...first, ...second].map(({ caseId }) => caseId)).toEqual(
    all.slice(0, 6).map(({ caseId }) => caseId),
  )
  const active = await listDeals(own.store.read, { state: 'active' })
  expect(active.map(({ dealId }) => dealId)).toEqual(['states'])
  expect(await countDealsByState(own.store.read)).toContainEqual({ state: 'active', count: 1 })
  expect((await findDeals(own.store.read, 'states')).map(({ caseId }) => caseId)).toEqual([active[0]?.caseId])
  expect((await findDeals(own.store.read, 'again')).map(({ generation }) => generation)).toEqual([2, 1])
})

test('a planned deal that is read again is not moved back, and one that was moved becomes active all the same', async () => {
  const [seen] = await see(['raced', 'm1'])
  const caseId = seen?.caseId as string
  const move = (action: 'read' | 'draft' | 'provision' | 'activate', to: DealState) =>
    own.store.unitOfWork((unit) => setDealStates(unit, [{ caseId, action, to }], after(30)))
  await move('draft', 'planned')
  expect(await move('read', 'qualified')).toEqual([{ caseId, state: 'planned' }])
  await move('draft', 'exception')
  expect(await move('read', 'qualified')).toEqual([])
  expect(await move('provision', 'provisioning')).toEqual([])
  expect(await move('activate', 'active')).toEqual([])
})
