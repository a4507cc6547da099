import { afterAll, beforeAll, expect, test } from 'vitest'
import { ownApp, type OwnApp } from './own-app.ts'
import { seed } from './seeded.ts'

let own: OwnApp
beforeAll(async () => {
  own = await ownApp()
  await seed(own.store)
})
afterAll(() => own.close())

const event = (id: string, changes: object = {}) =>
  JSON.stringify({
    specversion: '1.0',
    id,
    source: 'acme/stream',
    type: 'tokens',
    subject: '001ACME',
    time: '2026-03-02T08:30:00Z',
    data: { value: '2' },
    ...changes,
  })

type Answer = {
  readonly object: string
  readonly line?: number
  readonly state?: string
  readonly through?: number
}

async function stream(body: string | ReadableStream<Uint8Array>, type = 'application/x-ndjson') {
  const answer = await own.app.request('/v1/events/stream', {
    method: 'POST',
    headers: { authorization: `Bearer ${own.secret}`, 'content-type': type },
    body,
    duplex: 'half',
  } as RequestInit)
  const text = await answer.text()
  const lines =
    answer.status === 200
      ? text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Answer)
      : []
  return { status: answer.status, lines }
}

async function counted(source = 'acme/stream'): Promise<{ events: number; value: number }> {
  const [row] = await own.sql<{ events: number; value: number }[]>`
    select count(*)::integer as events, coalesce(sum(value), 0)::integer as value from usage_event where source = ${source}`
  return row as { events: number; value: number }
}

test('three good lines are kept and the answer is one receipt; a file that ends without a line feed counts whole', async () => {
  expect(await stream(`${event('a')}\r\n${event('b')}\n\n${event('c')}`)).toEqual({
    status: 200,
    lines: [
      { object: 'usage_stream_receipt', lines: 4, accepted: 3, unmatched: 0, duplicates: 0, refused: 0 },
    ],
  })
  expect(await counted()).toEqual({ events: 3, value: 6 })
})

test('sent again with another body, a broken line, one too long and one of nobody: each is named by its line, the rest is kept', async () => {
  const long = event('long', { data: { value: '1', properties: { note: 'x'.repeat(70_000) } } })
  const body = [
    event('a'),
    event('b', { data: { value: '3' } }),
    '{"specversion":',
    '{"id":"a","id":"b"}',
    long,
    event('d', { subject: 'nobody' }),
    event('e'),
  ].join('\n')
  const { lines } = await stream(body)
  expect(lines.map(({ object, line, state }) => [object, line, state])).toEqual([
    ['usage_result', 2, 'conflict'],
    ['usage_result', 3, 'invalid'],
    ['usage_result', 4, 'invalid'],
    ['usage_result', 5, 'too-large'],
    ['usage_result', 6, 'unmatched'],
    ['usage_stream_receipt', undefined, undefined],
  ])
  expect(lines[1]).toMatchObject({ status: 422, errors: [{ code: 'body-syntax' }] })
  expect(lines[2]).toMatchObject({ status: 422, errors: [{ code: 'body-duplicate-key' }] })
  expect(lines.at(-1)).toMatchObject({ lines: 7, accepted: 1, unmatched: 1, duplicates: 1, refused: 4 })
})

test('25,000 lines in pieces of odd length: acknowledged through 10,000 and 20,000, counted once also when sent twice', async () => {
  const text = Array.from({ length: 25_000 }, (_, index) =>
    event(`many-${index}`, { source: 'acme/many' }),
  ).join('\n')
  const bytes = new TextEncoder().encode(text)
  const inPieces = () => {
    let at = 0
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.subarray(at, (at += 7_919)))
      },
    })
  }
  const { lines } = await stream(inPieces())
  expect(lines.map(({ object, through }) => [object, through])).toEqual([
    ['usage_acknowledgement', 10_000],
    ['usage_acknowledgement', 20_000],
    ['usage_stream_receipt', undefined],
  ])
  expect(lines.at(-1)).toMatchObject({ lines: 25_000, accepted: 25_000 })
  const again = await stream(inPieces())
  expect(again.lines.at(-1)).toMatchObject({ lines: 25_000, accepted: 0, duplicates: 25_000 })
  expect(await counted('acme/many')).toEqual({ events: 25_000, value: 50_000 })
}, 60_000)

test('a sender that breaks off keeps what was acknowledged, and the next stream finds it', async () => {
  let sent = 0
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent === 3_000) return controller.error(new Error('the line was cut'))
      controller.enqueue(new TextEncoder().encode(`${event(`cut-${sent++}`, { source: 'acme/cut' })}\n`))
    },
  })
  const { lines } = await stream(broken)
  expect(lines.map(({ object }) => object)).toEqual(['usage_stream_failure'])
  const kept = (await counted('acme/cut')).events
  expect(kept).toBeGreaterThanOrEqual(lines[0]?.through ?? 3_001)
  const text = Array.from({ length: 3_000 }, (_, index) =>
    event(`cut-${index}`, { source: 'acme/cut' }),
  ).join('\n')
  const { lines: whole } = await stream(text)
  expect(whole.at(-1)).toMatchObject({ lines: 3_000, accepted: 3_000 - kept, duplicates: kept })
  expect(await counted('acme/cut')).toEqual({ events: 3_000, value: 6_000 })
}, 30_000)

test('nothing at all is a receipt of zero lines; JSON as such is 415', async () => {
  expect((await stream('')).lines).toMatchObject([{ object: 'usage_stream_receipt', lines: 0 }])
  expect((await stream(event('a'), 'application/json')).status).toBe(415)
})

test('when the database loses one call of a stream in the middle, what is acknowledged is kept without a gap', async () => {
  const text = Array.from({ length: 6_000 }, (_, index) =>
    event(`gap-${index}`, { source: 'acme/gap' }),
  ).join('\n')
  await own.owner`alter table usage_event add constraint no_gap check (id <> 'gap-1500') not valid`
  const { lines } = await stream(text)
  await own.owner`alter table usage_event drop constraint no_gap`
  expect(lines.at(-1)).toMatchObject({ object: 'usage_stream_failure', through: 1_000 })
  const kept = await own.sql<{ id: string }[]>`select id from usage_event where source = 'acme/gap'`
  const ids = new Set(kept.map(({ id }) => id))
  expect(Array.from({ length: 1_000 }, (_, index) => `gap-${index}`).filter((id) => !ids.has(id))).toEqual([])
  const { lines: whole } = await stream(text)
  expect(whole.at(-1)).toMatchObject({ lines: 6_000, accepted: 6_000 - ids.size, duplicates: ids.size })
}, 30_000)

test('lines of nothing but whitespace are nothing, also after a byte order mark and of other alphabets', async () => {
  const { lines } = await stream(`\uFEFF\n \t\n${event('blank')}\n\u00a0\n\u3000`)
  expect(lines).toMatchObject([{ object: 'usage_stream_receipt', lines: 5, accepted: 1, refused: 0 }])
})

test('bytes that are not UTF-8 are told by their line; a byte order mark is passed over', async () => {
  const line = new TextEncoder().encode(`${event('bom')}\n`)
  const bytes = new Uint8Array([0xef, 0xbb, 0xbf, ...line, 0xff, 0xfe, 0x0a])
  const { lines } = await stream(
    new ReadableStream({ start: (controller) => (controller.enqueue(bytes), controller.close()) }),
  )
  expect(lines).toMatchObject([
    { line: 2, status: 422, errors: [{ code: 'body-encoding' }] },
    { object: 'usage_stream_receipt', accepted: 1, refused: 1 },
  ])
})
