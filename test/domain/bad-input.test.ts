import { expect, test } from 'vitest'
import {
  fee,
  found,
  mapping,
  onlyIssue,
  refusals,
  withRow,
  numbersAnswered,
  numbersFrom,
} from './bad-input-samples.ts'
import { draftedFrom, feeItem, mappingOf, salesforceDeal, usageItem } from './mapping-samples.ts'

/** Numbers of the catalogue that have no answer yet, and why. */
const notYet: Readonly<Record<number, string>> = {}

test('53 no currency is CURRENCY_MISSING', () => {
  expect(found({ head: { currency: null } })).toEqual([['CURRENCY_MISSING', 'head.currency']])
})

test('54 usd is USD; US$, XXX and a withdrawn code are CURRENCY_UNKNOWN', () => {
  expect(draftedFrom(salesforceDeal({ head: { currency: 'usd' } }), mapping).terms.currency).toBe('USD')
  for (const currency of ['US$', 'XXX', 'BGN', 'HRK', 'DOLLAR'])
    expect(onlyIssue({ head: { currency } })).toMatchObject({ code: 'CURRENCY_UNKNOWN', found: currency })
})

test('55 grouped, comma-decimal and worded amounts are AMOUNT_FORMAT, never guessed', () => {
  for (const UnitPrice of ['1,234.50', '1.234,50', '$5k', '5 000', '1e3', '+5'])
    expect(onlyIssue(fee({ UnitPrice }))).toMatchObject({ code: 'AMOUNT_FORMAT', found: UnitPrice })
})

test('56 12.345 USD and 100.50 JPY are AMOUNT_PRECISION', () => {
  expect(onlyIssue(fee({ UnitPrice: 12.345 }))).toMatchObject({ code: 'AMOUNT_PRECISION', found: '12.345' })
  const yen = {
    ...fee({ UnitPrice: '100.50', ListPrice: null }),
    head: { currency: 'JPY', amount: '1206' },
  }
  expect(onlyIssue(yen)).toMatchObject({
    code: 'AMOUNT_PRECISION',
    sentence: expect.stringContaining('JPY'),
  })
})

test('57 NaN, Infinity, 1e308 and −0 are issues', () => {
  const code = (UnitPrice: string | number) => onlyIssue(fee({ UnitPrice })).code
  expect([code(Number.NaN), code(Number.POSITIVE_INFINITY), code('NaN'), code(-0), code('-0')]).toEqual(
    Array.from({ length: 5 }, () => 'AMOUNT_FORMAT'),
  )
  expect(code(1e308)).toBe('AMOUNT_RANGE')
})

test('58 a billionth, and more than 10^13 minor units, are AMOUNT_RANGE; 10^13 itself passes', () => {
  for (const UnitPrice of [1e-9, '0.000000001', '100000000000.01', '-5'])
    expect(onlyIssue(fee({ UnitPrice })).code).toBe('AMOUNT_RANGE')
  expect(found(fee({ UnitPrice: '100000000000.00' }))).toEqual([])
})

test('59 a close date in 1970 or 2099 is DATE_RANGE, 31 February is DATE_FORMAT', () => {
  for (const closedOn of ['1970-01-01', '2099-12-31'])
    expect(found({ head: { closedOn } })).toEqual([['DATE_RANGE', 'head.closedOn']])
  expect(found({ deal: { Contract_Start__c: '2027-02-31' } })).toEqual([['DATE_FORMAT', 'startsOn']])
})

test('60 terms of 0, 0.5 and 121 months, and an end before the start, are TERM; 120 months pass', () => {
  for (const Contract_Months__c of [0, 0.5, 121, -1])
    expect(found({ deal: { Contract_Months__c } })).toEqual([['TERM', 'deal.Contract_Months__c']])
  expect(found({ deal: { Contract_Months__c: 120 } })).toEqual([])
  const ends = mappingOf(
    withRow('months', 'value: 12').replace(
      /- target: months\n {4}value: 12/,
      '- target: endsOn\n    value: 2027-01-31',
    ),
  )
  expect(onlyIssue({}, ends)).toMatchObject({ code: 'TERM', found: '2027-02-01 to 2027-02-01' })
})

