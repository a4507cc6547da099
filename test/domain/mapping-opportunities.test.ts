import { describe, expect, test } from 'vitest'
import { contractValue } from '../../src/domain/contract-value.ts'
import {
  type Drafted,
  type Mapping,
  addLookupRow,
  draftContract,
  sourceFields,
} from '../../src/domain/mapping.ts'
import { formatMoney, money, sum } from '../../src/domain/money.ts'
import { hasOpportunities, mappingOf, mappingText, wonOpportunities } from './mapping-samples.ts'

const file = 'examples/crm-opportunities.yaml'

function draftAll(mapping: Mapping) {
  const all = wonOpportunities().map((deal) => draftContract(deal, mapping))
  const drafts = all.filter((one): one is Extract<Drafted, { kind: 'drafted' }> => one.kind === 'drafted')
  return {
    issues: all.flatMap((one) => (one.kind === 'issues' ? one.issues : [])),
    drafts,
    value: formatMoney(
      sum(
        'USD',
        drafts.map(({ terms }) => contractValue(terms) as { currency: 'USD'; amountMinor: bigint }),
      ),
    ),
  }
}

test('the opportunities mapping reads four fields', () => {
  expect(sourceFields(mappingOf(mappingText(file)))).toEqual({
    deal: ['Product__c'],
    account: ['BillingCountry', 'Id', 'Name'],
    contact: [],
    line: [],
  })
})

describe.skipIf(!hasOpportunities)('4,238 won opportunities (skipped where ../shared/data is absent)', () => {
  test('3,509 become contracts; 729 wait for one cause, 3,510,578.00 USD', () => {
    const { drafts, issues, value } = draftAll(mappingOf(mappingText(file)))
    expect(drafts).toHaveLength(3_509)
    expect(issues).toHaveLength(729)
    expect(new Set(issues.map(({ cause }) => cause))).toEqual(
      new Set(['lookup products has no entry "GTXPro"']),
    )
    expect(
      sum(
        'USD',
        issues.map(({ amount }) => amount as { currency: 'USD'; amountMinor: bigint }),
      ),
    ).toEqual(money('USD', 351_057_800n))
    expect(value).toBe('6,494,956.00 USD')
  })

  test('with the row GTXPro added all 4,238 become contracts worth 10,005,534.00 USD', () => {
    const fixed = addLookupRow(mappingText(file), 'products', 'GTXPro', 'GTX Pro')
    const { drafts, issues, value } = draftAll(mappingOf(fixed))
    expect(issues).toEqual([])
    expect(drafts).toHaveLength(4_238)
    expect(value).toBe('10,005,534.00 USD')
  })

  test('a misspelt country gives no address and a warning, 50 times; no other contract lacks one', () => {
    const { drafts } = draftAll(mappingOf(addLookupRow(mappingText(file), 'products', 'GTXPro', 'GTX Pro')))
    const without = drafts.filter(({ terms }) => terms.customer.address === null)
    expect(without).toHaveLength(50)
    expect(drafts.filter(({ warnings }) => warnings.length > 0)).toEqual(without)
    expect(new Set(without.map(({ warnings }) => warnings[0]?.cause))).toEqual(
      new Set(['lookup countries has no entry "Philipines"']),
    )
    expect(without[0]?.warnings[0]).toMatchObject({
      code: 'COUNTRY',
      field: 'account.BillingCountry',
      found: 'Philipines',
    })
  })
})
