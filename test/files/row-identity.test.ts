import { afterAll, expect, test } from 'vitest'
import { RepeatedKeys } from '../../connectors/files/repeated-keys.ts'
import { eventsOf, fileFolder, rowsOf } from './written-files.ts'

const folder = fileFolder()
afterAll(() => folder.remove())

const head = 'customer,meter,value,time\n'
const at = '2026-03-01T10:00:00Z'
const idsOf = async (name: string, content: string) =>
  eventsOf(await rowsOf(folder.write(name, content))).map(({ id }) => id)

test('2 equal rows of one file are 2 uses: their ids end in -1 and -2', async () => {
  const [first, second, other] = await idsOf(
    'equal.csv',
    `${head}acme,tokens,5,${at}\nacme,tokens,5,${at}\nacme,tokens,6,${at}\n`,
  )
  expect(first).toMatch(/^row-[0-9a-f]{32}-1$/)
  expect(second).toBe(first?.replace(/-1$/, '-2'))
  expect(other).toMatch(/-1$/)
  expect(other?.slice(0, -2)).not.toBe(first?.slice(0, -2))
})

test('3 rows keep their ids in another order, another format, another zone, and with 7.0 for 7', async () => {
  const csv = await idsOf('a.csv', `${head}acme,tokens,5,${at}\nacme,tokens,7.0,${at}\nacme,tokens,5,${at}\n`)
  const row = (value: string, time: string) =>
    JSON.stringify({ customer: 'acme', meter: 'tokens', value, time })
  const ndjson = await idsOf(
    'a.ndjson',
    [row('7', at), row('5', '2026-03-01T11:00:00+01:00'), row('5', at)].join('\n'),
  )
  expect(ndjson.toSorted()).toEqual(csv.toSorted())
})

test('a row more at the head of a file leaves the ids of the 2 others as they were', async () => {
  const before = await idsOf('b.csv', `${head}acme,tokens,1,${at}\nacme,tokens,2,${at}\n`)
  const after = await idsOf(
    'b2.csv',
    `${head}acme,tokens,3,${at}\nacme,tokens,1,${at}\nacme,tokens,2,${at}\n`,
  )
  expect(after.slice(1)).toEqual(before)
})

test('of 200,000 keys, 3 of them shown twice, those 3 are held and fewer than 20 others', () => {
  const keys = new RepeatedKeys()
  const key = (index: number) =>
    [1, 3, 5, 7]
      .map((factor) => ((index * factor * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0'))
      .join('')
  for (let index = 0; index < 200_000; index++) keys.show(key(index))
  for (const index of [5, 77_777, 199_999]) keys.show(key(index))
  expect([5, 77_777, 199_999].map((index) => keys.holds(key(index)))).toEqual([true, true, true])
  const held = Array.from({ length: 200_000 }, (_none, index) => keys.holds(key(index)))
  expect(held.filter(Boolean).length).toBeLessThan(23)
})
