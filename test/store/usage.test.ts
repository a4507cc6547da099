import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { addAlias, ensureCustomer } from '../../src/store/customers.ts'
import { attachUnmatched } from '../../src/store/unmatched-usage.ts'
import {
  listEvents,
  listWindows,
  metersOfCustomer,
  unmatchedSubjects,
  usageOfMonth,
  usageOfRanges,
  windowOf,
} from '../../src/store/usage-windows.ts'
import { acceptAndCount } from './counted.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

let customerId = ''
let subject = ''
let turn = 0
beforeEach(async () => {
  subject = `account-${++turn}`
  const wanted = { crm: 'salesforce', org: '00D', crmAccountId: subject, entity: 'us', name: 'Acme' } as const
  customerId = (await own.store.unitOfWork((unit) => ensureCustomer(unit, wanted, after(0)))).customerId
})

function event(id: string, value: string, changes: Partial<UsageEvent> = {}): UsageEvent {
  return {
    source: `app-${subject}`,
    id,
    meter: 'tokens',
    subject,
    occurredAt: new Date('2026-03-01T10:15:00Z'),
    value,
    properties: { region: 'eu' },
    ...changes,
  }
}

function accept(...events: UsageEvent[]) {
  return acceptAndCount(own.store, events, after(0))
}

const march = [new Date('2026-03-01T00:00:00Z'), new Date('2026-04-01T00:00:00Z')] as const
const used = (from: Date = march[0], to: Date = march[1]) =>
  usageOfMonth(own.store.read, customerId, 'tokens', from, to)

test('0.1 and 0.2 tokens are 0.3 exactly, in one hour of two events', async () => {
  expect(await accept(event('a', '0.1'), event('b', '0.2'))).toEqual(['accepted', 'accepted'])
  expect(await used()).toBe('0.3')
  const startsAt = new Date('2026-03-01T10:00:00Z')
  expect(await windowOf(own.store.read, { customerId, meter: 'tokens', startsAt })).toMatchObject({
    quantity: '0.3',
    eventCount: 2,
    revision: 1,
    reportedRevision: 0,
  })
})

test('the same event again counts once; the same id with another body is told apart and not counted', async () => {
  expect(await accept(event('a', '5'), event('a', '5'), event('a', '6'))).toEqual([
    'accepted',
    'duplicate',
    'conflict',
  ])
  expect(await accept(event('a', '5'), event('a', '7'), event('b', '1'))).toEqual([
    'duplicate',
    'conflict',
    'accepted',
  ])
  const reordered = event('a', '5', { properties: { region: 'eu' } })
  expect(await accept(reordered)).toEqual(['duplicate'])
  expect(await used()).toBe('6')
})

test('one id from another source is another event', async () => {
  expect(await accept(event('a', '5'), event('a', '5', { source: 'other' + subject }))).toEqual([
    'accepted',
    'accepted',
  ])
  expect(await used()).toBe('10')
})

test('six senders of the same 300 events at once count each once', async () => {
  const events = Array.from({ length: 300 }, (_, index) => event(`race-${index}`, '1'))
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, (_, sender) => accept(...(sender % 2 ? events : events.toReversed()))),
  )
  expect(outcomes.flat().filter((outcome) => outcome === 'accepted')).toHaveLength(300)
  expect(outcomes.flat().filter((outcome) => outcome === 'duplicate')).toHaveLength(1500)
  expect(await used()).toBe('300')
})

test('an unknown subject waits, and counts when somebody says whose it is', async () => {
  const stranger = `stranger-${subject}`
  expect(await accept(event('a', '3', { subject: stranger }), event('b', '4'))).toEqual([
    'unmatched',
    'accepted',
  ])
  expect(await used()).toBe('4')
  expect(await unmatchedSubjects(own.store.read)).toContainEqual({
    subject: stranger,
    count: 1,
    oldestAt: new Date('2026-03-01T10:15:00Z'),
  })
  const attached = await own.store.unitOfWork(async (unit) => {
    await addAlias(unit, stranger, customerId, after(1))
    return attachUnmatched(unit, after(1), [stranger])
  })
  expect(attached).toEqual({
    events: new Map([[stranger, 1]]),
    uses: [{ subject: stranger, meter: 'tokens', occurredAt: new Date('2026-03-01T10:15:00Z') }],
  })
  expect(await used()).toBe('7')
  expect(await own.store.unitOfWork((unit) => attachUnmatched(unit, after(2), [stranger]))).toEqual({
    events: new Map(),
    uses: [],
  })
  expect(await used()).toBe('7')
})

test('a CRM account billed by two entities names neither until somebody says which', async () => {
  const wanted = { crm: 'salesforce', org: '00D', crmAccountId: subject, entity: 'eu', name: 'Acme' } as const
  await own.store.unitOfWork((unit) => ensureCustomer(unit, wanted, after(0)))
  expect(await accept(event('a', '3'))).toEqual(['unmatched'])
  expect(await accept(event('b', '3', { subject: customerId }))).toEqual(['accepted'])
})

test('a month that begins within an hour, as in Kolkata, counts the events on its own side', async () => {
  const at = (time: string) => ({ occurredAt: new Date(time) })
  await accept(
    event('before', '1', at('2026-02-28T18:29:59Z')),
    event('first', '10', at('2026-02-28T18:30:00Z')),
    event('whole', '100', at('2026-03-15T12:00:00Z')),
    event('last', '1000', at('2026-03-31T18:29:59Z')),
    event('after', '10000', at('2026-03-31T18:30:00Z')),
  )
  const [from, to] = [new Date('2026-02-28T18:30:00Z'), new Date('2026-03-31T18:30:00Z')]
  expect(await used(from, to)).toBe('1110')
  expect(await used(new Date('2026-02-28T18:10:00Z'), new Date('2026-02-28T18:30:00Z'))).toBe('1')
  const halves = await usageOfRanges(own.store.read, [
    { customerId, meter: 'tokens', from, to: new Date('2026-03-15T12:30:00Z') },
    { customerId, meter: 'tokens', from: new Date('2026-03-15T12:30:00Z'), to },
    { customerId, meter: 'other', from, to },
  ])
  expect(halves).toEqual(['110', '1000', '0'])
})

test('hours and events of a range are listed in order', async () => {
  const at = (time: string) => ({ occurredAt: new Date(time) })
  await accept(
    event('two', '2', at('2026-03-01T12:00:00Z')),
    event('one', '1'),
    event('x', '1', { meter: 'seats' }),
  )
  const range = { customerId, meter: 'tokens', from: march[0], to: march[1] }
  expect((await listWindows(own.store.read, range)).map(({ quantity }) => quantity)).toEqual(['1', '2'])
  expect(
    (await listEvents(own.store.read, range)).map(({ id, receivedAt, ...rest }) => [
      id,
      receivedAt,
      rest.properties,
    ]),
  ).toEqual([
    ['one', after(0), { region: 'eu' }],
    ['two', after(0), { region: 'eu' }],
  ])
  expect(await metersOfCustomer(own.store.read, customerId)).toEqual(['seats', 'tokens'])
})
