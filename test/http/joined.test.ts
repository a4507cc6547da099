import { expect, test } from 'vitest'
import { joined } from '../../src/http/joined.ts'

/** Runs that end when told to, and what each was given. */
function runs() {
  const given: (readonly string[])[] = []
  const ends: ((fails: boolean) => void)[] = []
  const run = (items: readonly string[]) => {
    given.push(items)
    return new Promise<void>((done, failed) => {
      ends.push((fails) => (fails ? failed(new Error(`no ${items.join()}`)) : done()))
    })
  }
  return { given, ends, run }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('one caller waits for nobody; those who come meanwhile share the next run, two at most', async () => {
  const { given, ends, run } = runs()
  const call = joined(run, 2)
  const calls = ['a', 'b', 'c', 'd'].map(call)
  expect(given).toEqual([['a']])
  ends[0]?.(false)
  await turn()
  expect(given).toEqual([['a'], ['b', 'c']])
  ends[1]?.(false)
  await turn()
  ends[2]?.(false)
  await Promise.all(calls)
  expect(given).toEqual([['a'], ['b', 'c'], ['d']])
})

test('of a run that fails each is tried alone, and only the bad one fails', async () => {
  const tried: (readonly string[])[] = []
  const call = joined<string>((items) => {
    tried.push(items)
    return items.includes('bad') ? Promise.reject(new Error('refused')) : Promise.resolve()
  }, 10)
  const outcomes = await Promise.allSettled(['first', 'good', 'bad', 'fine'].map(call))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(tried).toEqual([['first'], ['good', 'bad', 'fine'], ['good'], ['bad'], ['fine']])
  await call('later')
  expect(tried.at(-1)).toEqual(['later'])
})
