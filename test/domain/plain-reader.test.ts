import {
  assert,
  constantFrom,
  date as anyDate,
  dictionary,
  integer,
  oneof,
  property,
  record,
  shuffledSubarray,
  string,
  stringMatching,
} from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEvent } from '../../src/domain/event-reading.ts'
import { readPlainBatch, readPlainLines } from '../../src/domain/plain-reader.ts'
import { readStrictJson } from '../../src/domain/strict-json.ts'

const limits = { mostEvents: 3, latest: new Date('2026-03-02T09:00:00Z').getTime() }

function read(text: string) {
  return readPlainBatch(Buffer.from(text), limits)?.events ?? null
}

const fields = {
  specversion: '1.0',
  id: 'req-1',
  source: 'acme/gateway',
  type: 'tokens',
  subject: 'cus_1',
  time: '2026-03-02T08:30:00.25Z',
  data: { value: '12.5', properties: { region: 'eu' } },
}

const event = (changes: object = {}) => JSON.stringify({ ...fields, ...changes })

describe('a batch of the plainest form', () => {
  test('is read where it stands: two events of seven attributes, one without properties', () => {
    const events = read(`[${event()}, ${event({ id: 'req-2', data: { value: '7' } })} ]`)
    expect(
      events?.map(({ source, id, meter, subject, occurredAt, value, properties }) => [
        source,
        id,
        meter,
        subject,
        occurredAt.toISOString(),
        value,
        properties,
      ]),
    ).toEqual([
      ['acme/gateway', 'req-1', 'tokens', 'cus_1', '2026-03-02T08:30:00.250Z', '12.5', { region: 'eu' }],
      ['acme/gateway', 'req-2', 'tokens', 'cus_1', '2026-03-02T08:30:00.250Z', '7', {}],
    ])
  })

  test('may have its attributes in any order, and spaces between them', () => {
    const text = JSON.stringify([Object.fromEntries(Object.entries(fields).toReversed())]).replaceAll(
      ':',
      ' : ',
    )
    expect(read(text.replaceAll(' : 30 : ', ':30:'))?.map(({ id }) => id)).toEqual(['req-1'])
  })

  test.each([
    ['no event', '[]'],
    ['no list', event()],
    ['more events than may be', `[${Array.from({ length: 4 }, () => event()).join()}]`],
    ['something after it', `[${event()}]x`],
    ['no end', `[${event()}`],
    ['a comma at its end', `[${event()},]`],
    ['an event that is later than may be', `[${event({ time: '2026-03-02T09:00:00.001Z' })}]`],
    ['an attribute twice', `[${event().replace('{', '{"id":"req-0",')}]`],
    ['an attribute less', `[${event({ subject: undefined })}]`],
    ['an attribute more', `[${event({ partitionkey: 'a' })}]`],
    ['an escape', `[${event().replace('req-1', 'req\\u002d1')}]`],
    ['a letter beyond ASCII', `[${event({ id: 'ü' })}]`],
    ['a space in a text', `[${event({ id: 'req 1' })}]`],
    ['an empty text', `[${event({ id: '' })}]`],
    ['a text of 257 characters', `[${event({ id: 'a'.repeat(257) })}]`],
    ['a large letter in the meter', `[${event({ type: 'Tokens' })}]`],
    ['a meter of 101 characters', `[${event({ type: 'a'.repeat(101) })}]`],
    ['a line feed between attributes', `[${event().replace(',', ',\n')}]`],
    ['a tab in the properties', `[${event().replace('"region"', '\t"region"')}]`],
    ['a property twice', `[${event().replace('"region"', '"region":"us","region"')}]`],
    [
      'a property called constructor',
      `[${event({ data: { value: '1', properties: { constructor: 'x' } } })}]`,
    ],
    ['a property that is no text', `[${event({ data: { value: '1', properties: { seats: 3 } } })}]`],
    ['a value that is no text', `[${event({ data: { value: 1 } })}]`],
    ['a value that others write shorter', `[${event({ data: { value: '7.0' } })}]`],
    ['a value with a zero before it', `[${event({ data: { value: '07' } })}]`],
    ['19 digits', `[${event({ data: { value: '1'.repeat(19) } })}]`],
    ['13 decimals', `[${event({ data: { value: `0.${'1'.repeat(13)}` } })}]`],
    ['no value', `[${event({ data: { properties: {} } })}]`],
    ['a second value', `[${event().replace('"value"', '"value":"1","value"')}]`],
    ['another version', `[${event({ specversion: '0.3' })}]`],
    ['31 February', `[${event({ time: '2026-02-31T08:30:00Z' })}]`],
    ['a zone', `[${event({ time: '2026-03-02T08:30:00+00:00' })}]`],
    ['a leap second', `[${event({ time: '2016-12-31T23:59:60Z' })}]`],
    ['hour 24', `[${event({ time: '2026-03-01T24:00:00Z' })}]`],
    ['four decimals of a second', `[${event({ time: '2026-03-02T08:30:00.1234Z' })}]`],
    ['a point without decimals', `[${event({ time: '2026-03-02T08:30:00.Z' })}]`],
    ['the year 999', `[${event({ time: '0999-03-02T08:30:00Z' })}]`],
  ])('is none with %s', (_what, text) => {
    expect(read(text)).toBeNull()
  })

  test('has at most twenty properties, and 29 February in a leap year', () => {
    const many = (count: number) => ({
      value: '1',
      properties: Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 'x'])),
    })
    expect([20, 21].map((count) => read(`[${event({ data: many(count) })}]`)?.length ?? null)).toEqual([
      1,
      null,
    ])
    expect(read(`[${event({ time: '2024-02-29T08:30:00Z' })}]`)?.[0]?.occurredAt).toEqual(
      new Date('2024-02-29T08:30:00Z'),
    )
  })
})

