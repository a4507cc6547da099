import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../../src/store/unit-of-work.ts'
import { listExceptions } from '../../src/store/exceptions.ts'
import { listRefusedUsage } from '../../src/store/refused-usage.ts'
import {
  eventText,
  eventTexts,
  refusedCounts,
  sourceWorld,
  storedCount,
  until,
  untilStored,
  used,
  type SourceWorld,
  type Stream,
} from './usage-source-world.ts'

/** Claims every source of usage must keep. Each claim gets a stream and a database of its own. */
export function usageSourceConformance(name: string, makeStream: () => Promise<Stream>): void {
  describe(`${name} as a source of usage`, () => {
    let world: SourceWorld
    beforeEach(async () => {
      world = await sourceWorld(await makeStream())
    })
    afterEach(() => world.close())
    claimCounting(() => world)
    claimCorrections(() => world)
    claimDrops(() => world)
    claimSharing(() => world)
    claimRefusals(() => world)
    claimPoison(() => world)
    claimGaps(() => world)
  })
}

function claimCounting(world: () => SourceWorld): void {
  test('10,000 events in 3 partitions are 10,000 tokens', async () => {
    const { stream } = world()
    await Promise.all([
      stream.append(0, eventTexts('a', 5_000)),
      stream.append(1, eventTexts('b', 3_000)),
      stream.append(2, eventTexts('c', 2_000)),
    ])
    const reader = world().read()
    await untilStored(world(), 10_000)
    await reader.stop()
    expect(await used(world())).toBe('10000')
    expect(reader.reports).toEqual([])
  })

  test('300 events that the sender wrote twice, half of them to another partition, are 300 tokens', async () => {
    const { stream } = world()
    const texts = eventTexts('a', 300)
    await stream.append(0, [...texts, ...texts.slice(0, 150)])
    await stream.append(1, texts.slice(150))
    world().read()
    await stream.append(2, [eventText('last')])
    await untilStored(world(), 301)
    expect(await used(world())).toBe('301')
    expect(await refusedCounts(world())).toEqual({})
  })

  test('a reader that was stopped is followed by one that reads on: 100 and 50 events are 150 tokens', async () => {
    const { stream } = world()
    await stream.append(0, eventTexts('a', 100))
    const first = world().read()
    await untilStored(world(), 100)
    await first.stop()
    await stream.append(0, eventTexts('b', 50))
    world().read()
    await untilStored(world(), 150)
    expect(await used(world())).toBe('150')
  })
}

function claimCorrections(world: () => SourceWorld): void {
  test('of 5, 7 and 2 tokens the 5 are retracted and the 7 replaced by 3: 5 tokens; a second retraction and one of an unknown event are set aside', async () => {
    const { stream } = world()
    const retraction = (id: string, retracts: string) => eventText(id, '0', { data: undefined, retracts })
    await stream.append(0, [
      eventText('a', '5'),
      eventText('b', '7'),
      retraction('a-', 'a'),
      eventText('b2', '3', { replaces: 'b' }),
      retraction('a--', 'a'),
      retraction('x', 'nothing'),
      eventText('c', '2'),
    ])
    world().read()
    await untilStored(world(), 5)
    expect(await used(world())).toBe('5')
    expect(await refusedCounts(world())).toEqual({ 'event-corrected': 1, 'unknown-event': 1 })
  })
}

function claimDrops(world: () => SourceWorld): void {
  test('a reader that is dropped after each of its first 5 commits counts 6,000 events once each', async () => {
    const { stream } = world()
    for (const partition of [0, 1, 2]) await stream.append(partition, eventTexts(`p${partition}`, 2_000))
    let drops = 0
    const reader = world().read({
      checkpoint: () => {
        if (drops < 5) throw new Error(`dropped ${++drops}`)
      },
    })
    await until(
      () => Promise.all([storedCount(world()), drops]),
      ([stored, dropped]) => stored === 6_000 && dropped === 5,
    )
    await reader.stop()
    expect(await used(world())).toBe('6000')
    expect(reader.reports.length).toBeGreaterThan(0)
  })

  test('while the database does not answer nothing is read; then 500 events are 500 tokens', async () => {
    const { stream, own } = world()
    let isDown = true
    const store: Store = {
      ...own.store,
      unitOfWork: (work) => (isDown ? lost() : own.store.unitOfWork(work)),
    }
    await stream.append(0, eventTexts('a', 500))
    const reader = world().read({ store })
    await until(
      () => Promise.resolve(reader.reports.length),
      (told) => told >= 2,
    )
    expect(await storedCount(world())).toBe(0)
    isDown = false
    await untilStored(world(), 500)
    expect(await used(world())).toBe('500')
  })
}

