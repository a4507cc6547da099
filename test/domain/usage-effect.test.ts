import { expect, test } from 'vitest'
import type { UsePlace } from '../../src/domain/late-usage.ts'
import { placeOfUse } from '../../src/domain/late-usage.ts'
import {
  billedBy,
  changeOf,
  effectsOnPeriod,
  totalsOf,
  type BilledBy,
} from '../../src/domain/usage-effect.ts'
import { sampleTerms, sampleVersion, tokenLine } from './contract-samples.ts'

const version = sampleVersion(
  sampleTerms({ lines: [tokenLine({ minimum: { currency: 'USD', amount: '100' } })] }),
)
const place = placeOfUse([{ version, zone: 'UTC' }], 'tokens', new Date('2017-03-10T10:00:00Z')) as UsePlace

const change = (quantity: string, way: BilledBy = 'own-invoice', at: UsePlace | null = place) => ({
  customerId: 'cus_a',
  meter: 'tokens',
  place: at,
  billedBy: way,
  quantity,
})
const cents = (effects: ReturnType<typeof effectsOnPeriod>) =>
  effects.map((effect) => [effect.billedBy, effect.quantityAfter, changeOf(effect)?.amountMinor])

test('what is told to the meter comes before what the next invoice adds: 12M and 1M more are 6.40 and 3.20', () => {
  const told = sampleVersion(sampleTerms({ lines: [tokenLine()] }))
  const at = placeOfUse([{ version: told, zone: 'UTC' }], 'tokens', new Date('2017-03-10T10:00:00Z'))
  const changes = [change('1000000', 'next-invoice', at), change('12000000', 'own-invoice', at)]
  expect(cents(effectsOnPeriod(changes, '0'))).toEqual([
    ['own-invoice', '12000000', 640n],
    ['next-invoice', '13000000', 320n],
  ])
})

test('a retraction down to nothing leaves the minimum of 1.00: a credit of 5.40', () => {
  const effects = effectsOnPeriod([change('-12000000', 'next-invoice')], '12000000')
  expect(cents(effects)).toEqual([['next-invoice', '0', -540n]])
  expect(totalsOf(effects)).toEqual([
    {
      total: { currency: 'USD', amountMinor: -540n },
      onNextInvoices: { currency: 'USD', amountMinor: -540n },
    },
  ])
})

test('a month of a minimum of 1.00, which we charge without any use, owes it already: 12M are 5.40 more', () => {
  expect(cents(effectsOnPeriod([change('12000000')], '0'))).toEqual([['own-invoice', '12000000', 540n]])
})

test('use of a period that we settle is on its own invoice until it is due, and on the next one after', () => {
  const ways = [
    { kind: 'settlement', isDue: false },
    { kind: 'settlement', isDue: true },
  ] as const
  expect(ways.map(billedBy)).toEqual(['own-invoice', 'next-invoice'])
})

test('what no contract bills has quantities and no amounts, and adds nothing up', () => {
  const effects = effectsOnPeriod([change('7', 'nothing', null)], '0')
  expect(effects).toMatchObject([{ quantityAfter: '7', amountAfter: null, period: null }])
  expect(totalsOf(effects)).toEqual([])
})
