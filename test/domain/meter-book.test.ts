import { describe, expect, test } from 'vitest'
import { compileBook, countedBy, countsAsItself, otherGroup } from '../../src/domain/meter-book.ts'
import type { MeterVersion } from '../../src/domain/meter.ts'
import { sampleEvent, sampleVersion } from './meter-samples.ts'

const hour = Date.parse('2026-03-01T10:00:00Z')
const counted = (versions: readonly MeterVersion[], changes = {}) =>
  countedBy(compileBook(versions), sampleEvent(changes), 'key-1')

describe('an event whose type nobody defined', () => {
  const itself = {
    kind: 'added',
    meter: 'llm.request',
    startsAtMilliseconds: hour,
    group: '',
    groupsAtMost: 1,
    quantity: '500',
  }

  test('counts 500 of the meter that its type names, with an empty book and beside other definitions', () => {
    expect(counted([])).toEqual([itself])
    expect(counted([sampleVersion({ eventType: 'other' })])).toEqual([itself])
    expect(countsAsItself(compileBook([]), sampleEvent())).toBe(true)
    expect(countsAsItself(compileBook([sampleVersion({ eventType: 'other' })]), sampleEvent())).toBe(true)
  })

  test('and before the first hour of the definition that claims it', () => {
    const later = [sampleVersion({ effectiveFrom: new Date('2026-03-01T11:00:00Z') })]
    expect(counted(later)).toEqual([itself])
    expect(countsAsItself(compileBook(later), sampleEvent())).toBe(true)
    const occurredAt = new Date('2026-03-01T11:00:00Z')
    expect(counted(later, { occurredAt })).toMatchObject([{ meter: 'llm-tokens', quantity: '500' }])
    expect(countsAsItself(compileBook(later), sampleEvent({ occurredAt }))).toBe(false)
  })

  test('before 1970 lies in the hour that it lies in', () => {
    expect(counted([], { occurredAt: new Date('1969-12-31T23:30:00Z') })).toMatchObject([
      { startsAtMilliseconds: Date.parse('1969-12-31T23:00:00Z') },
    ])
  })
})

test('one event feeds three meters: 500 tokens, 1 request and a reading of 1.5 seconds, and the meter of its type no more', () => {
  const versions = [
    sampleVersion(),
    sampleVersion({ meter: 'requests', aggregation: 'count', valuePath: null }),
    sampleVersion({ meter: 'slowest', aggregation: 'maximum', valuePath: 'properties.seconds' }),
  ]
  expect(counted(versions)).toEqual([
    expect.objectContaining({ kind: 'added', meter: 'llm-tokens', quantity: '500' }),
    expect.objectContaining({ kind: 'added', meter: 'requests', quantity: '1' }),
    {
      kind: 'point',
      meter: 'slowest',
      startsAtMilliseconds: hour,
      group: '',
      groupsAtMost: 1000,
      aggregation: 'maximum',
      atMilliseconds: Date.parse('2026-03-01T10:15:00Z'),
      key: 'key-1',
      value: '1.5',
    },
  ])
})

test('the version of the hour counts: 500 by value until noon, 1.5 by seconds from noon on', () => {
  const versions = [
    sampleVersion({
      version: 2,
      effectiveFrom: new Date('2026-03-01T12:00:00Z'),
      valuePath: 'properties.seconds',
    }),
    sampleVersion(),
  ]
  const at = (time: string) => counted(versions, { occurredAt: new Date(`2026-03-01T${time}Z`) })
  expect(at('11:59:59.999')).toMatchObject([{ quantity: '500' }])
  expect(at('12:00:00.000')).toMatchObject([{ quantity: '1.5' }])
})

test('a version takes over also from one that was yet to begin: of three from 10, 14 and 12 o’clock the second never holds', () => {
  const from = (
    version: number,
    clock: string,
    quantity: 'value' | 'properties.seconds' | 'properties.calls',
  ) => sampleVersion({ version, valuePath: quantity, effectiveFrom: new Date(`2026-03-01T${clock}:00:00Z`) })
  const versions = [
    from(1, '10', 'value'),
    from(2, '14', 'properties.calls'),
    from(3, '12', 'properties.seconds'),
  ]
  const at = (clock: string) => counted(versions, { occurredAt: new Date(`2026-03-01T${clock}:00:00Z`) })[0]
  expect(at('11')).toMatchObject({ quantity: '500' })
  for (const clock of ['12', '14', '20']) expect(at(clock)).toMatchObject({ quantity: '1.5' })
})

