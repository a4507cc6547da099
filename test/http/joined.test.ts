import { expect, test } from 'vitest'
import { joined } from '../../src/http/joined.ts'

/** Runs that end when told to, and what each was given. */
function runs() {
  const given: (readonly string[])[] = []
  const ends: ((fails: boolean) => void)[] = []
  const run = (items: readonly string[]) => {
    given.push(items)
    return new Promise<readonly string[]>((done, failed) => {
      const results = items.map((item) => `${item} done`)
      ends.push((fails) => (fails ? failed(new Error(`no ${items.join()}`)) : done(results)))
    })
  }
  return { given, ends, run }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('one caller waits for nobody; those who come meanwhile share the next run, two at most', async () => {
  const { given, ends, run } = runs()
  const call = joined(run, { atOnce: 2 })
  const calls = ['a', 'b', 'c', 'd'].map(call)
  expect(given).toEqual([['a']])
  ends[0]?.(false)
  await turn()
  expect(given).toEqual([['a'], ['b', 'c']])
  ends[1]?.(false)
  await turn()
  ends[2]?.(false)
  expect(await Promise.all(calls)).toEqual(['a done', 'b done', 'c done', 'd done'])
  expect(given).toEqual([['a'], ['b', 'c'], ['d']])
})

test('of a run that fails each is tried alone, and only the bad one fails', async () => {
  const tried: (readonly string[])[] = []
  const run = (items: readonly string[]) => {
    tried.push(items)
    return items.includes('bad') ? Promise.reject(new Error('refused')) : Promise.resolve(items)
  }
  const call = joined(run, { atOnce: 10 })
  const outcomes = await Promise.allSettled(['first', 'good', 'bad', 'fine'].map(call))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(tried).toEqual([['first'], ['good', 'bad', 'fine'], ['good'], ['bad'], ['fine']])
  await call('later')
  expect(tried.at(-1)).toEqual(['later'])
})

test('of 5 that go at once 3 and 3 go one after the other, and 2 more fit beside the second', async () => {
  const { given, ends, run } = runs()
  const call = joined(run, { atOnce: 5, weightOf: (item: string) => Number(item) })
  const calls = ['1', '3', '3', '2'].map(call)
  ends[0]?.(false)
  await turn()
  expect(given).toEqual([['1'], ['3']])
  ends[1]?.(false)
  await turn()
  expect(given).toEqual([['1'], ['3'], ['3', '2']])
  ends[2]?.(false)
  await Promise.all(calls)
})

test('one that weighs more than all that go at once goes alone', async () => {
  const call = joined((items: readonly number[]) => Promise.resolve(items), {
    atOnce: 5,
    weightOf: (item) => item,
  })
  expect(await Promise.all([call(1), call(1_000)])).toEqual([1, 1_000])
})
