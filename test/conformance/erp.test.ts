import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accountName } from '../../src/domain/chart.ts'
import type { JournalEntry } from '../../src/domain/journal.ts'
import { toDecimal } from '../../src/domain/money.ts'
import type { Answer } from '../../src/ports/answer.ts'
import type { AccountTotal } from '../../src/ports/erp.ts'
import { netSuiteUnderTest } from './netsuite-under-test.ts'
import type { ErpUnderTest } from './netsuite-under-test.ts'
import { novemberJournal } from './netsuite-world.ts'

const sale = novemberJournal([
  ['receivable', 'debit', '50009.60'],
  ['contract-liability', 'credit', '50000.00'],
  [{ kind: 'revenue', segment: 'usage' }, 'credit', '9.60'],
])

/** What every ERP has to keep, whoever makes it. `makeErp` starts a fresh one with open books for November 2026. */
function erpConformance(name: string, makeErp: () => Promise<ErpUnderTest>): void {
  describe(`an ERP over ${name}`, () => {
    let world: ErpUnderTest

    beforeEach(async () => {
      world = await makeErp()
    })

    afterEach(async () => {
      expect(world.faultsLeft()).toBe(0)
      await world.close()
    })

    postingKeepsOneJournal(() => world)
    lockedMonthsHold(() => world)
    refusalsAreClassed(() => world)
    lostAnswersAreClassed(() => world)
    totalsComeBack(() => world)
    totalsShowChanges(() => world)
  })
}

function postingKeepsOneJournal(world: () => ErpUnderTest): void {
  test('a journal nobody posted is surely absent', async () => {
    expect(await world().erp.findJournal(sale.externalId)).toEqual({ kind: 'ok', value: null })
  })

  test('a posted journal is found under its external id, with the id of the ERP', async () => {
    const posted = await world().erp.postJournal(sale)
    expect(posted).toMatchObject({ kind: 'ok', value: { externalId: 'tieout-us-2026-11-USD-1' } })
    expect(await world().erp.findJournal(sale.externalId)).toEqual(posted)
    expect(world().journalCount()).toBe(1)
  })

  test('an answer lost after the effect is unknown, and the look-up finds the one journal', async () => {
    world().fail('write', { kind: 'cut-after' })
    expect((await world().erp.postJournal(sale)).kind).toBe('unknown')
    expect(await world().erp.findJournal(sale.externalId)).toMatchObject({
      kind: 'ok',
      value: { externalId: sale.externalId },
    })
    expect(world().journalCount()).toBe(1)
  })

  test('a request lost before the effect is unknown too, and may be sent again once the look-up says no', async () => {
    world().fail('write', { kind: 'cut-before' })
    expect((await world().erp.postJournal(sale)).kind).toBe('unknown')
    expect(await world().erp.findJournal(sale.externalId)).toEqual({ kind: 'ok', value: null })
    expect((await world().erp.postJournal(sale)).kind).toBe('ok')
    expect(world().journalCount()).toBe(1)
  })

  test('posting twice is a conflict and leaves the first journal alone', async () => {
    await world().erp.postJournal(sale)
    expect(await world().erp.postJournal(sale)).toMatchObject({ kind: 'conflict', code: 'ERP_ID_TAKEN' })
    expect(world().journalCount()).toBe(1)
    expect(world().truth('USD')).toEqual([
      ['120', '50009.60', '0.00'],
      ['251', '0.00', '50000.00'],
      ['402', '0.00', '9.60'],
    ])
  })
}

function lockedMonthsHold(world: () => ErpUnderTest): void {
  test('a locked month is closed for journals until it is opened again', async () => {
    expect(await world().erp.isOpen('us', '2026-11')).toEqual({ kind: 'ok', value: true })
    world().lock('2026-11')
    expect(await world().erp.isOpen('us', '2026-11')).toEqual({ kind: 'ok', value: false })
    expect(await world().erp.postJournal(sale)).toMatchObject({ kind: 'locked', code: 'ERP_PERIOD_LOCKED' })
    expect(world().journalCount()).toBe(0)
    world().open('2026-11')
    expect((await world().erp.postJournal(sale)).kind).toBe('ok')
  })

  test('a month the ERP does not have is not open', async () => {
    expect(await world().erp.isOpen('us', '2031-01')).toEqual({ kind: 'ok', value: false })
  })

  test('a month that is locked between the question and the write is locked (E8-143)', async () => {
    world().lockBeforeNextWrite('2026-11')
    expect(await world().erp.isOpen('us', '2026-11')).toEqual({ kind: 'ok', value: true })
    expect(await world().erp.postJournal(sale)).toMatchObject({ kind: 'locked', code: 'ERP_PERIOD_LOCKED' })
    expect(world().journalCount()).toBe(0)
  })
}

