import { expect, test } from 'vitest'
import { salesOf, soldTwice, type MeterSale } from '../../src/domain/meter-sale.ts'
import { acmeTerms } from './contract-samples.ts'

const sold = (meter: string, startsOn: string, endsBefore: string): MeterSale => ({
  meter,
  startsOn,
  endsBefore,
  soldBy: 'contract C-1001',
})
const terms = acmeTerms()
const { startsOn, endsBefore } = terms

test('a term that ends on the day the next begins is no clash; one day of overlap is', () => {
  expect(soldTwice(terms, [sold('tokens', '2020-01-01', startsOn)])).toEqual([])
  expect(soldTwice(terms, [sold('tokens', endsBefore, '2040-01-01')])).toEqual([])
  expect(soldTwice(terms, [sold('calls', startsOn, endsBefore)])).toEqual([])
  const issues = soldTwice(terms, [sold('tokens', '2020-01-01', '2040-01-01')])
  expect(issues.map(({ code, found }) => [code, found])).toEqual([['METER_SOLD_TWICE', 'tokens']])
})

test('two lines of one deal that sell the same meter are a clash too', () => {
  const lines = [...terms.lines, ...terms.lines]
  expect(salesOf({ ...terms, lines }, 'x').map(({ meter }) => meter)).toEqual(['tokens', 'tokens'])
  expect(soldTwice({ ...terms, lines }, [])).toMatchObject([
    { sentence: expect.stringContaining('by another line of this deal') },
  ])
})
