import { expect, test } from 'vitest'
import { turns } from '../../src/http/turns.ts'

test('two at once, the others in their order, and the fifth is refused while two wait', async () => {
  const asked = turns(2, 2)
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>())
  const begun: number[] = []
  const take = (index: number) =>
    asked.take(async () => {
      begun.push(index)
      await ends[index]?.promise
      return index
    })
  const taken = [0, 1, 2, 3].map(take)
  expect(take(4)).toBeNull()
  await Promise.resolve()
  expect(begun).toEqual([0, 1])
  ends[1]?.resolve()
  expect(await taken[1]).toBe(1)
  expect(begun).toEqual([0, 1, 2])
  for (const end of ends) end.resolve()
  expect(await Promise.all(taken)).toEqual([0, 1, 2, 3])
})

test('work that fails gives its turn on', async () => {
  const asked = turns(1, 1)
  const failing = asked.take(() => Promise.reject(new Error('no')))
  const next = asked.take(() => Promise.resolve('yes'))
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
})
