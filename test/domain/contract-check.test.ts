import { expect, test } from 'vitest'
import { checkContract, warnAboutContract } from '../../src/domain/contract-check.ts'
import { countryCodeOf, isCountryCode } from '../../src/domain/contract-check/country-codes.ts'
import { isActiveCurrency } from '../../src/domain/contract-check/currency-codes.ts'
import { readTaxId } from '../../src/domain/contract-check/tax-id-format.ts'
import { zipFault } from '../../src/domain/contract-check/united-states.ts'
import type { ContractTerms } from '../../src/domain/contract.ts'
import { issueCodes } from '../../src/domain/issue.ts'
import { money } from '../../src/domain/money.ts'
import { issueOf, issueRegister, messageForCrm, shorten, warningOf } from '../../src/domain/sentence.ts'
import { draftedFrom, mappingOf, mappingText, salesforceDeal } from './mapping-samples.ts'

const { terms } = draftedFrom(salesforceDeal(), mappingOf(mappingText('salesforce.yaml')))
const [fee, usage] = terms.lines as [
  Extract<ContractTerms['lines'][number], { kind: 'fee' }>,
  Extract<ContractTerms['lines'][number], { kind: 'usage' }>,
]
const policies = { amountCheck: 'refuse', sameProductTwice: 'refuse', zeroValue: 'refuse' } as const
const deal = { name: 'Acme', amount: money('USD', 60_000_000n) }

function codes(changes: Partial<ContractTerms>) {
  return checkContract({ ...terms, ...changes }, { deal, policies }).map(
    ({ code, field }) => `${code} ${field}`,
  )
}

test('a sound contract has no issues and no warnings', () => {
  expect(codes({})).toEqual([])
  expect(warnAboutContract(terms, { deal, policies })).toEqual([])
})

test('a contract worth 600,000.00 on a deal of 600,000.01 is refused with the difference', () => {
  const other = { name: 'Acme', amount: money('USD', 60_000_001n) }
  expect(checkContract(terms, { deal: other, policies })).toMatchObject([
    {
      code: 'TCV_MISMATCH',
      field: 'head.amount',
      sentence:
        "Deal 'Acme' could not be provisioned because the amount of the deal '600,000.01 USD' differs from what the lines add to: " +
        '600,000.00 USD (difference -0.01 USD).',
      cause: 'the amount of the deal differs from what its lines add to',
      owner: 'revops',
      amount: money('USD', 60_000_001n),
    },
  ])
  expect(checkContract(terms, { deal: other, policies: { ...policies, amountCheck: 'none' } })).toEqual([])
})

test('where a difference is only shown, 600,000.00 a term and 50,000.00 a month are both the amount; 50,000.01 is not', () => {
  const warned = (minor: bigint) =>
    warnAboutContract(terms, {
      deal: { name: 'Acme', amount: money('USD', minor) },
      policies: { ...policies, amountCheck: 'warn' },
    }).map(({ code }) => code)
  expect([60_000_000n, 5_000_000n, 5_000_001n].map(warned)).toEqual([[], [], ['TCV_MISMATCH']])
})

test('every amount is in the currency of the contract', () => {
  const lines = [
    { ...fee, listPrice: money('EUR', 1n) },
    { ...usage, minimum: money('GBP', 1n) },
  ]
  const purchaseOrder = { number: 'PO', amount: money('CAD', 1n), expiresOn: null }
  expect(codes({ lines, purchaseOrder })).toEqual([
    'CURRENCY_MISMATCH purchaseOrder.amount',
    'CURRENCY_MISMATCH lines[0].listPrice',
    'CURRENCY_MISMATCH lines[1].minimum',
  ])
})

