import { describe, expect, test } from 'vitest'
import { compileBook } from '../../src/domain/meter-book.ts'
import { meterTrial, type TrialRow } from '../../src/domain/meter-trial.ts'
import type { PeriodTerms } from '../../src/domain/entitlement-standing.ts'
import type { MeterDefinition, MeterVersion } from '../../src/domain/meter.ts'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { sampleEvent, sampleMeter, sampleVersion } from './meter-samples.ts'

const april = new Date('2026-04-01T00:00:00Z')

type Sent = Partial<UsageEvent> & { readonly at: string; readonly customer?: string }

/** Tries a definition on events of March 2026, `at` a day and time of it. */
function tried(
  definition: MeterDefinition,
  published: readonly MeterVersion[],
  sent: readonly Sent[],
  { until = april, selling = [] }: { until?: Date; selling?: readonly PeriodTerms[] } = {},
): readonly TrialRow[] {
  const trial = meterTrial(definition, compileBook(published), until)
  sent.forEach(({ at, customer = 'cus_1', ...changes }, index) =>
    trial.take(customer, sampleEvent({ ...changes, occurredAt: instantOf(at) }), `key-${index}`, selling),
  )
  return trial.end()
}

function instantOf(at: string): Date {
  return new Date(`2026-${at.length > 8 ? at : `03-${at}`}:00Z`)
}

const brief = ({ customerId, period, quantity, publishedQuantity, difference }: TrialRow) =>
  [
    customerId,
    period.from.toISOString().slice(5, 13),
    period.to.toISOString().slice(5, 13),
    quantity,
    publishedQuantity,
    difference,
  ].join(' ')

describe('beside what is published', () => {
  test('nothing published under the name: 500 of 1,000 pass a filter, and all would be more', () => {
    const definition = sampleMeter({ filters: [{ property: 'region', oneOf: ['eu'] }] })
    const rows = tried(definition, [], [{ at: '02T10:00' }, { at: '03T10:00', properties: { region: 'us' } }])
    expect(rows).toMatchObject([
      { seen: 2, counted: 1, filteredOut: 1, unreadable: 0, quantity: '500', publishedQuantity: '0' },
    ])
    expect(rows.map(brief)).toEqual(['cus_1 03-01T00 04-01T00 500 0 500'])
  })

  test('the meter of the type itself: its 1,000 become 2 by a count', () => {
    const definition = sampleMeter({ meter: 'llm.request', aggregation: 'count', valuePath: null })
    expect(tried(definition, [], [{ at: '02T10:00' }, { at: '03T10:00' }]).map(brief)).toEqual([
      'cus_1 03-01T00 04-01T00 2 1000 -998',
    ])
  })

  test('the version of each hour, of another type too', () => {
    const versions = [
      sampleVersion({ eventType: 'llm.call' }),
      sampleVersion({ version: 2, effectiveFrom: instantOf('03T00:00') }),
    ]
    const sent = [{ at: '02T10:00', meter: 'llm.call', value: '7' }, { at: '02T11:00' }, { at: '04T10:00' }]
    expect(tried(sampleMeter(), versions, sent)).toMatchObject([
      { seen: 2, quantity: '1000', publishedQuantity: '507', difference: '493' },
    ])
  })
})

test('each customer and period has a row: months where nobody sells the meter, else billing periods', () => {
  const selling = [
    { timeZone: 'America/New_York', startsOn: '2026-03-10', endsBefore: '2026-05-10', periodMonths: 1 },
  ]
  const sent = [
    { at: '02T10:00' },
    { at: '10T11:59' },
    { at: '10T12:00' },
    { at: '04-10T11:59' },
    { at: '04-10T12:00' },
    { at: '05T10:00', customer: 'cus_2' },
  ]
  const rows = tried(sampleMeter(), [], sent, { until: new Date('2026-05-01T00:00:00Z'), selling })
  expect(rows.map(brief)).toEqual([
    'cus_1 03-01T00 03-10T12 1000 0 1000',
    'cus_1 03-10T12 04-10T12 1000 0 1000',
    'cus_1 04-10T12 05-10T12 500 0 500',
    'cus_2 03-01T00 03-10T12 500 0 500',
  ])
})

describe('a level holds', () => {
  const seats = sampleMeter({ aggregation: 'time-weighted' })

  test('into the next months without events: 31 from 16 March are 16 of March and 31 of April', () => {
    const rows = tried(seats, [], [{ at: '16T00:00', value: '31' }], {
      until: new Date('2026-05-01T00:00:00Z'),
    })
    expect(rows.map(brief)).toEqual(['cus_1 03-01T00 04-01T00 16 0 16', 'cus_1 04-01T00 05-01T00 31 0 31'])
  })

  test('no longer than is looked at, and not for the next customer', () => {
    const sent = [
      { at: '16T00:00', value: '31' },
      { at: '16T12:00', value: '62', customer: 'cus_2' },
    ]
    const rows = tried(seats, [], sent, { until: new Date('2026-03-17T00:00:00Z') })
    expect(rows.map(brief)).toEqual(['cus_1 03-01T00 04-01T00 1 0 1', 'cus_2 03-01T00 04-01T00 1 0 1'])
  })
})

test('what is tried on points is their aggregate: 3 users, the highest of two groups together, the last', () => {
  const sent = [
    { at: '02T10:00', value: '5', properties: { user: 'ann', region: 'eu' } },
    { at: '02T11:00', value: '9', properties: { user: 'bob', region: 'us' } },
    { at: '03T11:00', value: '2', properties: { user: 'ann', region: 'us' } },
    { at: '04T11:00', value: '3', properties: { user: 'cy', region: 'eu' } },
  ]
  const of = (changes: Partial<MeterDefinition>) => tried(sampleMeter(changes), [], sent)[0]
  expect(of({ aggregation: 'unique', valuePath: 'properties.user' })?.quantity).toBe('3')
  expect(of({ aggregation: 'maximum', groupBy: ['region'] })).toMatchObject({
    quantity: '14',
    groupCount: 2,
    groups: [
      { group: '["us"]', quantity: '9' },
      { group: '["eu"]', quantity: '5' },
    ],
  })
  expect(of({ aggregation: 'last' })?.quantity).toBe('3')
})

test('of 30 groups and a cap of 20, 20 count by themselves and 10 as other, the ten largest are told, and the total is exact', () => {
  const sent = Array.from({ length: 30 }, (_none, index) => ({
    at: `02T10:${String(index).padStart(2, '0')}`,
    value: '1',
    properties: { region: `r${index}` },
  }))
  const [row] = tried(sampleMeter({ groupBy: ['region'], groupsAtMost: 20 }), [], sent)
  expect(row).toMatchObject({ quantity: '30', groupCount: 21 })
  expect(row?.groups).toHaveLength(10)
  expect(row?.groups[0]).toEqual({ group: 'other', quantity: '10' })
})

test('of seven events that cannot be read five are told with their reason', () => {
  const sent = Array.from({ length: 7 }, (_none, index) => ({
    at: '02T10:00',
    id: `req-${index}`,
    properties: {},
  }))
  const [row] = tried(sampleMeter({ valuePath: 'properties.seconds' }), [], sent)
  expect(row).toMatchObject({ seen: 7, counted: 0, filteredOut: 0, unreadable: 7, quantity: '0' })
  expect(row?.samples).toHaveLength(5)
  expect(row?.samples[0]).toEqual({
    source: 'gateway',
    id: 'req-0',
    reason: 'an event has no properties.seconds, which the definition reads',
  })
})
