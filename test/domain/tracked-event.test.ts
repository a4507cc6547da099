import { expect, test } from 'vitest'
import { TrackedMeanings, usageOfTracked } from '../../src/domain/tracked-event.ts'

test('one declared event has the user for its customer and counts 1 where no property holds a quantity', () => {
  const meanings = TrackedMeanings.parse('{"Report Built":{"meter":"reports"}}')
  expect([...meanings]).toEqual([['Report Built', { meter: 'reports', customer: 'user', properties: {} }]])
})

test.each([
  ['', 'it must be JSON such as {"Tokens Used":{"meter":"tokens","value":"count"}}'],
  ['{}', 'it must be JSON such as'],
  ['{"A":{"meter":"Tokens"}}', 'A.meter must be the name of a meter: small letters, digits, _ . and -'],
  ['{"A":{"meter":"a","customer":"team"}}', 'A.customer must be user or group'],
  ['{"A":{"meter":"a","values":"x"}}', 'Unrecognized key: "values"'],
])('the declaration %j is refused: %s', (text, sentence) => {
  expect(TrackedMeanings.safeParse(text).error?.issues[0]?.message).toContain(sentence)
})

test('a group is the customer where it is declared, 12 tokens are 12, true is text, and what is not declared is left out', () => {
  const tracked = {
    id: 'm-1',
    time: '2026-03-01T10:00:00Z',
    user: 'user-1',
    group: 'acme',
    properties: { count: '12', cached: true, secret: 'x', none: null },
  }
  const meaning = {
    meter: 'tokens',
    value: 'count',
    customer: 'group' as const,
    properties: { cached: 'cached', none: 'none' },
  }
  expect(usageOfTracked(tracked, meaning, 'segment:web')).toEqual({
    specversion: '1.0',
    id: 'm-1',
    source: 'segment:web',
    type: 'tokens',
    subject: 'acme',
    time: '2026-03-01T10:00:00Z',
    data: { value: '12', properties: { cached: 'true' } },
  })
})