function refusalsAreClassed(world: () => ErpUnderTest): void {
  test('an account that stopped taking postings is named by its line', async () => {
    world().deactivate({ kind: 'contract-liability', segment: null })
    expect(await world().erp.postJournal(sale)).toMatchObject({
      kind: 'rejected',
      code: 'ERP_REFERENCE_INVALID',
      field: 'line.items[1].account',
    })
    expect(world().journalCount()).toBe(0)
  })

  test('an entity the books do not know is refused without a call', async () => {
    const foreign = { ...sale, entity: 'mars' }
    const refusal = { kind: 'rejected', code: 'ERP_REFERENCE_INVALID', field: 'subsidiary' }
    expect(await world().erp.postJournal(foreign)).toMatchObject(refusal)
    expect(await world().erp.isOpen('mars', '2026-11')).toMatchObject(refusal)
    expect(await world().erp.totals('mars', '2026-11', 'USD')).toMatchObject(refusal)
  })

  test('a journal that does not balance is refused', async () => {
    const unbalanced = novemberJournal([
      ['bank', 'debit', '10.00'],
      ['revenue', 'credit', '9.99'],
    ])
    expect(await world().erp.postJournal(unbalanced)).toMatchObject({
      kind: 'rejected',
      code: 'PROVIDER_REJECTED',
    })
    expect(world().journalCount()).toBe(0)
  })

  test('too many calls at once is throttled, with a wait that doubles, and posts nothing', async () => {
    world().fail('write', { kind: 'throttle', times: 2 })
    expect(await world().erp.postJournal(sale)).toEqual({ kind: 'throttled', retryAfterMilliseconds: 1000 })
    expect(await world().erp.postJournal(sale)).toEqual({ kind: 'throttled', retryAfterMilliseconds: 2000 })
    expect(world().journalCount()).toBe(0)
    expect((await world().erp.postJournal(sale)).kind).toBe('ok')
  })

  test('credentials refused for good are the trouble of the connection, not of the journal', async () => {
    world().fail('look-up', { kind: 'expired-session', times: 4 })
    const answers = [
      await world().erp.findJournal(sale.externalId),
      await world().erp.findJournal(sale.externalId),
    ]
    while (world().faultsLeft() > 0) await world().erp.findJournal(sale.externalId)
    expect(answers.map(({ kind }) => kind)).toEqual(['auth', 'auth'])
  })
}

function lostAnswersAreClassed(world: () => ErpUnderTest): void {
  test('a server error is unknown for a write and safe to repeat for a read, and is tried once', async () => {
    world().fail('write', { kind: 'server-error' })
    world().fail('look-up', { kind: 'server-error' })
    world().fail('read-back', { kind: 'server-error' })
    expect((await world().erp.postJournal(sale)).kind).toBe('unknown')
    expect((await world().erp.findJournal(sale.externalId)).kind).toBe('transient')
    expect((await world().erp.totals('us', '2026-11', 'USD')).kind).toBe('transient')
    expect(world().journalCount()).toBe(0)
  })

  test('a cut connection is safe to repeat for a read', async () => {
    world().fail('look-up', { kind: 'cut-after' })
    world().fail('read-back', { kind: 'cut-before' })
    expect((await world().erp.findJournal(sale.externalId)).kind).toBe('transient')
    expect((await world().erp.isOpen('us', '2026-11')).kind).toBe('transient')
  })

  test('a page of HTML is broken for a read and unknown for a write that went through', async () => {
    world().fail('write', { kind: 'html-body' })
    expect((await world().erp.postJournal(sale)).kind).toBe('unknown')
    world().fail('look-up', { kind: 'html-body' })
    expect((await world().erp.findJournal(sale.externalId)).kind).toBe('broken')
    world().fail('read-back', { kind: 'html-body', times: 2 })
    expect((await world().erp.totals('us', '2026-11', 'USD')).kind).toBe('broken')
    expect((await world().erp.isOpen('us', '2026-11')).kind).toBe('broken')
    expect(world().journalCount()).toBe(1)
  })

  test('half a body is broken for a read, never an absent journal, and unknown for a write', async () => {
    world().fail('look-up', { kind: 'malformed-body' })
    expect((await world().erp.findJournal(sale.externalId)).kind).toBe('broken')
    world().fail('write', { kind: 'malformed-body' })
    expect((await world().erp.postJournal(sale)).kind).toBe('unknown')
    expect(world().journalCount()).toBe(1)
  })
}

