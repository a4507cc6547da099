import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { UsageCorrection, UsageEvent } from '../../src/domain/usage.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { tieOutUsage } from '../../src/jobs/tie-out/usage.ts'
import type { JobContext } from '../../src/jobs/job.ts'
import { attachUsage } from '../../src/store/attach-usage.ts'
import { addAlias, ensureCustomer } from '../../src/store/customers.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import { keepUsage } from '../../src/store/keep-usage.ts'
import { usageSums } from '../../src/store/usage-sums.ts'
import { listCorrections } from '../../src/store/usage-corrections.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import {
  unmatchedSubjects,
  usageOfMonth,
  usageOfRanges,
  usageReceivedAfter,
  windowOf,
} from '../../src/store/usage-windows.ts'
import { countAt } from './counted.ts'
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

function use(id: string, value: string, changes: Partial<UsageEvent> = {}): UsageEvent {
  return {
    source: `app-${subject}`,
    id,
    meter: 'tokens',
    subject,
    occurredAt: new Date('2026-03-01T10:15:00Z'),
    value,
    properties: {},
    ...changes,
  }
}

function retraction(id: string, of: string, changes: Partial<UsageEvent> = {}): UsageEvent {
  const corrects: UsageCorrection = { kind: 'retraction', id: of }
  const occurredAt = new Date('2026-03-02T08:00:00Z')
  return use(id, '0', { occurredAt, properties: { retracts: of }, corrects, ...changes })
}

function replacement(id: string, of: string, value: string, changes: Partial<UsageEvent> = {}): UsageEvent {
  return use(id, value, { corrects: { kind: 'replacement', id: of }, ...changes })
}

const keeping = () => ({ clock: own.clock, doorbell: silentDoorbell })

/** Keeps events in one call and counts them; answers outcomes, of a refused correction its code. */
async function send(...events: UsageEvent[]): Promise<string[]> {
  return sendAt(0, ...events)
}

async function sendAt(seconds: number, ...events: UsageEvent[]): Promise<string[]> {
  const outcomes = await own.store.unitOfWork(async (unit) => {
    const became = await keepUsage(unit, events.map(keyedEvent), after(seconds), keeping())
    await countAt(unit, after(seconds))
    return became
  })
  return outcomes.map((outcome) => (typeof outcome === 'object' ? outcome.fault.code : outcome))
}

const march = [new Date('2026-03-01T00:00:00Z'), new Date('2026-04-01T00:00:00Z')] as const
const used = () => usageOfMonth(own.store.read, customerId, 'tokens', ...march)
const hour = (startsAt = '2026-03-01T10:00:00Z') =>
  windowOf(own.store.read, { customerId, meter: 'tokens', startsAt: new Date(startsAt) })

/** What was accepted of the customer's tokens, voided and counted. */
async function sums() {
  const found = (await usageSums(own.store)).find((sum) => sum.customerId === customerId)
  return [found?.accepted, found?.voided, found?.inWindows]
}

async function waitingSubjects(): Promise<string[]> {
  const open = await listExceptions(own.store.read, { state: 'open' })
  return open.filter(({ code }) => code === 'UNMATCHED_USAGE').map(({ subject: about }) => about)
}

