import { expect, test } from 'vitest'
import { money } from '../../src/domain/money.ts'
import { Positions } from '../../src/domain/position.ts'
import { cents } from './fact-samples.ts'
import { written } from './written-entries.ts'

test('billed 90.00, earned 31.00: 59.00 are owed as service', () => {
  const positions = new Positions()
  expect(written(positions.bill('ctr_1', 'fee', cents(9_000)))).toEqual(['credit contract-liability 90.00'])
  expect(written(positions.earn('ctr_1', 'fee', cents(3_100)))).toEqual(['debit contract-liability 31.00'])
  expect(positions.get('ctr_1', 'fee', 'USD')).toEqual({ liabilityMinor: 5_900n, unbilledMinor: 0n })
})

test('earned 500.00 unbilled, a renewal of 700.00 clears it and owes 200.00', () => {
  const positions = new Positions()
  positions.earn('ctr_1', 'fee', cents(50_000))
  expect(written(positions.bill('ctr_1', 'fee', cents(70_000), 'in_1'))).toEqual([
    'credit unbilled-receivable 500.00',
    'credit contract-liability 200.00',
  ])
})

test('taking back more than is left turns the liability into what is unbilled', () => {
  const positions = new Positions()
  positions.bill('ctr_1', 'fee', cents(5_000))
  expect(written(positions.bill('ctr_1', 'fee', cents(-6_000)))).toEqual([
    'debit unbilled-receivable 10.00',
    'debit contract-liability 50.00',
  ])
})

test('a line that stands on both sides is brought back to one by whatever moves it next', () => {
  const positions = new Positions()
  positions.set('ctr_1', 'fee', 'USD', { liabilityMinor: 6_000n, unbilledMinor: 3_000n })
  expect(written(positions.earn('ctr_1', 'fee', cents(1_000)))).toEqual([
    'credit unbilled-receivable 30.00',
    'debit contract-liability 40.00',
  ])
  expect(positions.get('ctr_1', 'fee', 'USD')).toEqual({ liabilityMinor: 2_000n, unbilledMinor: 0n })
})

test('euros do not clear dollars, and one line does not clear another', () => {
  const positions = new Positions()
  positions.earn('ctr_1', 'fee', cents(1_000))
  expect(written(positions.bill('ctr_1', 'fee', money('EUR', 1_000n)))).toEqual([
    'credit contract-liability 10.00',
  ])
  expect(written(positions.bill('ctr_1', 'seats', cents(1_000)))).toEqual(['credit contract-liability 10.00'])
})

test('entries name the contract, the line and the invoice that moved them', () => {
  const [billed] = new Positions().bill('ctr_1', 'fee', cents(1), 'in_1')
  expect(billed?.dimensions).toEqual({ contractId: 'ctr_1', lineId: 'fee', invoiceId: 'in_1' })
})
