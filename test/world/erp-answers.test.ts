import { afterEach, expect, test } from 'vitest'
import { reportOn } from '../../src/cli/demo/report.ts'
import { graniteFee } from '../../src/cli/demo/story-deals.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import { listJournals } from '../../src/store/journals.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

/** A deal of 2,000.00 a month, and January closed, with something wrong in NetSuite before its journal is posted. */
async function playJanuary(spoil: (netsuite: SmallWorld['twins']['netsuite']) => void): Promise<void> {
  world = await smallWorld()
  spoil(world.twins.netsuite)
  await closeInSalesforce(world, graniteFee)
  await world.advanceTo(new Date('2026-02-04T18:00:00Z'))
  await world.catchUp()
}

async function open(): Promise<[string, string, string, string][]> {
  const { store } = world.hub.context
  const exceptions = await listExceptions(store.read, { state: 'open' })
  const ofJournals = exceptions.filter(({ queue }) => queue === 'post-journal')
  return ofJournals.map(({ code, field, owner, sentence }) => [code, field, owner, sentence])
}

async function journalStates(): Promise<string[]> {
  const held = await listJournals(world.hub.context.store.read, { entity: 'us', month: '2026-01' })
  return held.map(({ state }) => state)
}

/** After a person mended it and replayed, everything is posted and ties out. */
async function expectPosted(): Promise<void> {
  await world.replay()
  expect(await journalStates()).toEqual(['posted'])
  expect(await open()).toEqual([])
  expect((await reportOn(world)).report).toMatchObject({ erpTotalsMatch: true, differences: [] })
}

test('an account renamed in NetSuite holds the month before anything is posted, and waits for finance (E8-138)', async () => {
  const rename = (name: string) => {
    const account = world.twins.netsuite.state.accounts.get('401')
    if (account !== undefined) account.acctName = name
  }
  await playJanuary(() => rename('Old Revenue'))
  const reason = 'account 401 is called "Old Revenue" in NetSuite, not "Subscription Revenue"'
  expect(await open()).toEqual([
    [
      'ERP_REFERENCE_INVALID',
      'account revenue:Platform',
      'finance',
      `The journals of 2026-01 for us wait, because ${reason}.`,
    ],
  ])
  expect(await journalStates()).toEqual(['held'])
  expect(world.twins.netsuite.state.journals.size).toBe(0)
  rename('Subscription Revenue')
  await expectPosted()
}, 60_000)

test('a department the form asks for is an exception that names it, and posts once it is no longer asked (E8-139)', async () => {
  const ask = (...requiredSegments: 'department'[]) =>
    Object.assign(world.twins.netsuite.state.settings, { requiredSegments })
  await playJanuary(() => ask('department'))
  expect((await open()).map(([code, field, owner]) => [code, field, owner])).toEqual([
    ['ERP_REFERENCE_INVALID', 'Department', 'finance'],
  ])
  expect(await journalStates()).toEqual(['held'])
  ask()
  await expectPosted()
}, 60_000)

test('a subsidiary that keeps its books in euros holds the journals of a dollar entity (E8-140)', async () => {
  const keepIn = (currency: string) => {
    const { subsidiaries } = world.twins.netsuite.state
    const held = subsidiaries.get('1')
    if (held !== undefined) subsidiaries.set('1', { ...held, currency })
  }
  await playJanuary(() => keepIn('4'))
  expect((await open()).map(([code, field]) => [code, field])).toEqual([
    ['ERP_REFERENCE_INVALID', 'subsidiary'],
  ])
  expect(world.twins.netsuite.state.journals.size).toBe(0)
  keepIn('1')
  await expectPosted()
}, 60_000)

test('an external id that a person used for a journal of their own is ERP_ID_TAKEN, and theirs stays as it is (E8-141)', async () => {
  await playJanuary((netsuite) => {
    netsuite.state.journals.set('77', {
      id: '77',
      externalId: 'tieout-us-2026-01-USD-1',
      tranId: 'JE77',
      subsidiary: '1',
      currency: '1',
      exchangeRate: '1',
      tranDate: '2026-01-31',
      postingPeriod: '202601',
      memo: 'Accrual by hand',
      approvalStatus: '2',
      isVoid: false,
      createdDate: '2026-01-31T12:00:00Z',
      lastModifiedDate: '2026-01-31T12:00:00Z',
      lines: [],
      custom: {},
    })
  })
  const [[code, , owner, sentence] = []] = await open()
  expect([code, owner]).toEqual(['ERP_ID_TAKEN', 'finance'])
  expect(sentence).toContain('Journal 77 carries tieout-us-2026-01-USD-1 and has another memo than ours')
  expect([...world.twins.netsuite.state.journals.keys()]).toEqual(['77'])
  world.twins.netsuite.deleteJournal('tieout-us-2026-01-USD-1')
  await expectPosted()
}, 60_000)