describe('a retraction', () => {
  test('of 5 in an hour of 12 leaves 7 of one event, and the hour has a further revision', async () => {
    expect(await send(use('a', '5'), use('b', '7'))).toEqual(['accepted', 'accepted'])
    expect(await send(retraction('r', 'a'))).toEqual(['accepted'])
    expect(await hour()).toMatchObject({ quantity: '7', eventCount: 1, revision: 2 })
    expect(await sums()).toEqual(['12', '5', '7'])
    expect(await hour('2026-03-02T08:00:00Z')).toBeNull()
    expect(await listCorrections(own.store.read, { customerId, limit: 10 })).toMatchObject([
      {
        kind: 'retraction',
        originalId: 'a',
        correctingId: 'r',
        quantity: '5',
        correctedAt: new Date('2026-03-02T08:00:00Z'),
      },
    ])
  })

  test('is found with its original in one call, in whatever order, and leaves nothing', async () => {
    expect(await send(retraction('r', 'a'), use('a', '5'))).toEqual(['accepted', 'accepted'])
    expect(await used()).toBe('0')
    expect(await sums()).toEqual(['5', '5', '0'])
  })

  test('counted apart from its original: the hour is 5 and then 0', async () => {
    await send(use('a', '5'))
    expect(await used()).toBe('5')
    await send(retraction('r', 'a'))
    expect(await used()).toBe('0')
    expect(await hour()).toMatchObject({ quantity: '0', eventCount: 0 })
  })

  test('sent again is a duplicate, with another body a conflict, and another of the same event is refused by name (E6-120)', async () => {
    await send(use('a', '5'), use('b', '7'))
    expect(await send(retraction('r', 'a'), retraction('r', 'a'))).toEqual(['accepted', 'duplicate'])
    expect(await send(retraction('r', 'a'))).toEqual(['duplicate'])
    const later = { occurredAt: new Date('2026-03-02T09:00:00Z') }
    expect(await send(retraction('r', 'b'), retraction('r', 'a', later), use('r', '1'))).toEqual([
      'conflict',
      'conflict',
      'conflict',
    ])
    const [again] = await own.store.unitOfWork((unit) =>
      keepUsage(unit, [keyedEvent(retraction('r2', 'a'))], after(1), keeping()),
    )
    expect(again).toEqual({
      fault: {
        pointer: '/retracts',
        code: 'event-corrected',
        message: 'The event a was corrected by r already.',
      },
    })
    expect(await used()).toBe('7')
  })

  test('of what is unknown, of another source, of another type or subject, and of a retraction keeps nothing', async () => {
    await send(use('a', '5'), retraction('r', 'a'), use('b', '7'))
    const outcomes = await send(
      retraction('x1', 'nothing'),
      retraction('x2', 'b', { source: 'another' }),
      retraction('x3', 'b', { meter: 'calls' }),
      retraction('x4', 'b', { subject: 'another' }),
      retraction('x5', 'r'),
      replacement('x6', 'r', '1'),
    )
    expect(outcomes).toEqual([
      'unknown-event',
      'unknown-event',
      'correction-mismatch',
      'correction-mismatch',
      'correction-mismatch',
      'correction-mismatch',
    ])
    expect(await used()).toBe('7')
    const kept = await own.owner`select from usage_event where source = ${`app-${subject}`}`
    expect(kept).toHaveLength(3)
  })

  test('sent by six at once under ids of their own: one is taken, and five hear by which', async () => {
    await send(use('a', '5'), use('b', '1'))
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((sender) => send(retraction(`r${sender}`, 'a'))),
    )
    expect(outcomes.flat().sort()).toEqual(['accepted', ...Array<string>(5).fill('event-corrected')])
    expect(await used()).toBe('1')
  })

  test('received after an instant takes from what was known then: 5 before, 0 by now', async () => {
    await sendAt(0, use('a', '5'))
    await sendAt(60, retraction('r', 'a'), use('b', '2'))
    const range = { customerId, meter: 'tokens', from: march[0], to: march[1] }
    expect(await usageOfRanges(own.store.read, [range])).toEqual(['2'])
    expect(await usageReceivedAfter(own.store.read, [range], after(30))).toEqual(['-3'])
  })

  test('leaves nothing in a range that begins within the hour', async () => {
    await send(use('a', '5'), use('b', '7'), retraction('r', 'a'))
    const from = new Date('2026-03-01T10:10:00Z')
    const range = { customerId, meter: 'tokens', from, to: new Date('2026-03-01T10:30:00Z') }
    expect(await usageOfRanges(own.store.read, [range])).toEqual(['7'])
  })
})