test('61 31 January and a month is 28 February; a year from 29 February ends on the 28th', () => {
  const ends = (start: string, months: number) =>
    draftedFrom(salesforceDeal({ deal: { Contract_Start__c: start, Contract_Months__c: months } }), mapping)
      .terms.endsBefore
  expect(ends('2027-01-31', 1)).toBe('2027-02-28')
  expect(ends('2028-02-29', 12)).toBe('2029-02-28')
  expect(ends('2027-03-28', 12)).toBe('2028-03-28')
})

test('62 seats of 0, −3, 2.5 and 10^7 are QUANTITY; 1,000,000 pass', () => {
  for (const Quantity of [0, -3, 2.5, 10_000_000])
    expect(onlyIssue(fee({ Line_Kind__c: 'Seats', Quantity }))).toMatchObject({
      code: 'QUANTITY',
      field: 'line.Quantity',
    })
  expect(found(fee({ Line_Kind__c: 'Seats', Quantity: 1_000_000, UnitPrice: 1 }))).toEqual([])
  expect(onlyIssue(fee({ Quantity: 2 })).code).toBe('QUANTITY')
})

test('63 discounts of 0 and 100 pass, 100.01 and −5 are DISCOUNT_RANGE; 0.2 is 20 percent only where the file says fraction', () => {
  const percentOf = (Discount: string, own = mapping) =>
    draftedFrom(salesforceDeal({ lines: [{ ...feeItem, Discount }, usageItem] }), own).terms.discounts[0]
      ?.percent
  expect([percentOf('0'), percentOf('20'), percentOf('0.2'), percentOf('100')]).toEqual([
    undefined,
    '20',
    '0.2',
    '100',
  ])
  const fraction = mappingOf(withRow('discountPercent', 'from: line.Discount\nunit: fraction', 'lines'))
  expect(percentOf('0.2', fraction)).toBe('20')
  for (const Discount of [100.01, -5]) expect(onlyIssue(fee({ Discount })).code).toBe('DISCOUNT_RANGE')
})

test('64 a PO number of 141 characters is PO_TOO_LONG, a line break TEXT_INVALID; emoji and right-to-left text stay', () => {
  expect(onlyIssue({ deal: { PO_Number__c: 'x'.repeat(141) } }).code).toBe('PO_TOO_LONG')
  expect(onlyIssue({ deal: { PO_Number__c: 'PO 1\nPO 2' } }).code).toBe('TEXT_INVALID')
  for (const number of ['PO 🚀 7', 'طلب ٤٢', 'é'.repeat(140)])
    expect(
      draftedFrom(salesforceDeal({ deal: { PO_Number__c: number } }), mapping).terms.purchaseOrder?.number,
    ).toBe(number)
})

test('65 an empty or blank account name is INCOMPLETE, 300 characters are FIELD_TOO_LONG, never cut', () => {
  for (const Name of ['', '   ', null])
    expect(found({ account: { Name } })).toEqual([['INCOMPLETE', 'account.Name']])
  expect(found({ account: { Name: 'x'.repeat(300) } })).toEqual([['FIELD_TOO_LONG', 'account.Name']])
})

test('66 no e-mail is INCOMPLETE, two are EMAIL; an international domain passes, outer spaces go', () => {
  const email = (Billing_Email__c: string | null) => ({ deal: { Billing_Email__c }, contact: null })
  expect(onlyIssue(email(null)).code).toBe('INCOMPLETE')
  for (const two of [
    'a@b.example, c@d.example',
    'a@b.example;c@d.example',
    'A <a@b.example>',
    'a@b',
    'a b@c.example',
  ])
    expect(onlyIssue(email(two)).code).toBe('EMAIL')
  const kept = (text: string) => draftedFrom(salesforceDeal(email(text)), mapping).terms.customer.billingEmail
  expect(kept(' ap@acme.example ')).toBe('ap@acme.example')
  expect(kept('rechnung@müller.example')).toBe('rechnung@müller.example')
})

