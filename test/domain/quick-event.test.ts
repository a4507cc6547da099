import {
  assert,
  constantFrom,
  date as anyDate,
  dictionary,
  oneof,
  property,
  record,
  string,
  stringMatching,
} from 'fast-check'
import { expect, test } from 'vitest'
import { CloudEvent, usageEventOf } from '../../src/domain/cloud-event.ts'
import { quickEvent } from '../../src/domain/quick-event.ts'

const event = (changes: object = {}) => ({
  specversion: '1.0',
  id: 'req-1',
  source: 'acme/gateway',
  type: 'tokens',
  subject: 'cus_1',
  time: '2026-03-02T08:30:00Z',
  data: { value: '12.50', properties: { region: 'eu' } },
  ...changes,
})

test('an event of seven plain attributes is read without the schema, 12.50 as 12.5', () => {
  expect(quickEvent(event())).toEqual({
    source: 'acme/gateway',
    id: 'req-1',
    meter: 'tokens',
    subject: 'cus_1',
    occurredAt: new Date('2026-03-02T08:30:00Z'),
    value: '12.5',
    properties: { region: 'eu' },
  })
})

test.each([
  ['31 February', { time: '2026-02-31T08:30:00Z' }],
  ['a zone of +02:00', { time: '2026-03-02T08:30:00+02:00' }],
  ['a 25th hour', { time: '2026-03-02T25:00:00Z' }],
  ['the year 0000', { time: '0000-03-02T08:30:00Z' }],
  ['a value below zero', { data: { value: '-1' } }],
  ['a value as a number', { data: { value: 1 } }],
  ['19 digits', { data: { value: '1'.repeat(19) } }],
  ['a name to group by called constructor', { data: { value: '1', properties: { constructor: 'x' } } }],
  ['a second attribute of data', { data: { value: '1', cost: '2' } }],
  ['an attribute more', { partitionkey: 'a' }],
  ['another version', { specversion: '0.3' }],
  ['a blank id', { id: ' ' }],
])('%s is left to the schema', (_what, changes) => {
  expect(quickEvent(event(changes))).toBeNull()
})

test('the year 0000, which PostgreSQL does not have, is refused by the schema; the year 0001 is taken', () => {
  const inYear = (year: string) => CloudEvent.safeParse(event({ time: `${year}-03-02T08:30:00Z` })).success
  expect([inYear('0000'), inYear('0001')]).toEqual([false, true])
  expect(CloudEvent.safeParse(event({ time: '0001-01-01T00:00:00+12:00' })).success).toBe(false)
})

test('a key __proto__ in the properties is left to the schema, which refuses it', () => {
  const sent: unknown = JSON.parse(JSON.stringify(event()).replace('"region"', '"__proto__"'))
  expect(quickEvent(sent)).toBeNull()
  expect(CloudEvent.safeParse(sent).success).toBe(false)
})

const text = oneof(
  { weight: 1, arbitrary: string({ maxLength: 6 }) },
  { weight: 1, arbitrary: constantFrom('ü', ' ', '\u0007', '') },
  { weight: 8, arbitrary: stringMatching(/^[!-~]{1,8}$/) },
)
const decimal = oneof(stringMatching(/^\d{1,4}(\.\d{1,3})?$/), constantFrom('00.10', '1e3', '.5', '5.', '٣'))
const instant = oneof(
  anyDate({
    noInvalidDate: true,
    min: new Date('0000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T00:00:00Z'),
  }).map((date) => date.toISOString()),
  stringMatching(/^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,4})?(Z|\+01:00)$/),
)

test('whatever comes: what is read quickly the schema takes too, and reads alike', () => {
  const anything = record(
    {
      specversion: constantFrom('1.0', '1.0', '0.3'),
      id: text,
      source: text,
      type: constantFrom('tokens', 'api_calls', 'Tokens', ''),
      subject: text,
      time: instant,
      data: record(
        {
          value: decimal,
          properties: dictionary(constantFrom('region', 'a.b', '1x', 'prototype'), text, {
            maxKeys: 3,
          }),
        },
        { requiredKeys: ['value'] },
      ),
    },
    { requiredKeys: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'data'] },
  )
  let quick = 0
  assert(
    property(anything, (item) => {
      const read = quickEvent(item)
      if (read === null) return
      quick++
      const parsed = CloudEvent.safeParse(item)
      expect(parsed.success && usageEventOf(parsed.data)).toEqual(read)
    }),
    { numRuns: 5_000, seed: 7 },
  )
  expect(quick).toBeGreaterThan(200)
})
