import { expect, test } from 'vitest'
import type { Fault } from './endpoint.ts'
import { key, ownEndpoint, tokens } from './own-endpoint.ts'

const three = ['1', '2', '3']

test.each<[string, Fault]>([
  ['answers 500', { kind: 'status', status: 500 }],
  ['answers 503', { kind: 'status', status: 503 }],
  ['answers 408', { kind: 'status', status: 408 }],
  ['cuts the connection before it looks', { kind: 'cut-before' }],
  ['does not answer within 800 ms', { kind: 'hang' }],
])('a hub that %s is sent the same 3 events again: 3 acknowledged, none twice', async (_title, fault) => {
  const { usage, requests, held, faults } = await ownEndpoint({
    timeoutMilliseconds: fault.kind === 'hang' ? 800 : 30_000,
  })
  faults.push(fault)
  const ids = three.map((value) => usage.track(tokens(value)))
  await usage.flush()
  expect(requests).toEqual([ids, ids])
  expect(held.size).toBe(3)
  expect(usage.stats()).toMatchObject({ acknowledged: 3, duplicates: 0, retried: 3, buffered: 0 })
})

test.each<['cut-after' | 'garbage-after', string]>([
  ['cut-after', 'cut'],
  ['garbage-after', 'cut short'],
])(
  'an answer that is lost after the effect (%s) is asked for again: 3 events, 3 duplicates, 3 held',
  async (kind) => {
    const { usage, faults, held } = await ownEndpoint()
    faults.push({ kind })
    for (const value of three) usage.track(tokens(value))
    await usage.flush()
    expect(held.size).toBe(3)
    expect(usage.stats()).toMatchObject({ acknowledged: 3, duplicates: 3, refused: 0, buffered: 0 })
  },
)

test('a good answer without results is none: a page of a proxy acknowledges nothing', async () => {
  const { usage, faults, held } = await ownEndpoint()
  faults.push({ kind: 'status', status: 200, body: '<html>Welcome</html>' })
  usage.track(tokens('1'))
  await usage.flush()
  expect(held.size).toBe(1)
  expect(usage.stats()).toMatchObject({ acknowledged: 1, duplicates: 0, retried: 1 })
})

test('429 with Retry-After: 1 is asked again after one second and not before', async () => {
  const { usage, faults, times } = await ownEndpoint()
  faults.push({ kind: 'status', status: 429, headers: { 'retry-after': '1' } })
  usage.track(tokens('1'))
  await usage.flush()
  expect(times).toHaveLength(2)
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(995)
})

test('of 3 events the one without a meter is refused with 422 and never sent again', async () => {
  const { usage, requests, told } = await ownEndpoint()
  usage.track(tokens('1'))
  const id = usage.track({ ...tokens('2'), meter: 'Not a meter' })
  usage.track(tokens('3'))
  await usage.flush()
  expect(requests).toHaveLength(1)
  expect(told.refused).toMatchObject([{ event: { id, data: { value: '2' } }, status: 422, code: 'invalid' }])
  expect(told.refused[0]?.reason).toContain('small letters')
  expect(usage.stats()).toMatchObject({ acknowledged: 2, refused: 1, buffered: 0 })
})

test('an id used for 5 and then for 6 is refused with 409, and 5 stays', async () => {
  const { usage, told, held } = await ownEndpoint()
  usage.track(tokens('5', { id: 'call-1' }))
  await usage.flush()
  usage.track(tokens('6', { id: 'call-1' }))
  await usage.flush()
  expect(told.refused).toMatchObject([{ status: 409, event: { id: 'call-1', data: { value: '6' } } }])
  expect([...held.values()].map((text) => JSON.parse(text).value)).toEqual(['5'])
})

test('a batch of 4 that a proxy finds too large goes as two of 2', async () => {
  const { usage, requests, faults } = await ownEndpoint()
  faults.push({ kind: 'status', status: 413, body: '<html>Request Entity Too Large</html>' })
  for (const value of ['1', '2', '3', '4']) usage.track(tokens(value))
  await usage.flush()
  expect(requests.map((batch) => batch.length)).toEqual([4, 2, 2])
  expect(usage.stats()).toMatchObject({ acknowledged: 4, refused: 0 })
})