test('faults of all parts come at once', () => {
  expect(
    codes({
      entity: ' ',
      currency: 'USD',
      endsBefore: terms.startsOn,
      references: Array.from({ length: 4 }, (_, index) => ({ name: `n${index}`, value: 'v' })),
      customer: {
        ...terms.customer,
        name: '',
        billingEmail: 'nobody',
        taxIds: [{ type: 'eu_vat', value: 'DE1' }],
      },
      lines: [
        { ...fee, quantity: 2n, unitPrice: money('USD', -1n) },
        { ...usage, unitSize: 0n, meter: 'Tokens!' },
      ],
    }),
  ).toEqual([
    'INCOMPLETE entity',
    'TYPE references',
    'INCOMPLETE customer.name',
    'EMAIL customer.billingEmail',
    'TAX_ID_INVALID customer.taxIds',
    'AMOUNT_RANGE lines[0].unitPrice',
    'QUANTITY lines[0].quantity',
    'TYPE lines[1].meter',
    'QUANTITY lines[1].unitSize',
    'TERM endsBefore',
  ])
})

test('tiers that do not grow, two lines of one id and discounts on no line are TYPE', () => {
  const tiers = [
    { upTo: 200n, unitPrice: '1', flatFee: null },
    { upTo: 100n, unitPrice: '1', flatFee: null },
  ]
  const stray = {
    name: 'x',
    percent: '10',
    amount: null,
    duration: { kind: 'once' as const },
    lineIds: ['nowhere'],
  }
  expect(codes({ lines: [fee, { ...usage, lineId: fee.lineId, tiers }], discounts: [stray] })).toEqual([
    'TYPE lines[1].lineId',
    'TYPE lines[1].tiers',
    'TYPE discounts',
  ])
})

test('a discount has a percentage or an amount, not both and not neither', () => {
  const discount = { name: 'x', duration: { kind: 'once' as const }, lineIds: null }
  expect(codes({ discounts: [{ ...discount, percent: null, amount: null }] })).toEqual(['TYPE discount'])
  expect(codes({ discounts: [{ ...discount, percent: '100.01', amount: money('USD', 1n) }] })).toEqual([
    'DISCOUNT_RANGE discount.percent',
    'TYPE discount',
  ])
})

test('a contract worth nothing is refused unless it is metered or the policy allows it', () => {
  const free = { lines: [{ ...fee, unitPrice: money('USD', 0n) }] }
  const check = (changes: Partial<ContractTerms>, zeroValue: 'allow' | 'refuse') =>
    checkContract({ ...terms, ...changes }, { deal: null, policies: { ...policies, zeroValue } })
  expect(check(free, 'refuse')).toMatchObject([{ code: 'AMOUNT_RANGE', field: 'lines' }])
  expect(check(free, 'allow')).toEqual([])
  expect(check({ lines: [usage] }, 'refuse')).toEqual([])
})

test('a term of 120 months passes and one day more does not', () => {
  const ends = (endsBefore: string) =>
    checkContract({ ...terms, endsBefore }, { deal: null, policies }).map(({ code }) => code)
  expect([ends('2037-02-01'), ends('2037-02-02'), ends('2027-03-01'), ends('2027-02-28')]).toEqual([
    [],
    ['TERM'],
    [],
    ['TERM'],
  ])
})

test('currencies in use are known by their code alone', () => {
  const known = ['USD', 'EUR', 'JPY', 'KWD', 'XCG', 'ZWG'].map(isActiveCurrency)
  const unknown = ['usd', 'XXX', 'XTS', 'XAU', 'BGN', 'HRK', 'DEM', 'ZWL', ''].map(isActiveCurrency)
  expect([known.every(Boolean), unknown.some(Boolean)]).toEqual([true, false])
})

test('countries are known by ISO code and English name, and nothing is guessed', () => {
  expect(['US', 'us', 'United States', 'germany', 'Viet Nam', 'Vietnam'].map(countryCodeOf)).toEqual([
    'US',
    'US',
    'US',
    'DE',
    null,
    'VN',
  ])
  expect(['Philipines', 'UK', 'EL', 'EU', 'Deutschland', 'USA', ''].map(countryCodeOf)).toEqual(
    Array.from({ length: 7 }, () => null),
  )
  expect([isCountryCode('XK'), isCountryCode('GB')]).toEqual([false, true])
})

