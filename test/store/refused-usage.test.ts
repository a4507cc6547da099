import { afterAll, beforeAll, expect, test } from 'vitest'
import { listExceptions, settleException } from '../../src/store/exceptions.ts'
import { keepGap, keepRefusals, listRefusedUsage } from '../../src/store/refused-usage.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

function refuse(source: string, code: string, count: number, place: string): Promise<void> {
  const refusals = [{ code, count, samples: [{ place, found: '{', why: 'The event is not JSON.' }] }]
  return own.store.unitOfWork((unit) => keepRefusals(unit, source, refusals, after(0)))
}

function exceptionsOf(source: string) {
  return listExceptions(own.store.read, { subject: `${source} body-syntax` })
}

test('3 and 4 refused events are one exception that says 7 and the latest place', async () => {
  await refuse('kafka', 'body-syntax', 3, 'usage/0 at 17')
  await refuse('kafka', 'body-syntax', 4, 'usage/1 at 5')
  expect((await exceptionsOf('kafka')).map(({ state, sentence }) => [state, sentence])).toEqual([
    [
      'open',
      'Usage from kafka was refused as body-syntax: 7 events so far, the latest of them usage/1 at 5: The event is not JSON.',
    ],
  ])
})

test('of 8 samples the latest 5 are kept, the newest first', async () => {
  for (let turn = 1; turn <= 8; turn++) await refuse('many', 'body-syntax', 1, `usage/0 at ${turn}`)
  const rows = await listRefusedUsage(own.store.read)
  const samples = rows.find(({ source }) => source === 'many')?.samples ?? []
  expect(samples.map(({ place }) => place)).toEqual([8, 7, 6, 5, 4].map((turn) => `usage/0 at ${turn}`))
})

test('an exception that was ignored is open again with the next refused event, as a second one', async () => {
  await refuse('again', 'body-syntax', 1, 'usage/0 at 1')
  const [first] = await exceptionsOf('again')
  const settled = { by: 'ada', resolution: 'the sender is mended', at: after(1) }
  await own.store.unitOfWork((unit) => settleException(unit, first?.exceptionId ?? '', 'ignored', settled))
  await refuse('again', 'body-syntax', 1, 'usage/0 at 2')
  expect((await exceptionsOf('again')).map(({ state, resolution }) => [state, resolution])).toEqual([
    ['open', null],
    ['resolved', 'the sender is mended'],
  ])
})

test('8 readers that refuse 1 event each under 2 codes at the same time are 8 and 8', async () => {
  const sample = { place: 'usage/0 at 1', found: '{', why: 'no' }
  const refusals = ['b', 'a'].map((code) => ({ code, count: 1, samples: [sample] }))
  await Promise.all(
    Array.from({ length: 8 }, () =>
      own.store.unitOfWork((unit) => keepRefusals(unit, 'busy', refusals, after(0))),
    ),
  )
  const rows = (await listRefusedUsage(own.store.read)).filter(({ source }) => source === 'busy')
  expect(rows.map(({ code, eventCount }) => [code, Number(eventCount)])).toEqual([
    ['a', 8],
    ['b', 8],
  ])
})

test('2 gaps of one partition are 2 exceptions, and the same gap told twice is 1', async () => {
  for (const gap of ['offsets 0 to 9', 'offsets 20 to 29', 'offsets 0 to 9'])
    await own.store.unitOfWork((unit) => keepGap(unit, 'kafka', 'usage/0', gap, after(0)))
  const open = await listExceptions(own.store.read, { code: 'EVENT_GAP' })
  expect(open.map(({ found }) => found).sort()).toEqual(['offsets 0 to 9', 'offsets 20 to 29'])
})