test('a batch of 4 that the hub cannot read is halved down to the 1 event at fault; the other 3 arrive', async () => {
  const { usage, requests, faults, told, held } = await ownEndpoint()
  const body = JSON.stringify({ code: 'body-syntax', detail: 'The body is not valid JSON.' })
  const refused: Fault = { kind: 'status', status: 400, body }
  faults.push(refused, refused, refused)
  const ids = ['1', '2', '3', '4'].map((value) => usage.track(tokens(value)))
  await usage.flush()
  expect(requests.map((batch) => batch.length)).toEqual([4, 2, 1, 1, 2])
  expect(told.refused).toMatchObject([{ event: { id: ids[0] }, status: 400, code: 'body-syntax' }])
  expect(held.size).toBe(3)
})

test('401 stops: 2 events stay buffered, one error tells why, flush rejects; another key sends both', async () => {
  const { usage, requests, told, held } = await ownEndpoint({ key: 'tieout_test_old' })
  for (const value of ['1', '2']) usage.track(tokens(value))
  await expect(usage.flush()).rejects.toMatchObject({ code: 'stopped' })
  expect(told.errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('The hub answered 401: There is no such API key.'),
  ])
  usage.track(tokens('3'))
  await expect(usage.flush()).rejects.toMatchObject({ code: 'stopped' })
  expect(requests).toHaveLength(1)
  expect(usage.stats()).toMatchObject({ buffered: 3, refused: 0 })
  usage.resume({ key })
  await usage.flush()
  expect(held.size).toBe(3)
})

test.each([403, 404, 415, 302])(
  '%i stops as well: nothing is sent until somebody resumes',
  async (status) => {
    const { usage, requests, faults, held } = await ownEndpoint()
    faults.push({ kind: 'status', status, headers: { location: '/elsewhere' } })
    usage.track(tokens('1'))
    await expect(usage.flush()).rejects.toMatchObject({ code: 'stopped' })
    expect([requests.length, held.size]).toEqual([1, 0])
    usage.resume()
    await usage.flush()
    expect(held.size).toBe(1)
  },
)

test('with mostTries 3, an event the hub answers 500 three times is handed over and not dropped', async () => {
  const { usage, faults, told } = await ownEndpoint({ mostTries: 3 })
  for (const _try of [1, 2, 3]) faults.push({ kind: 'status', status: 500 })
  const id = usage.track(tokens('1'))
  await usage.flush()
  expect(told.refused).toMatchObject([{ event: { id }, status: 0, code: 'gave-up' }])
  expect(usage.stats()).toMatchObject({ acknowledged: 0, refused: 1, retried: 2, buffered: 0 })
})

test('each try that will be repeated is told with its reason: 2 failures, 2 sentences', async () => {
  const waits: string[] = []
  const { usage, faults } = await ownEndpoint({
    onRetry: ({ events, failures, why }) => waits.push(`${events} ${failures} ${why}`),
  })
  faults.push({ kind: 'status', status: 502, body: '<html>Bad gateway</html>' }, { kind: 'cut-before' })
  usage.track(tokens('1'))
  await usage.flush()
  expect(waits).toEqual([
    '1 1 The hub answered 502: <html>Bad gateway</html>',
    expect.stringMatching(/^1 2 The hub was not reached: fetch failed/),
  ])
})

test('a hook that throws is reported and loses nothing: 2 events, 1 refused, 1 acknowledged', async () => {
  const reports: string[] = []
  const { usage } = await ownEndpoint({
    onRefused: () => {
      throw new Error('no such table')
    },
    platform: { report: (sentence) => reports.push(sentence) },
  })
  usage.track({ ...tokens('1'), meter: 'Not a meter' })
  usage.track(tokens('2'))
  await usage.flush()
  expect(usage.stats()).toMatchObject({ acknowledged: 1, refused: 1, buffered: 0 })
  expect(reports).toEqual(['A hook of Tieout usage failed: Error: no such table'])
})