function lost(): Promise<never> {
  return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
}

function claimSharing(world: () => SourceWorld): void {
  test('a second reader joins and the first leaves while 6,000 events come: each counts once', async () => {
    const { stream } = world()
    for (const partition of [0, 1, 2]) await stream.append(partition, eventTexts(`early-${partition}`, 1_000))
    const first = world().read()
    await untilStored(world(), 1_000)
    const second = world().read()
    for (const partition of [0, 1, 2]) await stream.append(partition, eventTexts(`middle-${partition}`, 500))
    await untilStored(world(), 4_500)
    const leaving = first.stop()
    for (const partition of [0, 1, 2]) await stream.append(partition, eventTexts(`late-${partition}`, 500))
    await leaving
    await untilStored(world(), 6_000)
    await second.stop()
    expect(await used(world())).toBe('6000')
    expect(await refusedCounts(world())).toEqual({})
  })
}

function claimRefusals(world: () => SourceWorld): void {
  test('of 9 messages 5 are set aside under 4 codes and 1 is a duplicate: 3 tokens', async () => {
    const { stream, own } = world()
    await stream.append(0, [
      eventText('a'),
      'not JSON',
      eventText('b', '-1'),
      eventText('c', '1', { padding: 'x'.repeat(70_000) }),
      eventText('a'),
      eventText('a', '2'),
      eventText('d'),
      eventText('e', '1', { time: '2030-01-01T00:00:00Z' }),
      eventText('f'),
    ])
    world().read()
    await untilStored(world(), 3)
    expect(await used(world())).toBe('3')
    expect(await refusedCounts(world())).toEqual({
      'body-syntax': 1,
      'event-conflict': 1,
      'event-too-large': 1,
      'invalid-event': 2,
    })
    const open = await listExceptions(own.store.read, { code: 'USAGE_REFUSED', state: 'open' })
    expect(open).toHaveLength(4)
    expect(open.map(({ sentence }) => sentence).join('\n')).toContain('2 events so far')
  })

  test('of 1,200 unreadable messages one exception is open with the count, and the latest 5 are kept', async () => {
    const { stream, own } = world()
    await stream.append(0, [
      ...Array.from({ length: 1_200 }, (_, index) => `{"broken": ${index}`),
      eventText('a'),
    ])
    world().read()
    await untilStored(world(), 1)
    const [refused] = await listRefusedUsage(own.store.read)
    expect(Number(refused?.eventCount)).toBe(1_200)
    expect(refused?.samples.map(({ found }) => found)).toEqual(
      [1_199, 1_198, 1_197, 1_196, 1_195].map((index) => `{"broken": ${index}`),
    )
    const open = await listExceptions(own.store.read, { code: 'USAGE_REFUSED', state: 'open' })
    expect(open.map(({ sentence }) => sentence)).toEqual([expect.stringContaining('1200 events so far')])
  })
}

function claimPoison(world: () => SourceWorld): void {
  test('an event the database will not take is set aside, and the 2 beside it count', async () => {
    const { stream, own } = world()
    await own.owner`alter table usage_event add constraint no_poison check (id <> 'poison')`
    await stream.append(0, [eventText('a'), eventText('poison'), eventText('c')])
    world().read()
    await untilStored(world(), 2)
    await until(
      () => refusedCounts(world()),
      (counts) => counts['unstorable-event'] === 1,
    )
    expect(await used(world())).toBe('2')
  })
}

function claimGaps(world: () => SourceWorld): void {
  test('40 of 100 events are deleted before they are read: 60 count, and one exception tells of the gap', async () => {
    const { stream, own } = world()
    await stream.append(0, eventTexts('a', 10))
    const first = world().read()
    await untilStored(world(), 10)
    await first.stop()
    await stream.append(0, eventTexts('b', 100))
    await stream.deleteBefore(0, 50)
    world().read()
    await untilStored(world(), 70)
    expect(await used(world())).toBe('70')
    const open = await listExceptions(own.store.read, { code: 'EVENT_GAP', state: 'open' })
    expect(open.map(({ found }) => found)).toEqual(['offsets 10 to 49 were deleted unread'])
  })
}
