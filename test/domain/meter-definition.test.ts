import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { describe, expect, test } from 'vitest'
import { publicationFault, typesChanged, type Publication } from '../../src/domain/meter.ts'
import { parseMeterDefinition } from '../../src/domain/meter-definition.ts'
import { tooManyGroups, unreadableUsage } from '../../src/domain/meter-issue.ts'
import { sampleMeter, sampleVersion } from './meter-samples.ts'

const written = {
  format: 1,
  name: 'llm-tokens',
  displayName: 'LLM tokens',
  unit: 'tokens',
  eventType: 'llm.request',
  aggregation: 'sum',
}

const parsed = (changes: object) => parseMeterDefinition({ ...written, ...changes })
const faults = (changes: object) => {
  const result = parsed(changes)
  return result.ok ? [] : result.error
}

describe('a definition file', () => {
  test('of six lines is the sum of the value without groups, at most 1,000 groups, from an hour to be said', () => {
    expect(parsed({})).toEqual({ ok: true, value: { definition: sampleMeter(), effectiveFrom: null } })
  })

  test('says filters, groups and from when it holds', () => {
    const result = parsed({
      value: 'properties.seconds',
      groupBy: ['region', 'model'],
      groupsAtMost: 20,
      filters: [
        { property: 'tier', oneOf: ['gold'] },
        { property: 'test', noneOf: ['true'] },
        { property: 'model', present: true },
      ],
      effectiveFrom: '2027-01-01T01:00:00+01:00',
    })
    expect(result).toEqual({
      ok: true,
      value: {
        definition: sampleMeter({
          valuePath: 'properties.seconds',
          groupBy: ['region', 'model'],
          groupsAtMost: 20,
          filters: [
            { property: 'tier', oneOf: ['gold'] },
            { property: 'test', noneOf: ['true'] },
            { property: 'model', present: true },
          ],
        }),
        effectiveFrom: new Date('2027-01-01T00:00:00Z'),
      },
    })
  })

  test('of a count reads nothing', () => {
    const definition = sampleMeter({ aggregation: 'count', valuePath: null })
    expect(parsed({ aggregation: 'count' })).toEqual({ ok: true, value: { definition, effectiveFrom: null } })
  })

  test.each([
    [{ name: 'LLM' }, 'name must be the name of a meter: small letters, digits, _ . and -.'],
    [{ displayName: ' ' }, 'displayName must not be empty.'],
    [{ unit: 'a\tb' }, 'unit must not hold control characters.'],
    [{ aggregation: 'max' }, 'aggregation must be one of sum, count, maximum, last, unique, time-weighted.'],
    [{ aggregation: 'count', value: 'value' }, 'value is not read by a count: leave it out.'],
    [
      { aggregation: 'unique', value: 'value' },
      'value must be the property whose different values count, such as properties.user.',
    ],
    [{ value: 'data.value' }, 'value must be value or properties.<name>.'],
    [{ groupBy: ['a', 'b', 'c', 'd', 'e', 'f'] }, 'groupBy must name at most 5 properties.'],
    [{ groupBy: ['a', 'a'] }, 'groupBy must name each property once.'],
    [
      { groupBy: ['__proto__'] },
      'groupBy.0 must be the name of a property: a letter first, then letters, digits, _ . and -.',
    ],
    [{ groupsAtMost: 0 }, 'groupsAtMost must be at least 1.'],
    [{ groupsAtMost: 10_001 }, 'groupsAtMost must be at most 10000.'],
    [{ filters: [{ property: 'a' }] }, 'filters.0 must have exactly one of oneOf, noneOf and present.'],
    [{ filters: [{ property: 'a', oneOf: [true] }] }, 'filters.0.oneOf.0 must be text; put it in quotes.'],
    [{ filters: [{ property: 'a', equals: 'b' }] }, 'filters.0.equals is not part of a meter.'],
    [{ effectiveFrom: '2027-01-01' }, 'effectiveFrom must be an instant such as 2027-01-01T00:00:00Z.'],
    [{ color: 'red' }, 'color is not part of a meter.'],
  ])('with %j: %s', (changes, sentence) => {
    expect(faults(changes)).toContain(sentence)
  })

  test('that holds no definition at all is told so', () => {
    expect(parseMeterDefinition('tokens')).toEqual({
      ok: false,
      error: ['The file must hold the definition of a meter.'],
    })
  })
})

