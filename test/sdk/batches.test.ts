import { expect, test } from 'vitest'
import { ownEndpoint, tokens } from './own-endpoint.ts'

test('2,500 events go as batches of 1,000, 1,000 and 500, and all 2,500 are acknowledged', async () => {
  const { usage, requests, held } = await ownEndpoint()
  const ids = Array.from({ length: 2_500 }, () => usage.track(tokens('1')))
  await usage.flush()
  expect(requests.map((batch) => batch.length)).toEqual([1_000, 1_000, 500])
  expect(held.size).toBe(2_500)
  expect(ids.toSorted()).toEqual(ids)
  expect(usage.stats()).toEqual({
    tracked: 2_500,
    adopted: 0,
    acknowledged: 2_500,
    duplicates: 0,
    unmatched: 0,
    refused: 0,
    retried: 0,
    buffered: 0,
  })
})

test('an event leaves by itself 20 ms after it was tracked, with what was tracked meanwhile', async () => {
  const { usage, requests, held } = await ownEndpoint({ ageMilliseconds: 20 })
  usage.track(tokens('1'))
  usage.track(tokens('2'))
  expect(requests).toEqual([])
  await expect.poll(() => held.size).toBe(2)
  expect(requests).toHaveLength(1)
  expect(usage.stats()).toMatchObject({ acknowledged: 2, buffered: 0 })
})

test('7 batches of 10 go two at a time: never three requests at once', async () => {
  const endpoint = await ownEndpoint({ batchEvents: 10 })
  endpoint.delayMilliseconds = 20
  for (let count = 0; count < 70; count++) endpoint.usage.track(tokens('1'))
  await endpoint.usage.flush()
  expect([endpoint.requests.length, endpoint.mostAtOnce()]).toEqual([7, 2])
})

test('6 events of 60 KB go in two requests, because one may hold 200,000 bytes', async () => {
  const { usage, requests } = await ownEndpoint({ batchBytes: 200_000 })
  const properties = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`p${at}`, 'é'.repeat(499)]))
  for (let count = 0; count < 6; count++) usage.track({ ...tokens('1'), properties })
  await usage.flush()
  expect(requests.map((batch) => batch.length)).toEqual([4, 2])
  expect(usage.stats()).toMatchObject({ acknowledged: 6 })
})

test('a flush waits for what was tracked before it, and not for what comes later', async () => {
  const endpoint = await ownEndpoint({ ageMilliseconds: 60_000 })
  endpoint.usage.track(tokens('1'))
  const flushed = endpoint.usage.flush()
  endpoint.usage.track(tokens('2'))
  await flushed
  expect(endpoint.held.size).toBe(1)
  expect(endpoint.usage.stats()).toMatchObject({ acknowledged: 1, buffered: 1 })
  await endpoint.usage.flush()
  expect(endpoint.held.size).toBe(2)
})

test('closing within 200 ms of a hub that is down answers the 2 events that remain, and takes no more', async () => {
  const { usage, faults } = await ownEndpoint()
  for (let count = 0; count < 500; count++) faults.push({ kind: 'status', status: 503 })
  const ids = ['1', '2'].map((value) => usage.track(tokens(value)))
  const { events, isSpooled } = await usage.close({ withinMilliseconds: 200 })
  expect([events.map(({ id }) => id), isSpooled]).toEqual([ids, false])
  expect(() => usage.track(tokens('3'))).toThrow(expect.objectContaining({ code: 'closed' }))
  expect(usage.stats()).toMatchObject({ tracked: 2, acknowledged: 0, buffered: 2 })
})

test('closing does not sit out a wait of 60 s before the next try: 1 event arrives at once', async () => {
  const { usage, faults, held } = await ownEndpoint({
    firstWaitMilliseconds: 60_000,
    longestWaitMilliseconds: 60_000,
  })
  faults.push({ kind: 'status', status: 500 })
  usage.track(tokens('1'))
  await expect.poll(() => usage.stats().retried).toBe(1)
  expect(await usage.close({ withinMilliseconds: 5_000 })).toEqual({ events: [], isSpooled: false })
  expect(held.size).toBe(1)
})

test('whoever waits for room when it is closed is told so, and the event is not taken', async () => {
  const { usage, faults } = await ownEndpoint({ mostEvents: 1 })
  for (let count = 0; count < 500; count++) faults.push({ kind: 'status', status: 503 })
  usage.track(tokens('1'))
  const waiting = usage.trackOrWait(tokens('2'))
  const [closed, refused] = await Promise.allSettled([usage.close({ withinMilliseconds: 50 }), waiting])
  expect(closed).toMatchObject({ value: { events: [{ data: { value: '1' } }] } })
  expect(refused).toMatchObject({ reason: { code: 'closed' } })
})

test('closing while the hub hangs ends the request: the 1 event may have arrived, and is answered', async () => {
  const { usage, faults, requests } = await ownEndpoint()
  faults.push({ kind: 'hang' })
  usage.track(tokens('1'))
  await expect.poll(() => requests.length).toBe(1)
  const { events } = await usage.close({ withinMilliseconds: 50 })
  expect(events).toHaveLength(1)
})
