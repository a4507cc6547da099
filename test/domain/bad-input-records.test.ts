import { expect, test } from 'vitest'
import { draftContract } from '../../src/domain/mapping.ts'
import {
  fee,
  found,
  mapping,
  onlyIssue,
  salesforce,
  withRow,
  numbersAnswered,
  numbersFrom,
} from './bad-input-samples.ts'
import {
  type RecordChanges,
  draftedFrom,
  feeItem,
  issuesFrom,
  mappingOf,
  salesforceDeal,
} from './mapping-samples.ts'

/** Numbers of the catalogue that have no answer yet, and why. */
const notYet: Readonly<Record<number, string>> = {}

test('71 an unknown choice is PICKLIST_UNMAPPED with the value', () => {
  expect(onlyIssue(fee({ Billing_Frequency__c: 'Fortnightly' }))).toMatchObject({
    code: 'PICKLIST_UNMAPPED',
    found: 'Fortnightly',
    cause: 'lookup billing-frequencies has no entry "Fortnightly"',
  })
})

test('72 several choices where one is expected are TYPE', () => {
  expect(onlyIssue(fee({ Billing_Frequency__c: 'Monthly;Annual' })).code).toBe('TYPE')
})

test('73 #Error! from a formula is FORMULA_ERROR', () => {
  expect(onlyIssue({ deal: { PO_Number__c: '#Error!' } })).toMatchObject({
    code: 'FORMULA_ERROR',
    owner: 'revops',
  })
  expect(onlyIssue(fee({ UnitPrice: '#N/A' })).code).toBe('FORMULA_ERROR')
})

test('74 a Salesforce id of 15 characters becomes the one of 18', () => {
  const { terms } = draftedFrom(salesforceDeal({ account: { Id: '00130000000aBcD' } }), mapping)
  expect(terms.customer.crmAccountId).toBe('00130000000aBcDAAU')
})

test('75 a deal without account, contact and lines says so, all at once', () => {
  const gaps = found({
    account: null,
    contact: null,
    deal: { Billing_Email__c: null, Payment_Terms__c: null },
    lines: [],
  })
  expect(gaps).toEqual([
    ['INCOMPLETE', 'account'],
    ['INCOMPLETE', 'customer.billingEmail'],
    ['INCOMPLETE', 'deal.Payment_Terms__c'],
    ['INCOMPLETE', 'lines'],
  ])
})

test('76 501 line items are TOO_MANY_LINES; 500 pass', () => {
  const items = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...feeItem, Id: `line-${index}` }))
  expect(found({ lines: items(501) })).toEqual([['TOO_MANY_LINES', 'lines']])
  expect(found({ lines: items(500) })).toEqual([])
})

test('77 the same product twice passes by default and is DUPLICATE_SUSPECT where the file refuses it', () => {
  const lines = [feeItem, { ...feeItem, Id: '00k000000000003AAA' }]
  expect(found({ lines })).toEqual([])
  const strict = mappingOf(salesforce.replace('sameProductTwice: allow', 'sameProductTwice: refuse'))
  expect(onlyIssue({ lines }, strict)).toMatchObject({ code: 'DUPLICATE_SUSPECT', found: 'PLATFORM' })
})

test('78 a line in another currency than the deal is CURRENCY_MISMATCH', () => {
  const own = mappingOf(withRow('currency', 'from: line.CurrencyIsoCode', 'lines'))
  expect(onlyIssue(fee({ CurrencyIsoCode: 'EUR' }), own)).toMatchObject({
    code: 'CURRENCY_MISMATCH',
    found: 'EUR',
  })
})

test('79 invisible and look-alike characters in a name are kept and flagged as a possible duplicate', () => {
  for (const Name of ['Acme\u200b Bank', 'Аcme Bank']) {
    const { terms, warnings } = draftedFrom(salesforceDeal({ account: { Name } }), mapping)
    expect(terms.customer.name).toBe(Name)
    expect(warnings).toMatchObject([{ code: 'DUPLICATE_SUSPECT', field: 'account.Name' }])
  }
})

test('80 HTML in a text is kept as text', () => {
  const Name = '<script>alert(1)</script> & Sons'
  expect(draftedFrom(salesforceDeal({ account: { Name } }), mapping).terms.customer.name).toBe(Name)
})

test('81 a text of 5,001 characters is FIELD_TOO_LONG', () => {
  const described = mappingOf(withRow('description', 'from: line.Description', 'lines'))
  expect(onlyIssue(fee({ Description: 'x'.repeat(5_001) }), described).code).toBe('FIELD_TOO_LONG')
  expect(issuesFrom(salesforceDeal(fee({ Description: 'x\n'.repeat(2_500) })), described)).toEqual([])
})

test('82 null, empty, absent and hidden are four answers', () => {
  const { PO_Number__c: _, ...without } = salesforceDeal().fields.deal
  const required = mappingOf(withRow('purchaseOrder.number', 'from: deal.PO_Number__c\nrequired: true'))
  const answer = (fields: RecordChanges['deal']) => {
    const deal = salesforceDeal()
    const drafted = draftContract(
      { ...deal, fields: { ...deal.fields, deal: { ...without, ...fields } } },
      required,
    )
    return drafted.kind === 'issues' ? drafted.issues.map(({ code, found: value }) => [code, value]) : []
  }
  expect(answer({ PO_Number__c: null })).toEqual([['PO_REQUIRED', null]])
  expect(answer({ PO_Number__c: '' })).toEqual([['PO_REQUIRED', '']])
  expect(answer({})).toEqual([['MAPPING_PATH', null]])
  expect(answer({ PO_Number__c: { unreadable: true } })).toEqual([['CRM_FIELD_UNREADABLE', null]])
})

test('every number from 71 to 82 has a test here or a reason why not yet', () => {
  expect(numbersAnswered(import.meta.filename, notYet)).toEqual(numbersFrom(71, 82))
})