test('ZIP codes lie in their states', () => {
  const sound = [
    ['10001', 'NY'],
    ['00501', 'New York'],
    ['20500', 'DC'],
    ['88510', 'TX'],
    ['96799', 'AS'],
    ['09012', 'AE'],
    ['99950', 'ak'],
  ] as const
  expect(sound.map(([zip, state]) => zipFault(zip, state))).toEqual(sound.map(() => null))
  expect(zipFault('10001', 'CA')).toBe('the ZIP code 10001 does not lie in CA')
  expect(zipFault('1001', 'MA')).toBe("the ZIP code '1001' does not have five digits")
  expect(zipFault('10001', 'Bavaria')).toBe("'Bavaria' is not a state of the United States")
})

test('tax numbers get the type of their country, their prefix and their check digits', () => {
  const read = (text: string, country: string) => {
    const found = readTaxId(text, country)
    return found.ok ? `${found.value.type} ${found.value.value}` : found.error.code
  }
  expect([
    read('094 259 216', 'GR'),
    read('EL094259216', 'GR'),
    read('980 7806 84', 'GB'),
    read('995525828', 'NO'),
    read('ATU13585627', 'CH'),
    read('GB802311781', 'GB'),
    read('12345', 'US'),
    read('12345', 'KE'),
    read('12345', ''),
  ]).toEqual([
    'eu_vat EL094259216',
    'eu_vat EL094259216',
    'gb_vat GB980780684',
    'no_vat 995525828MVA',
    'eu_vat ATU13585627',
    'TAX_ID_INVALID',
    'TAX_ID_INVALID',
    'TAX_ID_INVALID',
    'TAX_ID_INVALID',
  ])
})

test('every code has an owner, a sentence without holes and a first action', () => {
  for (const code of issueCodes) {
    const issue = issueOf({ code, field: 'deal.X', found: 'value' })
    expect(issue.sentence).toMatch(/^deal\.X 'value' .+\.$/)
    expect([issue.sentence, issue.action].join(' ')).not.toMatch(/[{}]|undefined/)
    expect(issue.action).toMatch(/^[A-Z].+\.$/)
    expect(issueRegister[code].owner).toMatch(/^(sales|revops|finance|engineer)$/)
  }
})

test('sales sees the first issue in full and how many more there are', () => {
  const one = issueOf({ code: 'PO_REQUIRED', field: 'deal.PO', label: 'the PO number', found: null }, deal)
  expect(messageForCrm([one])).toBe(
    "Deal 'Acme' could not be provisioned because the PO number is empty, and a purchase order number is required. " +
      'Ask the customer for the purchase order number and enter it.',
  )
  expect(messageForCrm([one, one, one])).toMatch(/ \(2 more issues in Tieout\.\)$/)
  expect(messageForCrm([])).toBe('')
})

test('a warning says that the deal goes on, and no money waits for it', () => {
  const warning = warningOf({ code: 'COUNTRY', field: 'account.Country', found: 'Philipines' }, deal)
  expect(warning.sentence).toBe(
    "Deal 'Acme' goes on, but account.Country 'Philipines' is not a country we can recognize.",
  )
  expect(warning.amount).toBeUndefined()
})

test('what was found is shortened to 120 characters on one line', () => {
  expect(shorten('a\nb')).toBe('a b')
  expect([...shorten('🚀'.repeat(500))]).toHaveLength(120)
})

test('a commitment of a month on use that is billed by the quarter cannot be settled; without a charge for its shortfall it need not be', () => {
  const commit = { amount: money('USD', 100_000n), periodMonths: 1, trueUp: 'invoice-shortfall' } as const
  const quarterly = { ...usage, billing: { months: 3, timing: 'arrears' } as const }
  const of = (changes: Partial<typeof usage>) => codes({ lines: [fee, { ...quarterly, ...changes }] })
  expect(of({ commit })).toEqual(['TYPE lines[1].commit.periodMonths'])
  expect(of({ commit: { ...commit, periodMonths: 3 } })).toEqual([])
  expect(of({ commit: { ...commit, periodMonths: 12 } })).toEqual([])
  expect(of({ commit: { ...commit, trueUp: 'none' } })).toEqual([])
})
