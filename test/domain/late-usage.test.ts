import { expect, test } from 'vitest'
import type { UseRoute } from '../../src/domain/late-usage.ts'
import { furtherCharge, placeOfUse, routeOfUse, type UsePlace } from '../../src/domain/late-usage.ts'
import { sampleTerms, sampleVersion, tokenLine } from './contract-samples.ts'

/** Where use of 10 March 2017 is billed: March, by tokens of a year from 1 March, in UTC. */
function placeOf(line = tokenLine()): UsePlace {
  const version = sampleVersion(sampleTerms({ lines: [line] }))
  const place = placeOfUse([{ version, zone: 'UTC' }], 'tokens', new Date('2017-03-10T10:00:00Z'))
  if (place === null) throw new Error('Nothing bills the tokens of 10 March')
  return place
}

function routeAt(now: string, finalizedAt: string | null = null, place = placeOf()): UseRoute {
  const known = { now: new Date(now), finalizedAt: finalizedAt === null ? null : new Date(finalizedAt) }
  return routeOfUse(new Date('2017-03-10T10:00:00Z'), place, known)
}

test('use of 10 March belongs to March; of 28 February and of another meter to nothing', () => {
  expect(placeOf().period).toEqual({ startsOn: '2017-03-01', endsBefore: '2017-04-01' })
  const contracts = [{ version: placeOf().version, zone: 'UTC' }]
  expect(placeOfUse(contracts, 'tokens', new Date('2017-02-28T23:00:00Z'))).toBeNull()
  expect(placeOfUse(contracts, 'calls', new Date('2017-03-10T10:00:00Z'))).toBeNull()
})

test.each([
  ['within its period', '2017-03-31T23:00:00Z', null, { kind: 'meter-event' }],
  ['44 minutes after it', '2017-04-01T00:44:00Z', null, { kind: 'meter-event' }],
  [
    '45 minutes after it, its invoice not final',
    '2017-04-01T00:45:00Z',
    null,
    { kind: 'wait', until: new Date('2017-04-01T01:00:00Z') },
  ],
  [
    'with its invoice final',
    '2017-04-01T01:10:00Z',
    '2017-04-01T01:00:00Z',
    { kind: 'next-invoice', reason: 'after-invoice' },
  ],
  [
    'without any invoice after 73 hours',
    '2017-04-04T01:00:00Z',
    null,
    { kind: 'next-invoice', reason: 'after-invoice' },
  ],
  [
    '35 days later',
    '2017-04-14T10:00:00Z',
    '2017-04-01T01:00:00Z',
    { kind: 'next-invoice', reason: 'too-old' },
  ],
])('use told %s goes its way', (_when, now, finalizedAt, expected) => {
  expect(routeAt(now, finalizedAt)).toEqual(expected)
})

test('use of a quarter that is 35 days old waits for the invoice of its quarter, because its further use is not known before', () => {
  const quarterly = placeOf(tokenLine({ billing: { months: 3, timing: 'arrears' } }))
  expect(routeAt('2017-04-20T10:00:00Z', null, quarterly)).toMatchObject({ kind: 'wait' })
})

test('use of packages, which the provider cannot price, is never told: it is settled 45 minutes after its month', () => {
  const packages = placeOf(tokenLine({ model: 'package' }))
  const routes = [
    '2017-03-10T12:00:00Z',
    '2017-04-01T00:44:00Z',
    '2017-04-01T00:45:00Z',
    '2017-04-20T10:00:00Z',
  ]
  expect(routes.map((now) => routeAt(now, null, packages))).toEqual([
    { kind: 'settlement', isDue: false },
    { kind: 'settlement', isDue: false },
    { kind: 'settlement', isDue: true },
    { kind: 'settlement', isDue: true },
  ])
})

test('12M tokens were billed; 1M more are 3.20, said with their time and reason', () => {
  const charge = furtherCharge(
    placeOf(),
    {
      before: '12000000',
      further: '1000000',
      firstAt: new Date('2017-03-10T10:00:00Z'),
      lastAt: new Date('2017-03-11T22:00:00Z'),
      reason: 'too-old',
    },
    { ordinal: 2, zone: 'UTC', now: new Date('2017-04-20T10:00:00Z') },
  )
  expect(charge).toMatchObject({
    chargeKey: expect.stringMatching(/^charge:.*\/tokens\/2017-03-01\/use-2$/),
    amount: { currency: 'USD', amountMinor: 320n },
    description:
      'Tokens: 1000000 used from 2017-03-10 10:00 to 2017-03-11 23:00 UTC, which came more than 35 days later',
    service: { startsOn: '2017-03-10', endsBefore: '2017-03-10' },
    availableFrom: '2017-04-19',
    reason: 'late-usage',
  })
})

test('use of 1M that is taken back of 12M is a credit of 3.20 that says so; taken back to nothing, what comes next is not the first piece', () => {
  const at = { firstAt: new Date('2017-03-10T10:00:00Z'), lastAt: new Date('2017-03-10T10:00:00Z') }
  const charging = { ordinal: 1, zone: 'UTC', now: new Date('2017-04-03T00:00:00Z') }
  const taken = { ...at, before: '12000000', further: '-1000000', reason: 'after-invoice' } as const
  expect(furtherCharge(placeOf(), taken, charging)).toMatchObject({
    amount: { currency: 'USD', amountMinor: -320n },
    description: expect.stringMatching(
      /: credit for 1000000 fewer used from 2017-03-10 10:00 to 2017-03-10 11:00 UTC, which was corrected after the invoice of that time$/,
    ),
  })
  const place = placeOf(tokenLine({ minimum: { currency: 'USD', amount: '100' } }))
  const again = { ...at, before: '0', further: '12000000', reason: 'too-old' } as const
  expect(furtherCharge(place, again, { ...charging, ordinal: 2 }).amount.amountMinor).toBe(540n)
})
