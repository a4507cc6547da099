import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { netSuiteUnderTest } from './netsuite-under-test.ts'
import type { ErpUnderTest } from './netsuite-under-test.ts'
import { novemberJournal } from './netsuite-world.ts'

const sale = novemberJournal([
  ['receivable', 'debit', '50009.60'],
  ['contract-liability', 'credit', '50000.00'],
  [{ kind: 'revenue', segment: 'usage' }, 'credit', '9.60'],
])

/** What stands in the way of a journal: what it refers to in the ERP, and what a person did there. */
describe.each(['oauth2', 'token-based'] as const)('an ERP over %s', (transport) => {
  let world: ErpUnderTest

  beforeEach(async () => {
    world = await netSuiteUnderTest(transport)
  })
  afterEach(() => world.close())

  test('an account that stopped taking postings, and one renamed or gone, are told before a journal is posted (E8-138)', async () => {
    const asked = sale.lines.map(({ account }) => account)
    expect(await world.erp.referenceFaults('us', asked)).toEqual({ kind: 'ok', value: [] })
    world.deactivate({ kind: 'contract-liability', segment: null })
    world.rename({ kind: 'receivable', segment: null }, 'Trade Debtors')
    world.removeAccount({ kind: 'revenue', segment: 'usage' })
    expect(await world.erp.referenceFaults('us', asked)).toEqual({
      kind: 'ok',
      value: [
        {
          field: 'account receivable',
          found: 'Trade Debtors',
          reason: 'account 120 is called "Trade Debtors" in NetSuite, not "Accounts Receivable"',
        },
        {
          field: 'account contract-liability',
          found: 'Deferred Revenue',
          reason: 'account 251 is inactive in NetSuite',
        },
        { field: 'account revenue:usage', found: '402', reason: 'NetSuite has no account 402 any more' },
      ],
    })
    expect(world.journalCount()).toBe(0)
  })

  test('an entity whose subsidiary keeps its books in euros is told before a journal is posted (E8-140)', async () => {
    world.keepBooksIn('us', 'EUR')
    expect(await world.erp.referenceFaults('us', [])).toEqual({
      kind: 'ok',
      value: [
        {
          field: 'subsidiary',
          found: 'EUR',
          reason: 'subsidiary 1 keeps its books in EUR, not in USD as us does',
        },
      ],
    })
  })

  test('a department the form asks for is refused by its name (E8-139)', async () => {
    world.requireDepartment()
    expect(await world.erp.postJournal(sale)).toMatchObject({
      kind: 'rejected',
      code: 'ERP_REFERENCE_INVALID',
      field: 'Department',
    })
    expect(world.journalCount()).toBe(0)
  })

  test('an id that a person gave to a journal of their own is taken, and neither adopted nor written over (E8-141)', async () => {
    await world.erp.postJournal(sale)
    world.rewrite(sale.externalId, 'Accrual by hand')
    expect(await world.erp.findJournal(sale.externalId, sale)).toEqual({
      kind: 'conflict',
      code: 'ERP_ID_TAKEN',
      detail: expect.stringMatching(
        /^Journal \d+ carries tieout-us-2026-11-USD-1 and has another memo than ours$/,
      ),
    })
    expect(await world.erp.postJournal(sale)).toMatchObject({ kind: 'conflict', code: 'ERP_ID_TAKEN' })
    expect(world.journalCount()).toBe(1)
  })

  test('the journal we posted ourselves is found again for its entry', async () => {
    const posted = await world.erp.postJournal(sale)
    expect(posted.kind).toBe('ok')
    expect(await world.erp.findJournal(sale.externalId, sale)).toEqual(posted)
    expect(await world.erp.findJournal(sale.externalId, { ...sale, postedOn: '2026-11-29' })).toMatchObject({
      kind: 'conflict',
      detail: expect.stringContaining('has another date than ours'),
    })
  })

  test('lists that cannot be read hold nothing up when the role may not see them, and are asked again when NetSuite fails', async () => {
    const look = () => world.erp.referenceFaults('us', [{ kind: 'bank', segment: null }])
    world.fail('account', { kind: 'expired-session', times: 2 })
    expect(await look()).toEqual({ kind: 'ok', value: [] })
    while (world.faultsLeft() > 0) await look()
    world.fail('account', { kind: 'server-error' })
    expect((await look()).kind).toBe('transient')
    expect(world.faultsLeft()).toBe(0)
  })
})