test('lines are read where they stand, an event each; an event over two lines, or two on one, are none', () => {
  const ids = (...lines: string[]) => {
    let end = 0
    const places = lines.map((line) => ({ end: (end += line.length), latest: limits.latest }))
    return readPlainLines(Buffer.from(lines.join('')), places)?.events.map(({ id }) => id) ?? null
  }
  const [one, other] = [event(), event({ id: 'req-2' })]
  expect(ids(`${one} `, ` ${other}`)).toEqual(['req-1', 'req-2'])
  expect(ids(one.slice(0, 9), one.slice(9))).toBeNull()
  expect(ids(`${one}${other}`, one)).toBeNull()
  expect(ids(one, `${other.slice(0, -1)}`)).toBeNull()
})

const text = oneof(
  { weight: 1, arbitrary: string({ maxLength: 6 }) },
  { weight: 1, arbitrary: constantFrom('ü', ' ', '\u0007', '', '\\', '"') },
  { weight: 20, arbitrary: stringMatching(/^[!-~]{1,8}$/) },
)
const decimal = oneof(
  { weight: 8, arbitrary: integer({ min: 0, max: 100_000 }).map(String) },
  { weight: 4, arbitrary: stringMatching(/^\d{1,4}(\.\d{1,3})?$/) },
  { weight: 1, arbitrary: constantFrom('1e3', '.5', '5.', '٣', '-1') },
)
const instant = oneof(
  anyDate({ noInvalidDate: true, min: new Date('1000-01-01T00:00:00Z'), max: new Date(limits.latest) }).map(
    (date) => date.toISOString(),
  ),
  stringMatching(/^20[0-2]\d-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,4})?Z$/),
)
const order = shuffledSubarray(Object.keys(fields), { minLength: Object.keys(fields).length })

test('what is read where it stands, is read alike as any JSON, and is seldom left to that', () => {
  const document = record({
    specversion: constantFrom('1.0'),
    id: text,
    source: text,
    type: oneof(
      { weight: 9, arbitrary: stringMatching(/^[a-z0-9_.-]{1,5}$/) },
      { weight: 1, arbitrary: text },
    ),
    subject: text,
    time: instant,
    data: record(
      {
        value: decimal,
        properties: dictionary(stringMatching(/^[A-Za-z][a-z0-9_.-]{0,3}$/), text, { maxKeys: 3 }),
      },
      { requiredKeys: ['value'] },
    ),
  })
  let plain = 0
  assert(
    property(document, order, constantFrom('', ' '), (made, names, gap) => {
      const sorted = Object.fromEntries(names.map((name) => [name, made[name as keyof typeof made]]))
      const json = `[${gap}${JSON.stringify(sorted)}${gap}]`
      const [found] = read(json) ?? []
      if (found === undefined) return
      plain++
      const parsed = readStrictJson(json)
      const documents = parsed.ok ? (parsed.value as unknown[]) : []
      const reading = readEvent(documents[0], new Date(limits.latest))
      const { source, id, meter, subject, occurredAt, value, properties } = found
      expect(reading).toMatchObject({
        kind: 'sound',
        event: { source, id, meter, subject, occurredAt, value, properties },
      })
    }),
    { numRuns: 2_000 },
  )
  expect(plain).toBeGreaterThan(200)
})
