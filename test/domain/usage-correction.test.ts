import { expect, test } from 'vitest'
import { readEvent } from '../../src/domain/event-reading.ts'
import { quickEvent } from '../../src/domain/quick-event.ts'
import { faultOfCorrection } from '../../src/domain/usage-correction.ts'

const now = new Date('2026-03-02T09:00:00Z')
const attributes = {
  specversion: '1.0',
  id: 'r',
  source: 'acme/gateway',
  type: 'tokens',
  subject: 'acme',
  time: '2026-03-02T08:30:00Z',
}

const read = (changes: object) => {
  const document = { ...attributes, ...changes }
  expect(quickEvent(document)).toBeNull()
  const reading = readEvent(document, now)
  return reading.kind === 'sound' ? reading.event : reading.faults.map(({ pointer }) => pointer)
}

test('a retraction is an event of zero that says what it retracts; a replacement counts its own value', () => {
  expect(read({ retracts: 'a' })).toEqual({
    source: 'acme/gateway',
    id: 'r',
    meter: 'tokens',
    subject: 'acme',
    occurredAt: new Date('2026-03-02T08:30:00Z'),
    value: '0',
    properties: { retracts: 'a' },
    corrects: { kind: 'retraction', id: 'a' },
  })
  expect(read({ replaces: 'a', data: { value: '3.0' } })).toMatchObject({
    value: '3',
    corrects: { kind: 'replacement', id: 'a' },
  })
})

test.each([
  ['with data', { retracts: 'a', data: { value: '1' } }, '/data'],
  ['of itself', { retracts: 'r' }, '/retracts'],
  ['of nothing', { retracts: ' ' }, '/retracts'],
  ['that is a replacement too', { retracts: 'a', replaces: 'b' }, '/replaces'],
  ['by itself', { replaces: 'r', data: { value: '1' } }, '/replaces'],
  ['without data', { replaces: 'a' }, '/data'],
])('a correction %s is refused', (_what, changes, pointer) => {
  expect(read(changes)).toEqual([pointer])
})

test('a replacement may have another meter and subject than its original, a retraction may not', () => {
  const original = { meter: 'calls', subject: 'acme', isRetraction: false, correctedBy: null }
  const event = (kind: 'retraction' | 'replacement') => ({
    source: 's',
    id: 'r',
    meter: 'tokens',
    subject: 'acme',
    occurredAt: now,
    value: '0',
    properties: {},
    corrects: { kind, id: 'a' },
  })
  expect(faultOfCorrection(event('replacement'), original)).toBeNull()
  expect(faultOfCorrection(event('retraction'), original)).toEqual({
    pointer: '/retracts',
    code: 'correction-mismatch',
    message: 'The event a has the type calls and the subject acme.',
  })
})