describe('a replacement', () => {
  test('of 5 at ten by 3 at eleven moves the use to its own hour', async () => {
    await send(use('a', '5'), use('b', '7'))
    const at = { occurredAt: new Date('2026-03-01T11:20:00Z') }
    expect(await send(replacement('a2', 'a', '3', at))).toEqual(['accepted'])
    expect(await hour()).toMatchObject({ quantity: '7', eventCount: 1 })
    expect(await hour('2026-03-01T11:00:00Z')).toMatchObject({ quantity: '3', eventCount: 1 })
    expect(await sums()).toEqual(['15', '5', '10'])
  })

  test('is replaced and retracted in its turn, in one call, and its original never twice', async () => {
    const outcomes = await send(
      use('a', '5'),
      replacement('a2', 'a', '3'),
      replacement('a3', 'a2', '4'),
      replacement('a4', 'a2', '9'),
      retraction('r', 'a3'),
    )
    expect(outcomes).toEqual(['accepted', 'accepted', 'accepted', 'event-corrected', 'accepted'])
    expect(await used()).toBe('0')
    expect(await sums()).toEqual(['12', '12', '0'])
  })

  test('gives the use of another customer to whom it belongs', async () => {
    const wanted = {
      crm: 'salesforce',
      org: '00D',
      crmAccountId: `b${turn}`,
      entity: 'us',
      name: 'B',
    } as const
    const other = await own.store.unitOfWork((unit) => ensureCustomer(unit, wanted, after(0)))
    await send(use('a', '5'), replacement('a2', 'a', '5', { subject: `b${turn}` }))
    expect(await used()).toBe('0')
    expect(await usageOfMonth(own.store.read, other.customerId, 'tokens', ...march)).toBe('5')
  })
})

describe('use that waits for its customer', () => {
  test('and is retracted counts nothing when it is linked, and its exception ends with the last of it', async () => {
    const stranger = `stranger-${subject}`
    const strange = { subject: stranger }
    expect(await send(use('a', '5', strange), use('b', '7', strange))).toEqual(['unmatched', 'unmatched'])
    expect(await send(retraction('r', 'a', strange))).toEqual(['accepted'])
    expect(await unmatchedSubjects(own.store.read)).toContainEqual(
      expect.objectContaining({ subject: stranger, count: 1 }),
    )
    expect(await waitingSubjects()).toContain(stranger)
    await own.store.unitOfWork(async (unit) => {
      await addAlias(unit, stranger, customerId, after(1))
      await attachUsage(unit, [stranger], keeping())
      await countAt(unit, after(1))
    })
    expect(await used()).toBe('7')
    expect(await sums()).toEqual(['12', '5', '7'])
    expect(await send(retraction('r2', 'b', strange))).toEqual(['accepted'])
    expect(await used()).toBe('0')
    expect(await sums()).toEqual(['12', '12', '0'])
  })

  test('and is retracted whole waits for nobody', async () => {
    const strange = { subject: `stranger-${subject}` }
    await send(use('a', '5', strange))
    expect(await waitingSubjects()).toContain(strange.subject)
    await send(retraction('r', 'a', strange))
    expect(await waitingSubjects()).not.toContain(strange.subject)
  })

  test('and is linked and retracted in the same moment counts nothing, whoever is first', async () => {
    for (let round = 0; round < 8; round++) {
      const strange = { subject: `racer-${subject}-${round}` }
      await send(use(`a${round}`, '5', strange))
      await own.store.unitOfWork((unit) => addAlias(unit, strange.subject, customerId, after(1)))
      await Promise.all([
        own.store.unitOfWork((unit) => attachUsage(unit, [strange.subject], keeping())),
        send(retraction(`r${round}`, `a${round}`, strange)),
      ])
    }
    await own.store.unitOfWork((unit) => countAt(unit, after(2)))
    expect(await sums()).toEqual(['40', '40', '0'])
    expect(await used()).toBe('0')
  })
})

test('the tie-out of usage finds that accepted is counted and voided, of every customer', async () => {
  const context = { store: own.store, ...keeping() } as unknown as JobContext
  expect((await tieOutUsage(context)).differences).toEqual([])
})
