import { expect, test } from 'vitest'
import {
  addLookupRow,
  canonicalMapping,
  draftContract,
  parseMapping,
  sourceFields,
} from '../../src/domain/mapping.ts'
import { money } from '../../src/domain/money.ts'
import { dealOf, draftedFrom, issuesFrom, mappingOf } from './mapping-samples.ts'

/** The smallest mapping: one fee from the deal itself. */
const smallest = `format: 1
name: smallest
source: hubspot
terms:
  - { target: customer.crmAccountId, from: account.id }
  - { target: customer.name, from: account.name }
  - { target: entity, value: main }
  - { target: currency, from: head.currency }
  - { target: signedOn, from: head.closedOn }
  - { target: startsOn, from: head.closedOn }
  - { target: months, value: 12 }
  - { target: renewal, value: { kind: auto, months: 12, noticeDays: 30 } }
  - { target: collection, value: { kind: card } }
  - { target: proration, value: none }
lines:
  - each: deal
    rows:
      - { target: kind, value: fee }
      - { target: product.code, value: PLAN }
      - { target: product.name, value: Plan }
      - { target: product.family, value: Plan }
      - { target: unitPrice, from: head.amount }
      - { target: billing.months, value: 12 }
      - { target: billing.timing, value: advance }
`

const account = { id: 'acme', name: 'Acme' }
const deal = dealOf({ crm: 'hubspot', fields: { deal: {}, account, contact: null, lines: [] } })

function faults(text: string) {
  const parsed = parseMapping(text, 'm.yaml')
  return parsed.ok ? [] : parsed.error
}

/** The smallest mapping with more rows in `terms` or in its lines. */
const withTerms = (rows: string) => smallest.replace('terms:\n', `terms:\n${rows}\n`)
const withLineRows = (rows: string) => smallest.replace('    rows:\n', `    rows:\n${rows}\n`)

test('a fee of 1,200.00 for a year renews for twelve months with thirty days of notice', () => {
  const { terms } = draftedFrom(deal, mappingOf(smallest))
  expect(terms.lines).toMatchObject([{ kind: 'fee', lineId: 'line-1', unitPrice: money('USD', 120_000n) }])
  expect(terms).toMatchObject({
    startsOn: '2027-01-15',
    endsBefore: '2028-01-15',
    customer: { address: null },
  })
  expect(terms.renewal).toEqual({ kind: 'auto', months: 12, noticeDays: 30 })
})

test('the same deal and mapping give the same contract', () => {
  expect(draftContract(deal, mappingOf(smallest))).toEqual(draftContract(deal, mappingOf(smallest)))
})

test('all faults of a file come at once, each with its line', () => {
  const text = smallest
    .replace('source: hubspot', 'source: pipedrive')
    .replace('from: account.name', 'from: company.name')
    .replace('value: main', 'valeu: main')
    .replace('value: fee', 'value: flat')
  expect(faults(text)).toEqual([
    { file: 'm.yaml', row: 3, path: 'source', reason: 'one of salesforce, hubspot is expected here' },
    {
      file: 'm.yaml',
      row: 6,
      path: 'terms.customer.name',
      reason: "'company.name' is no source path: head., deal., account., contact. and a field",
    },
    { file: 'm.yaml', row: 7, path: 'terms.valeu', reason: expect.stringContaining('unknown key') },
    { file: 'm.yaml', row: 7, path: 'terms.entity', reason: expect.stringContaining('exactly one of') },
    { file: 'm.yaml', row: 18, path: 'lines.kind', reason: "the constant: 'flat' does not fit kind" },
  ])
})

