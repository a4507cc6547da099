import { expect, test } from 'vitest'
import { invoicedCharges } from '../../src/domain/invoiced-charges.ts'

const charge = {
  chargeKey: 'charge:ctr_1/1/calls/2017-03-01/rated-1',
  reason: 'rated-usage',
  amountMinor: 1_500n,
  plannedAt: new Date('2017-04-01T00:45:00Z'),
} as const
const line = { chargeKey: charge.chargeKey, netMinor: 1_500n, isVoid: false }

function invoicedOn(now: string, lines: readonly (typeof line)[], planned: object = {}): bigint[] {
  const found = invoicedCharges([{ ...charge, ...planned }], lines, new Date(now))
  return found.map(({ invoicedMinor }) => invoicedMinor)
}

test('a charge may wait 35 days for an invoice; after that it is on none', () => {
  expect(invoicedOn('2017-05-06T00:45:00Z', [])).toEqual([])
  expect(invoicedOn('2017-05-06T00:45:01Z', [])).toEqual([0n])
  expect(invoicedOn('2017-05-06T00:45:01Z', [line])).toEqual([1_500n])
})

test('one of nothing needs no invoice, and further use of what the provider prices may wait a year for one', () => {
  expect(invoicedOn('2018-05-06T00:00:00Z', [], { amountMinor: 0n })).toEqual([])
  expect(invoicedOn('2018-05-06T00:00:00Z', [], { reason: 'after-invoice' })).toEqual([])
})

test('a charge that is on two invoices shows at once as 30.00 of 15.00', () => {
  expect(invoicedOn('2017-04-01T02:00:00Z', [line, line])).toEqual([3_000n])
})

test('a void invoice does not count; what was voided and not invoiced again is a decision', () => {
  const isVoid = { ...line, isVoid: true }
  expect(invoicedOn('2017-06-01T00:00:00Z', [isVoid])).toEqual([])
  expect(invoicedOn('2017-06-01T00:00:00Z', [isVoid, line])).toEqual([1_500n])
})
