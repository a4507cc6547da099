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
