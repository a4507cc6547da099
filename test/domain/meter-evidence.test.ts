import { expect, test } from 'vitest'
import { compileBook } from '../../src/domain/meter-book.ts'
import { evidenceOfEvent, typesCounted } from '../../src/domain/meter-evidence.ts'
import { sampleEvent, sampleMeter } from './meter-samples.ts'

const noon = new Date('2026-03-02T12:00:00Z')
const version = (changes: Parameters<typeof sampleMeter>[0], number = 1, effectiveFrom = new Date(0)) => ({
  ...sampleMeter(changes),
  version: number,
  effectiveFrom,
})

const summed = {
  meter: 'tokens',
  eventType: 'llm.request',
  aggregation: 'sum',
  valuePath: 'properties.total',
} as const
const book = compileBook([
  version({ ...summed, filters: [{ property: 'region', oneOf: ['eu'] }] }),
  version({ ...summed, eventType: 'llm.call', filters: [] }, 2, noon),
  version({ meter: 'peak', eventType: 'llm.request', aggregation: 'maximum', valuePath: 'value' }),
])

const event = (changes: Parameters<typeof sampleEvent>[0]) =>
  sampleEvent({ meter: 'llm.request', occurredAt: new Date('2026-03-02T11:00:00Z'), value: '3', ...changes })

test('the events of a meter are those of every type it ever counted, and of its own name', () => {
  expect(typesCounted(book, 'tokens')).toEqual(['tokens', 'llm.request', 'llm.call'])
  expect(typesCounted(book, 'calls')).toEqual(['calls'])
})

test('an event counts by the version of its own time; what filters leave out, and what another meter counts, is none', () => {
  const properties = { region: 'eu', total: '70.5' }
  const of = (meter: string, changes: Parameters<typeof sampleEvent>[0]) =>
    evidenceOfEvent(book, meter, event(changes), 'k')
  expect(of('tokens', { properties })).toEqual({ isAdded: true, quantity: '70.5' })
  expect(of('tokens', { properties: { ...properties, region: 'us' } })).toBeNull()
  expect(of('tokens', { properties, occurredAt: noon })).toBeNull()
  expect(of('tokens', { properties, occurredAt: noon, meter: 'llm.call' })).toEqual({
    isAdded: true,
    quantity: '70.5',
  })
  expect(of('peak', { properties })).toEqual({ isAdded: false, quantity: '3' })
  expect(of('calls', { meter: 'calls' })).toEqual({ isAdded: true, quantity: '3' })
  expect(of('tokens', { properties: { region: 'eu' } })).toBeNull()
})
