import { describe, expect, test } from 'vitest'
import { changedAfterClose, isHarmless, termChanges } from '../../src/domain/amendment.ts'
import { dealStates, type DealState } from '../../src/domain/deal.ts'
import { decideIntake } from '../../src/domain/intake.ts'
import { feeLine, sampleTerms, tokenLine, usd } from './contract-samples.ts'

const look = (state: DealState | null, crm: 'closed-won' | 'not-won' | 'gone', hasChanged = true) =>
  decideIntake({ dealName: 'Acme', state, crm, hasChanged })

describe('a fresh look at a deal', () => {
  test('new and closed-won: it is drafted', () => {
    expect(look(null, 'closed-won')).toEqual({ kind: 'draft' })
  })

  test('closed-won and changed: drafted or compared, whatever its state, unless another deal took its place', () => {
    const drafted = dealStates.filter((state) => look(state, 'closed-won').kind === 'draft')
    expect(drafted).toEqual(dealStates.filter((state) => state !== 'superseded'))
  })

  test('closed-won and unchanged: only what still waits is drafted', () => {
    const drafted = dealStates.filter((state) => look(state, 'closed-won', false).kind === 'draft')
    expect(drafted).toEqual(['seen', 'qualified', 'exception'])
  })

  test.each(['not-won', 'gone'] as const)(
    '%s: live contracts ask a person, the rest is ignored once',
    (crm) => {
      expect(Object.fromEntries(dealStates.map((state) => [state, look(state, crm).kind]))).toEqual({
        seen: 'ignore',
        qualified: 'ignore',
        planned: 'ignore',
        provisioning: 'issue',
        active: 'issue',
        exception: 'ignore',
        ignored: 'nothing',
        superseded: 'nothing',
      })
      expect(look(null, crm)).toEqual({ kind: 'nothing' })
    },
  )

  test('what a person is asked names the deal and promises that nothing happens by itself', () => {
    expect(look('active', 'not-won')).toMatchObject({
      issue: {
        code: 'DEAL_REGRESSED',
        action: 'Keep the contract, or cancel it; nothing is canceled by itself.',
      },
    })
    expect(look('active', 'gone')).toMatchObject({ issue: { code: 'CRM_RECORD_GONE' } })
  })
})

describe('a deal that changed after it was closed', () => {
  const terms = sampleTerms({ lines: [feeLine(), tokenLine()] })

  test('the same terms have no changes, in whatever order the CRM lists the lines', () => {
    expect(termChanges(terms, sampleTerms({ lines: [tokenLine(), feeLine()] }))).toEqual([])
  })

  test('a price that moved is named by its line, with both values', () => {
    const dearer = sampleTerms({ lines: [feeLine({ unitPrice: usd(120_000) }), tokenLine()] })
    const changes = termChanges(terms, dearer)
    expect(changes).toEqual([{ path: 'lines.gtx-pro.unitPrice.amount', before: '105400', after: '120000' }])
    expect(changes.some(isHarmless)).toBe(false)
    expect(changedAfterClose('Acme', changes)).toMatchObject({
      code: 'DEAL_CHANGED_AFTER_CLOSE',
      found: 'lines.gtx-pro.unitPrice.amount: 105400 → 120000',
      cause: 'changed after close: lines',
    })
  })

  test('a line that is gone takes all its fields with it', () => {
    const changes = termChanges(terms, sampleTerms({ lines: [feeLine()] }))
    expect(changes.every(({ path, after }) => path.startsWith('lines.tokens.') && after === null)).toBe(true)
    expect(changes.length).toBeGreaterThan(5)
  })

  test('a purchase order, a sales rep and the accounts-payable address move no money', () => {
    const other = sampleTerms({
      lines: [feeLine(), tokenLine()],
      purchaseOrder: { number: 'PO-2', amount: null, expiresOn: null },
      provenance: { salesRep: 'Kim', documentUrl: null, crmUrl: null },
      customer: {
        crmAccountId: '001A',
        name: 'Acme Bank',
        billingEmail: 'pay@acme.example',
        address: null,
        taxIds: [],
      },
    })
    const changes = termChanges(terms, other)
    expect(changes.map(({ path }) => path)).toEqual([
      'customer.billingEmail',
      'provenance.salesRep',
      'purchaseOrder.number',
    ])
    expect(changes.every(isHarmless)).toBe(true)
  })

  test('the customer’s name does: it is on the invoice', () => {
    expect(isHarmless({ path: 'customer.name', before: 'Acme', after: 'Acme Bank' })).toBe(false)
  })
})