test('the definition in the documentation is one', () => {
  const page = readFileSync(new URL('../../docs/meters.md', import.meta.url), 'utf8')
  const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
  expect(parseMeterDefinition(parse(text))).toMatchObject({
    ok: true,
    value: { definition: { meter: 'llm-seconds', groupBy: ['region', 'model'], groupsAtMost: 1000 } },
  })
})

describe('a definition is not published', () => {
  const base: Publication = {
    definition: sampleMeter(),
    effectiveFrom: new Date('2026-04-01T00:00:00Z'),
    before: null,
    isCounted: false,
    isAddedUp: false,
  }
  const codeOf = (changes: Partial<Publication>) => publicationFault({ ...base, ...changes })?.code ?? null

  test('from within an hour, nor over what was counted', () => {
    expect(codeOf({})).toBe(null)
    expect(codeOf({ effectiveFrom: new Date('2026-04-01T00:30:00Z') })).toBe('not-on-the-hour')
    expect(codeOf({ effectiveFrom: new Date('2026-04-01T00:00:00.001Z') })).toBe('not-on-the-hour')
    expect(codeOf({ isCounted: true })).toBe('already-counted')
  })

  test.each([
    ['sum', 'count', null],
    ['count', 'sum', null],
    ['sum', 'maximum', 'counts-otherwise'],
    ['maximum', 'last', 'counts-otherwise'],
    ['unique', 'unique', null],
  ] as const)('from %s to %s: %s', (before, aggregation, code) => {
    const changed = {
      definition: sampleMeter({ aggregation }),
      before: sampleVersion({ aggregation: before }),
    }
    expect(codeOf(changed)).toBe(code)
  })

  test('as a maximum where hours were added up without any definition, nor with other groups of a maximum', () => {
    const maximum = sampleMeter({ aggregation: 'maximum' })
    expect(codeOf({ definition: maximum, isAddedUp: true })).toBe('counts-otherwise')
    expect(codeOf({ isAddedUp: true })).toBe(null)
    const grouped = {
      definition: { ...maximum, groupBy: ['region'] },
      before: sampleVersion({ aggregation: 'maximum' }),
    }
    expect(publicationFault({ ...base, ...grouped })?.sentence).toBe(
      'The groups of llm-tokens cannot change, as each has a maximum of its own. Give the new definition another name.',
    )
    expect(codeOf({ definition: sampleMeter({ groupBy: ['region'] }), before: sampleVersion() })).toBe(null)
  })

  test('without asking for the events of its type, its name and the types it had', () => {
    expect(typesChanged(sampleMeter(), [])).toEqual(['llm-tokens', 'llm.request'])
    expect(typesChanged(sampleMeter({ eventType: 'llm.call' }), [sampleVersion()])).toEqual([
      'llm-tokens',
      'llm.call',
      'llm.request',
    ])
  })
})

test('exceptions say what cannot be read and why, and which customer has too many groups', () => {
  const bySeconds = sampleVersion({ valuePath: 'properties.seconds' })
  const event = { source: 'gateway', id: 'req-1' }
  expect(unreadableUsage(bySeconds, 'missing', event)).toMatchObject({
    code: 'USAGE_UNREADABLE',
    field: 'properties.seconds',
    sentence:
      "Use of meter 'llm-tokens' is kept and not counted: an event has no properties.seconds, which version 1 of llm-tokens reads; the first of them is 'req-1' of 'gateway'.",
    cause: 'llm-tokens cannot read events: missing',
  })
  expect(tooManyGroups('cus_1', 'llm-tokens', 1000).sentence).toBe(
    "Use by customer cus_1 of meter 'llm-tokens' falls into more than 1000 groups: what is beyond them counts together as other.",
  )
})