function totalsComeBack(world: () => ErpUnderTest): void {
  test('10,005,534.10 dollars come back to the cent, account by account', async () => {
    await world().erp.postJournal(
      novemberJournal([
        ['receivable', 'debit', '10005534.10'],
        ['receivable', 'credit', '0.07'],
        [{ kind: 'revenue', segment: 'GTX Basic' }, 'credit', '10005534.01'],
        [{ kind: 'revenue', segment: 'usage' }, 'credit', '0.02'],
      ]),
    )
    expect(figures(await world().erp.totals('us', '2026-11', 'USD'))).toEqual({
      receivable: ['10005534.10', '0.07'],
      'revenue:GTX Basic': ['0.00', '10005534.01'],
      'revenue:usage': ['0.00', '0.02'],
    })
    expect(world().truth('USD')).toEqual([
      ['120', '10005534.10', '0.07'],
      ['401', '0.00', '10005534.01'],
      ['402', '0.00', '0.02'],
    ])
  })

  test('1,234,567 yen and 98,765.432 dinars come back in their own decimals, each currency by itself', async () => {
    const pair = (currency: string, amount: string): JournalEntry =>
      novemberJournal(
        [
          ['bank', 'debit', amount],
          ['stripe-clearing', 'credit', amount],
        ],
        { currency },
      )
    for (const [currency, amount] of [
      ['JPY', '1234567'],
      ['KWD', '98765.432'],
    ] as const)
      expect((await world().erp.postJournal(pair(currency, amount))).kind).toBe('ok')
    expect(figures(await world().erp.totals('us', '2026-11', 'JPY'))).toEqual({
      bank: ['1234567', '0'],
      'stripe-clearing': ['0', '1234567'],
    })
    expect(figures(await world().erp.totals('us', '2026-11', 'KWD'))).toEqual({
      bank: ['98765.432', '0.000'],
      'stripe-clearing': ['0.000', '98765.432'],
    })
    expect(figures(await world().erp.totals('us', '2026-11', 'USD'))).toEqual({})
  })
}

function totalsShowChanges(world: () => ErpUnderTest): void {
  test('the chunks of a month add up, and other months stay out', async () => {
    const lines = [
      ['bank', 'debit', '0.10'],
      ['revenue', 'credit', '0.10'],
    ] as const
    for (const chunk of [1, 2, 3]) await world().erp.postJournal(novemberJournal(lines, { chunk }))
    const december = { month: '2026-12', postedOn: '2026-12-31', externalId: 'tieout-us-2026-12-USD-1' }
    await world().erp.postJournal({ ...novemberJournal(lines), ...december })
    expect(figures(await world().erp.totals('us', '2026-11', 'USD'))).toEqual({
      bank: ['0.30', '0.00'],
      revenue: ['0.00', '0.30'],
    })
  })

  test('a journal voided by hand is missing from the totals, though it is still there', async () => {
    await world().erp.postJournal(sale)
    world().voidJournal(sale.externalId)
    expect(await world().erp.findJournal(sale.externalId)).toMatchObject({ kind: 'ok', value: {} })
    expect(figures(await world().erp.totals('us', '2026-11', 'USD'))).toEqual({})
  })

  test('a line moved by hand to an account that is none of ours is told by that account', async () => {
    await world().erp.postJournal(sale)
    world().moveFirstLine(sale.externalId)
    expect(figures(await world().erp.totals('us', '2026-11', 'USD'))).toEqual({
      'receivable:NetSuite account 999': ['50009.60', '0.00'],
      'contract-liability': ['0.00', '50000.00'],
      'revenue:usage': ['0.00', '9.60'],
    })
  })
}

function figures(answer: Answer<readonly AccountTotal[]>): Record<string, readonly [string, string]> {
  if (answer.kind !== 'ok') throw new Error(`No totals: ${JSON.stringify(answer)}`)
  return Object.fromEntries(
    answer.value.map(({ account, debit, credit }) => [
      accountName(account),
      [toDecimal(debit), toDecimal(credit)],
    ]),
  )
}

erpConformance('OAuth 2.0', () => netSuiteUnderTest('oauth2'))
erpConformance('token-based authentication', () => netSuiteUnderTest('token-based'))