test('67 Deutschland, UK and EL are known by the lookup; Philipines and Korea are COUNTRY', () => {
  const country = (BillingCountry: string) =>
    draftedFrom(salesforceDeal({ account: { BillingCountry, BillingState: null } }), mapping).terms.customer
      .address?.country
  expect(['Deutschland', 'UK', 'EL', 'GR', 'germany', 'JP'].map(country)).toEqual([
    'DE',
    'GB',
    'GR',
    'GR',
    'DE',
    'JP',
  ])
  for (const BillingCountry of ['Philipines', 'Korea', 'EU', 'XK'])
    expect(onlyIssue({ account: { BillingCountry } })).toMatchObject({
      code: 'COUNTRY',
      found: BillingCountry,
    })
})

test('68 a US address without ZIP code, and 10001 in California, are ADDRESS', () => {
  const address = (BillingPostalCode: string | null, BillingState: string | null) =>
    found({ account: { BillingPostalCode, BillingState } })
  const refused = [['ADDRESS', 'account.BillingPostalCode']]
  expect([
    address(null, 'NY'),
    address('1000', 'NY'),
    address('10001', 'CA'),
    address('10001', null),
  ]).toEqual([refused, refused, refused, refused])
  expect([address('10001-1234', 'New York'), address('94105', 'CA'), address('00901', 'PR')]).toEqual([
    [],
    [],
    [],
  ])
})

test('69 a VAT number loses spaces and dots; wrong form or check digits are TAX_ID_INVALID; another country is a warning', () => {
  const german = { BillingCountry: 'Germany', BillingState: null, BillingPostalCode: '10115' }
  const taxed = (Tax_Id__c: string) =>
    draftedFrom(salesforceDeal({ account: { ...german, Tax_Id__c } }), mapping)
  expect(taxed('DE 136.695.976').terms.customer.taxIds).toEqual([{ type: 'eu_vat', value: 'DE136695976' }])
  expect(taxed('136695976').terms.customer.taxIds).toEqual([{ type: 'eu_vat', value: 'DE136695976' }])
  for (const Tax_Id__c of ['DE12345', 'DE136695975', 'no number'])
    expect(onlyIssue({ account: { ...german, Tax_Id__c } })).toMatchObject({
      code: 'TAX_ID_INVALID',
      field: 'account.Tax_Id__c',
    })
  expect(taxed('ATU13585627').warnings).toMatchObject([{ code: 'TAX_ID_UNVERIFIED', found: 'ATU13585627' }])
})

test('70 terms the lookup does not have are TERMS, and 366 days cannot be written into it', () => {
  for (const Payment_Terms__c of ['Net 30 EOM', '2/10 net 30', '366', 'Net 45 EOM'])
    expect(onlyIssue({ deal: { Payment_Terms__c } })).toMatchObject({
      code: 'TERMS',
      cause: `lookup payment-terms has no entry "${Payment_Terms__c}"`,
    })
  expect(
    draftedFrom(salesforceDeal({ deal: { Payment_Terms__c: 'Net 0' } }), mapping).terms.collection,
  ).toEqual({
    kind: 'invoice',
    daysUntilDue: 0,
  })
  expect(refusals((text) => text.replace('daysUntilDue: 90', 'daysUntilDue: 366'))).toEqual([
    "terms.collection: row 'net 90' of payment-terms: expected { kind: invoice, daysUntilDue: 0 to 365 } or { kind: card }",
  ])
})

test('every number from 53 to 70 has a test here or a reason why not yet', () => {
  expect(numbersAnswered(import.meta.filename, notYet)).toEqual(numbersFrom(53, 70))
})