test('text that is no YAML, a list, aliases and keys written twice are refused', () => {
  expect(faults('a: [')[0]).toMatchObject({ row: 1 })
  expect(faults('- a')).toMatchObject([{ reason: 'the file must be a map with format, name, source …' }])
  expect(
    faults(smallest.replace('name: smallest', 'name: &n smallest').replace('value: main', 'value: *n'))[0],
  ).toMatchObject({
    row: 7,
    reason: 'aliases are not allowed',
  })
  expect(faults(smallest.replace('source: hubspot', 'source: hubspot\nsource: hubspot'))).toMatchObject([
    { row: 4, reason: 'this key is written twice' },
  ])
  expect(faults(withTerms('  - { target: entity, value: other }'))).toMatchObject([
    { row: 8, path: 'terms.entity', reason: 'line 5 fills this target already' },
  ])
})

test('a row has exactly one source, and payment terms bypass no lookup', () => {
  expect(faults(smallest.replace('value: main', 'value: main, from: deal.x'))).toMatchObject([
    { path: 'terms.entity' },
  ])
  expect(faults(smallest.replace('value: { kind: card }', 'from: deal.terms'))).toMatchObject([
    { reason: 'collection comes from a lookup table or a constant, so that only agreed terms can be chosen' },
  ])
  expect(
    faults(smallest.replace('value: { kind: card }', 'value: { kind: invoice, daysUntilDue: 400 }')),
  ).toHaveLength(1)
})

test('a percentage says how it is written', () => {
  const row = (unit: string) => withLineRows(`      - { target: discountPercent, value: 0.5${unit} }`)
  expect(faults(row(''))).toMatchObject([{ reason: expect.stringContaining('unit: fraction') }])
  expect(draftedFrom(deal, mappingOf(row(', unit: fraction'))).terms.discounts[0]?.percent).toBe('50')
  expect(draftedFrom(deal, mappingOf(row(', unit: percent'))).terms.discounts[0]?.percent).toBe('0.5')
})

test('a discount of the deal names its duration', () => {
  const rows = '  - { target: discount.amount, value: 100 }\n  - { target: discount.name, value: Launch }'
  expect(faults(withTerms(rows))).toMatchObject([{ reason: expect.stringContaining('discount.duration') }])
  const whole = `${rows}\n  - { target: discount.duration, value: months }\n  - { target: discount.months, value: 6 }`
  expect(draftedFrom(deal, mappingOf(withTerms(whole))).terms.discounts).toEqual([
    {
      name: 'Launch',
      percent: null,
      amount: money('USD', 10_000n),
      duration: { kind: 'months', months: 6 },
      lineIds: null,
    },
  ])
})

test('ramp steps follow one another; an empty step is none', () => {
  const rows = [
    '      - { target: ramp.1.startsOn, value: 2027-04-15 }',
    '      - { target: ramp.1.unitPrice, value: 1500 }',
    '      - { target: ramp.2.startsOn, from: deal.second }',
  ].join('\n')
  const ramped = (second: string | null) => ({ ...deal, fields: { ...deal.fields, deal: { second } } })
  const mapping = mappingOf(withLineRows(rows))
  expect(draftedFrom(ramped(null), mapping).terms.lines).toMatchObject([
    { ramp: [{ startsOn: '2027-04-15', unitPrice: money('USD', 150_000n), quantity: 1n }] },
  ])
  expect(draftedFrom(ramped('2027-07-15'), mapping).terms.lines).toMatchObject([
    { ramp: [{ startsOn: '2027-04-15' }, { startsOn: '2027-07-15', unitPrice: money('USD', 120_000n) }] },
  ])
  expect(issuesFrom(ramped('2027-03-15'), mapping)).toMatchObject([
    { code: 'TERM', found: '2027-04-15, 2027-03-15' },
  ])
})

test('tiers count from one and end open', () => {
  const usage = smallest
    .replace('{ target: kind, value: fee }', '{ target: kind, value: usage }')
    .replace(
      '      - { target: unitPrice, from: head.amount }\n',
      [
        '      - { target: meter, value: calls }',
        '      - { target: unitSize, value: 1 }',
        '      - { target: tiers.1.upTo, value: 100 }',
        '      - { target: tiers.1.unitPrice, value: 0.10 }',
        '      - { target: tiers.2.unitPrice, value: 0.05 }\n',
      ].join('\n'),
    )
  expect(draftedFrom(deal, mappingOf(usage)).terms.lines).toMatchObject([
    {
      model: 'graduated',
      tiers: [
        { upTo: 100n, unitPrice: '0.1', flatFee: null },
        { upTo: null, unitPrice: '0.05', flatFee: null },
      ],
    },
  ])
})

