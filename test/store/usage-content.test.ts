import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KeptUsage } from '../../src/ports/usage-archive.ts'
import { missingEvents, restoreEvents } from '../../src/store/usage-archive-restore.ts'
import { ContentSum } from '../../src/store/usage-content.ts'
import { ownStore, type OwnStore } from './store.ts'

const month = '2024-01'
let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

test('the hash of 2,000 random events is the same here and in the database', async () => {
  const said = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 40 })
    .map((text) => text.replaceAll('\0', '-'))
  const instant = fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') })
  const usage: fc.Arbitrary<KeptUsage> = fc.record({
    source: said,
    id: said,
    meter: fc.stringMatching(/^[a-z0-9_.-]{1,20}$/),
    subject: said,
    customerId: fc.uuid(),
    occurredAt: instant,
    receivedAt: fc.constant(new Date(`${month}-15T00:00:00.789Z`)),
    value: fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), fc.stringMatching(/^(\.\d{1,12})?$/))
      .map(([whole, fraction]) => `${whole}${fraction}`),
    properties: fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,9}$/), said, { maxKeys: 6 }),
  })
  const sample = fc.sample(usage, { numRuns: 2_000, seed: 42 })
  expect(await own.store.unitOfWork((unit) => restoreEvents(unit, month, sample))).toBe(2_000)
  expect(await missingEvents(own.store.read, month, sample)).toEqual([])
  await own.owner`update usage_event set customer_id = 'other' where source = ${sample[7]?.source ?? ''}`
  await expect(missingEvents(own.store.read, month, sample)).rejects.toThrow('otherwise than the file')
})

const one: KeptUsage = {
  source: 'gateway',
  id: 'a',
  meter: 'tokens',
  subject: 'acme',
  customerId: 'cus_1',
  occurredAt: new Date('2024-01-03T10:15:00.123Z'),
  receivedAt: new Date('2024-01-03T10:15:01Z'),
  value: '0.1',
  properties: {},
}

test('0.1 and 0.2 are 2 events of 0.3, of one hash in whatever order, and of another when a digit differs', () => {
  const contentOf = (...usage: KeptUsage[]) => {
    const sum = new ContentSum()
    for (const each of usage) sum.add(each)
    return sum.content()
  }
  const [first, second] = [one, { ...one, id: 'b', value: '0.2' }]
  const content = contentOf(first, second)
  expect(content).toMatchObject({ eventCount: 2, quantities: { tokens: '0.3' } })
  expect(contentOf(second, first)).toEqual(content)
  expect(contentOf(first, { ...second, value: '0.20' })).not.toEqual(content)
  expect(contentOf()).toEqual({ eventCount: 0, contentHash: '0'.repeat(32), quantities: {} })
})