describe('filters', () => {
  const regions = (filter: 'oneOf' | 'noneOf', ...values: string[]) =>
    counted([
      sampleVersion({
        filters: [{ property: 'region', [filter]: values } as { property: string; oneOf: string[] }],
      }),
    ]).length

  test('one of eu and us lets eu in, one of us does not; none of us lets it in, none of eu does not', () => {
    expect([regions('oneOf', 'eu', 'us'), regions('oneOf', 'us')]).toEqual([1, 0])
    expect([regions('noneOf', 'us'), regions('noneOf', 'eu')]).toEqual([1, 0])
  })

  test('a property that is missing is none of any values, not one of them, and not present', () => {
    const missing = (filter: object) =>
      counted([sampleVersion({ filters: [{ property: 'tier', ...filter } as never] })]).length
    expect([missing({ oneOf: ['a'] }), missing({ noneOf: ['a'] }), missing({ present: true })]).toEqual([
      0, 1, 0,
    ])
  })

  test('all of them must let an event in, and what all objects inherit is no property', () => {
    const filters = [
      { property: 'region', present: true },
      { property: 'toString', present: true },
    ] as const
    expect(counted([sampleVersion({ filters: [filters[0]] })])).toHaveLength(1)
    expect(counted([sampleVersion({ filters })])).toEqual([])
  })
})

describe('groups', () => {
  const groupOf = (groupBy: string[], properties = {}) =>
    counted([sampleVersion({ groupBy })], { properties })[0]

  test('list the values in the order of the definition, null for one that is missing', () => {
    const properties = { region: 'eu', model: 'a"b' }
    expect(groupOf(['model', 'region', 'tier'], properties)).toMatchObject({ group: '["a\\"b","eu",null]' })
    expect(groupOf([], properties)).toMatchObject({ group: '' })
  })

  test('of more than 300 characters count as other, which no list of values is', () => {
    expect(groupOf(['model'], { model: 'x'.repeat(296) })).toMatchObject({ group: `["${'x'.repeat(296)}"]` })
    expect(groupOf(['model'], { model: 'x'.repeat(297) })).toMatchObject({ group: otherGroup })
    expect(groupOf(['model'], { model: 'other' })).toMatchObject({ group: '["other"]' })
  })
})

describe('what cannot be read says why, and by which definition', () => {
  const bySeconds = sampleVersion({ valuePath: 'properties.seconds' })

  test.each([
    [{}, 'missing'],
    [{ seconds: 'fast' }, 'not-a-number'],
    [{ seconds: '-1' }, 'not-a-number'],
    [{ seconds: '1e3' }, 'not-a-number'],
    [{ seconds: '0.1234567890123' }, 'not-a-number'],
  ])('%j is %s', (properties, reason) => {
    expect(counted([bySeconds], { properties })).toEqual([
      { kind: 'unreadable', meter: 'llm-tokens', reason, definition: bySeconds },
    ])
  })

  test('a member that is missing is missing, any other counts as it is written', () => {
    const users = sampleVersion({ aggregation: 'unique', valuePath: 'properties.user' })
    expect(counted([users])).toMatchObject([{ kind: 'unreadable', reason: 'missing' }])
    expect(counted([users], { properties: { user: '007.0' } })).toMatchObject([
      { kind: 'point', aggregation: 'unique', value: '007.0' },
    ])
  })

  test('a type that bears the name of a meter that counts another type, from its first hour on', () => {
    const versions = [sampleVersion({ meter: 'llm.request', eventType: 'llm.call' })]
    expect(counted(versions)).toMatchObject([{ kind: 'unreadable', reason: 'other-type' }])
    const occurredAt = new Date('2026-02-28T23:59:59Z')
    expect(counted(versions, { occurredAt })).toMatchObject([{ kind: 'added', quantity: '500' }])
  })
})