test('blocks with `when` make several lines of one record, or none', () => {
  const text = smallest
    .replace('terms:', 'policies: { sameProductTwice: allow }\nterms:')
    .replace('each: deal', 'each: line\n    when: decimal(line.fee) > 0')
    .replace('from: head.amount', 'from: line.fee')
    .concat(smallest.slice(smallest.indexOf('  - each: deal')))
    .replace('each: deal', 'each: line\n    when: decimal(line.setup) > 0')
    .replace(
      /value: fee \}([\s\S]*)value: fee \}/,
      'value: fee }$1value: one-time }\n      - { target: serviceMonths, value: 0 }',
    )
    .replace('from: head.amount', 'from: line.setup')
  const sold = (lines: Record<string, string>[]) =>
    draftedFrom({ ...deal, fields: { ...deal.fields, lines } }, mappingOf(text)).terms.lines
  expect(
    sold([
      { fee: '10.00', setup: '5.00' },
      { fee: '0', setup: '7.00' },
    ]),
  ).toMatchObject([
    { kind: 'fee', lineId: 'line-1', unitPrice: money('USD', 1_000n) },
    { kind: 'one-time', lineId: 'line-2', price: money('USD', 500n) },
    { kind: 'one-time', lineId: 'line-3', price: money('USD', 700n) },
  ])
})

test('an expression names its fields, under either spelling of a parent', () => {
  const mapping = mappingOf(
    withTerms(
      [
        '  - target: entitlements.gold',
        '    cel: lines.exists(item, item["Product2.Family"] == "Gold") && lines.exists(item, item.Product2.Family != "Tin")',
      ].join('\n'),
    ),
  )
  expect(sourceFields(mapping).line).toEqual(['Product2.Family'])
  const lines = [{ 'Product2.Family': 'Gold' }]
  expect(draftedFrom({ ...deal, fields: { ...deal.fields, lines } }, mapping).terms.entitlements).toEqual({
    gold: true,
  })
})

test('decimals in expressions are exact: a third of 100 rounded to cents is 33.33', () => {
  const price = (cel: string) =>
    draftedFrom(deal, mappingOf(smallest.replace('from: head.amount', `cel: '${cel}'`))).terms.lines[0]
  expect(price('round(decimal(100) / 3, 2)')).toMatchObject({ unitPrice: money('USD', 3_333n) })
  expect(price('decimal("0.1") * 3 + decimal("0.2")')).toMatchObject({ unitPrice: money('USD', 50n) })
  expect(price('sum([head.amount, 0.5, 1])')).toMatchObject({ unitPrice: money('USD', 120_150n) })
})

test('addLookupRow keeps comments and order, and changes a row that is there', () => {
  const text =
    'lookups:\n  # our prices\n  products:\n    rows:\n      GTX Pro: { code: GTX } # best\n\nterms: []\n'
  const added = addLookupRow(text, 'products', 'GTXPro', 'GTX Pro')
  expect(added).toBe(
    'lookups:\n  # our prices\n  products:\n    rows:\n      GTX Pro: { code: GTX } # best\n      GTXPro: GTX Pro\n\nterms: []\n',
  )
  expect(addLookupRow(added, 'products', 'gtxpro', 'Other')).toContain('      GTXPro: Other\n')
  expect(() => addLookupRow(text, 'prices', 'a', 'b')).toThrow(RangeError)
})

test('line ends and blanks at line ends do not make another version of a mapping', () => {
  expect(canonicalMapping('a: 1  \r\nb: 2\r\n\r\n')).toBe('a: 1\nb: 2\n')
})
