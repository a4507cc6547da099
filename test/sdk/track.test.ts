import { expect, test } from 'vitest'
import type { Use } from '../../src/sdk/tieout-usage.ts'
import { TieoutUsage } from '../../src/sdk/tieout-usage.ts'
import { ownEndpoint, tokens } from './own-endpoint.ts'

test.each<[string | bigint | number, string]>([
  ['12.500000000001', '12.500000000001'],
  ['0', '0'],
  [9_007_199_254_740_993n, '9007199254740993'],
  [9_007_199_254_740_991, '9007199254740991'],
  [-0, '0'],
])('the value %s is sent as "%s"', async (value, sent) => {
  const { usage, held } = await ownEndpoint()
  usage.track(tokens(value))
  await usage.flush()
  expect([...held.values()].map((text) => JSON.parse(text).value)).toEqual([sent])
})

test.each<unknown>([
  Number.NaN,
  Infinity,
  0.1,
  2.5,
  9_007_199_254_740_992,
  -1,
  -1n,
  '-1',
  '1e3',
  '1.',
  ' 1',
  '',
  '1.0000000000001',
  '1234567890123456789',
  null,
  true,
])('the value %s is not exact and is refused at once', async (value) => {
  const { usage, requests } = await ownEndpoint()
  expect(() => usage.track(tokens(value as string))).toThrow(
    expect.objectContaining({ code: 'value-not-exact' }),
  )
  await usage.flush()
  expect([requests.length, usage.stats().tracked]).toEqual([0, 0])
})

test.each<[string, Partial<Record<keyof Use, unknown>>, string]>([
  ['no customer', { customer: undefined }, 'invalid-event'],
  ['a blank meter', { meter: ' ' }, 'invalid-event'],
  ['an id of 513 characters', { id: 'x'.repeat(513) }, 'invalid-event'],
  ['a time without zone', { time: '2026-01-31T18:00:00' }, 'invalid-event'],
  ['a time that is none', { time: new Date(Number.NaN) }, 'invalid-event'],
  ['a property that is a number', { properties: { model: 4 } }, 'invalid-event'],
  ['65,537 bytes', { properties: { text: 'é'.repeat(32_700) } }, 'event-too-large'],
])('an event with %s is refused at once', async (_title, fault, code) => {
  const { usage } = await ownEndpoint()
  expect(() => usage.track({ ...tokens('1'), ...fault } as Use)).toThrow(expect.objectContaining({ code }))
  await expect(usage.trackOrWait({ ...tokens('1'), ...fault } as Use)).rejects.toMatchObject({ code })
})

test('id and time are those of tracking: a try 90 minutes later sends the same event', async () => {
  let now = new Date('2026-01-31T18:00:00.000Z')
  const { usage, faults, held } = await ownEndpoint({ platform: { now: () => now } })
  faults.push({ kind: 'cut-after' })
  const id = usage.track(tokens('7'))
  now = new Date('2026-01-31T19:30:00.000Z')
  await usage.flush()
  expect(id).toMatch(/^019c1536-3500-7000-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect([...held.values()].map((text) => JSON.parse(text))).toMatchObject([
    { id, occurredAt: '2026-01-31T18:00:00.000Z' },
  ])
  expect(usage.stats()).toMatchObject({ acknowledged: 1, duplicates: 1 })
})

test('10,000 ids of one millisecond differ and stay in order', async () => {
  const now = new Date('2026-01-31T18:00:00Z')
  const { usage } = await ownEndpoint({ platform: { now: () => now } })
  const ids = Array.from({ length: 10_000 }, () => usage.track(tokens('1')))
  expect(new Set(ids).size).toBe(10_000)
  expect(ids.toSorted()).toEqual(ids)
})

test('a full buffer of 3 refuses the 4th with a typed error and tells it; once sent there is room again', async () => {
  const full: number[] = []
  const { usage, held } = await ownEndpoint({ mostEvents: 3, onFull: ({ events }) => full.push(events) })
  for (const value of ['1', '2', '3']) usage.track(tokens(value))
  expect(() => usage.track(tokens('4'))).toThrow(expect.objectContaining({ code: 'buffer-full' }))
  expect([full, usage.stats().tracked]).toEqual([[3], 3])
  await usage.flush()
  usage.track(tokens('4'))
  await usage.flush()
  expect(held.size).toBe(4)
})

test('a buffer is also full by bytes: of events of 142 bytes, 1,000 bytes hold 7', async () => {
  const { usage } = await ownEndpoint({ mostBytes: 1_000 })
  const use = { ...tokens('1', { id: 'a' }), time: '2026-01-31T18:00:00Z' }
  const taken = [1, 2, 3, 4, 5, 6, 7, 8].filter(() => {
    try {
      return usage.track(use) === 'a'
    } catch {
      return false
    }
  })
  expect(taken).toHaveLength(7)
})

test('trackOrWait lets 50 events through a buffer of 3: none lost, none refused', async () => {
  const { usage, held, requests } = await ownEndpoint({ mostEvents: 3, ageMilliseconds: 1 })
  await Promise.all(Array.from({ length: 50 }, () => usage.trackOrWait(tokens('1'))))
  await usage.flush()
  expect(held.size).toBe(50)
  expect(Math.max(...requests.map((batch) => batch.length))).toBeLessThanOrEqual(3)
})

test.each<[string, object]>([
  ['url', { url: 'hub.example.com' }],
  ['key', { key: 'two words' }],
  ['source', { source: '' }],
  ['batchEvents', { batchEvents: 1_001 }],
  ['batchBytes', { batchBytes: 5_000_001 }],
  ['ageMilliseconds', { ageMilliseconds: 0.5 }],
  ['requestsAtOnce', { requestsAtOnce: 0 }],
])('the option %s out of range is refused when the SDK is made', (name, fault) => {
  const sound = { url: 'https://hub.example.com', key: 'tieout_test_x', source: 'test' }
  expect(() => new TieoutUsage({ ...sound, ...fault })).toThrow(name)
})
