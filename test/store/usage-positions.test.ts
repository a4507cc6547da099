import { afterAll, beforeAll, expect, test } from 'vitest'
import { moveUsagePosition, usagePositionsOf } from '../../src/store/usage-positions.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

function move(partition: string, from: string | null, to: string): Promise<boolean> {
  const wanted = { partition, after: from, position: to }
  return own.store.unitOfWork((unit) => moveUsagePosition(unit, 'kafka:test', wanted, after(0)))
}

const stored = (...partitions: string[]) => usagePositionsOf(own.store.read, 'kafka:test', partitions)

test('a position moves from where it is: none to 10, 10 to 25; from 10 a second time it stays at 25', async () => {
  expect(await move('usage/0', null, '10')).toBe(true)
  expect(await move('usage/0', '10', '25')).toBe(true)
  expect(await move('usage/0', '10', '20')).toBe(false)
  expect(await move('usage/0', null, '5')).toBe(false)
  expect(await stored('usage/0', 'usage/1')).toEqual(new Map([['usage/0', '25']]))
})

test('of 8 readers that move one partition from 0 to 1 at the same time, 1 does', async () => {
  expect(await move('usage/2', null, '0')).toBe(true)
  const moved = await Promise.all(Array.from({ length: 8 }, () => move('usage/2', '0', '1')))
  expect(moved.filter(Boolean)).toHaveLength(1)
  expect(await stored('usage/2')).toEqual(new Map([['usage/2', '1']]))
})

test('another source of the same partition has a position of its own', async () => {
  expect(await move('usage/3', null, '7')).toBe(true)
  expect(await usagePositionsOf(own.store.read, 'kafka:other', ['usage/3'])).toEqual(new Map())
})
