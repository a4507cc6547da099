import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveHub } from '../../src/cli/serve-hub.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { apiKeyEvenEnded } from '../../src/store/api-keys.ts'
import { isAnswerAtWork } from '../../src/store/idempotency.ts'
import { bearing, got, ownApp, posted, writing, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
})
afterAll(() => own.close())

const ignorePath = () => `/v1/deals/${ids.stoppedCase}/ignore`

/** Sends a body as it is to an address that changes something; answers status and code. */
async function sent(body: BodyInit, headers: Record<string, string> = {}, path = ignorePath()) {
  const init = { method: 'POST', body, headers: { ...writing(own.secret), ...headers }, duplex: 'half' }
  const answer = await own.app.request(path, init as RequestInit)
  const problem = (await answer.json()) as { code: string; detail: string; errors?: { pointer: string }[] }
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  return { status: answer.status, ...problem }
}

const bytes = (text: string) => new TextEncoder().encode(text)

async function withoutType(body: Uint8Array<ArrayBuffer>) {
  const { 'content-type': _type, ...headers } = writing(own.secret)
  const answer = await own.app.request(ignorePath(), { method: 'POST', body, headers })
  return [answer.status, ((await answer.json()) as { code: string }).code]
}

test('1 a body without Content-Type is 415', async () => {
  expect(await withoutType(bytes('{"reason":"x"}'))).toEqual([415, 'content-type'])
})

test('2 JSON sent as text/plain is 415, and so is a form', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
    expect(await sent('{"reason":"x"}', { 'content-type': type })).toMatchObject({
      status: 415,
      code: 'content-type',
    })
})

test('3 bytes that are not UTF-8 are 400 body-encoding', async () => {
  expect(await sent(Uint8Array.from([0x7b, 0xff, 0x7d]))).toMatchObject({
    status: 400,
    code: 'body-encoding',
  })
})

test('4 JSON cut off at character 13 is 400 and says so', async () => {
  const cut = await sent('{"reason":"no')
  expect([cut.status, cut.code, cut.detail]).toEqual([
    400,
    'body-syntax',
    'The body ends too early at character 13.',
  ])
  expect((await sent('{"reason":"x",}')).detail).toBe('The body is not JSON at character 14.')
  expect((await sent('{"reason":no}')).detail).toBe(
    'The body is not JSON: Unexpected token \'o\', "{"reason":no}" is not valid JSON.',
  )
  expect((await sent('')).detail).toBe('The body ends too early at character 0.')
})

test('5 a key named twice is 400, at any depth and however it is written', async () => {
  for (const body of ['{"reason":"a","reason":"b"}', '{"a":[{"b":1,"\\u0062":2}]}'])
    expect(await sent(body)).toMatchObject({ status: 400, code: 'body-duplicate-key' })
})

test('6 nesting 33 deep is 400, 32 deep is only a wrong form', async () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(await sent(nested(33))).toMatchObject({ status: 400, code: 'body-too-deep' })
  expect(await sent(nested(32))).toMatchObject({ status: 422, code: 'invalid-body' })
  const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 2001 }, (_, key) => [`k${key}`, 1])))
  expect(await sent(wide)).toMatchObject({ status: 400, code: 'body-too-deep' })
})

test('7 a body of 256 KB and one byte is 413, one byte less is read', async () => {
  const ofSize = (size: number) => `{"reason":"${'x'.repeat(size - 13)}"}`
  expect(await sent(ofSize(262_145))).toMatchObject({ status: 413, code: 'body-too-large' })
  expect(await sent(ofSize(262_144))).toMatchObject({ status: 422, code: 'invalid-body' })
})

test('8 a body that does not say its length is counted as it comes and is 413', async () => {
  let served = 0
  const endless = new ReadableStream({
    pull: (controller) => {
      served += 65_536
      controller.enqueue(new Uint8Array(65_536).fill(0x20))
      if (served > 50_000_000) controller.close()
    },
  })
  expect(await sent(endless)).toMatchObject({
    status: 413,
    code: 'body-too-large',
  })
  expect(served).toBeLessThan(1_000_000)
})

test('8 of a body that lies about its length as much is read as it says, and the rest is no request', async () => {
  const served = await serveHub(own.app, { host: '127.0.0.1', port: 0 }, systemClock)
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
  const head = `POST /v1/events HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${own.secret}\r\n`
  socket.write(
    `${head}content-type: application/cloudevents+json\r\ncontent-length: 10\r\n\r\n${' '.repeat(5_000)}`,
  )
  let answers = ''
  for await (const chunk of socket.setEncoding('utf8')) answers += String(chunk)
  await served.close()
  expect(answers).toMatch(/^HTTP\/1\.1 400 /)
  expect(answers).not.toMatch(/HTTP\/1\.1 [25]/)
}, 20_000)

test('9 a compressed body is 415: nothing is unpacked', async () => {
  expect(await sent(new Uint8Array(100), { 'content-encoding': 'gzip' })).toMatchObject({
    status: 415,
    code: 'content-encoding',
  })
})

test('10 null, a list, a number and a text as body are 422', async () => {
  for (const body of ['null', '[]', '5', '"x"'])
    expect(await sent(body)).toMatchObject({ status: 422, code: 'invalid-body' })
})

test('11 unknown fields are 422, each with its pointer', async () => {
  const { status, errors } = await sent('{"reason":"x","a/b":1,"c~d":2}')
  expect([status, errors?.map(({ pointer }) => pointer)]).toEqual([422, ['/a~1b', '/c~0d']])
})

test('12 an unknown query parameter is 400', async () => {
  const { status, body } = await got(own, '/v1/deals?limt=5')
  expect([status, body]).toMatchObject([400, { code: 'invalid-query', errors: [{ pointer: '/limt' }] }])
  expect((await posted(own, `${ignorePath()}?force=1`, { reason: 'x' })).status).toBe(400)
})

test('13 limits of 0, -1, 1e9, 201 and abc are 400 and name the range', async () => {
  for (const limit of ['0', '-1', '1e9', '201', 'abc', '', '1.5', '99999999999'])
    expect(await got(own, `/v1/deals?limit=${limit}`)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('from 1 to 200') },
    })
  expect((await got(own, '/v1/deals?limit=200')).status).toBe(200)
})

test('14 a cursor that was changed, cut, or given for another list or key is 400', async () => {
  const { body } = await got<{ next_cursor: string }>(own, '/v1/deals?limit=1')
  const cursor = body.next_cursor
  const forged = `${Buffer.from('case_z').toString('base64url')}.${cursor.split('.')[1]}`
  for (const path of [
    `/v1/deals?cursor=${forged}`,
    `/v1/deals?cursor=${cursor.slice(0, -1)}`,
    `/v1/deals?cursor=x`,
    `/v1/deals?cursor=${cursor}&filter[state]=active`,
    `/v1/contracts?cursor=${cursor}`,
  ])
    expect(await got(own, path)).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } })
  const other = { app: own.app, secret: await own.keyWith('deals:read') }
  expect((await got(other, `/v1/deals?cursor=${cursor}`)).status).toBe(400)
  expect(await got(own, `/v1/deals?limit=1&cursor=${cursor}`)).toMatchObject({
    status: 200,
    body: { data: [{ id: ids.acmeCase }], next_cursor: null },
  })
})

test('15 %00 in a path is 400, ..%2f is nothing we have, a path of 9 KB is 400', async () => {
  expect(await got(own, '/v1/deals/%00')).toMatchObject({ status: 400, body: { code: 'invalid-id' } })
  expect((await got(own, '/v1/deals/..%2f..%2fetc%2fpasswd')).status).toBe(404)
  expect((await got(own, `/v1/deals/${'a'.repeat(9_000)}`)).status).toBe(400)
  expect((await got(own, `/${'a'.repeat(9_000)}`)).status).toBe(404)
  expect((await got(own, '/v1/deals/%ff')).status).toBe(404)
})

test('16 a method an address does not know is 405 and names those it knows', async () => {
  const allowed = async (method: string, path: string) => {
    const answer = await own.app.request(path, { method })
    return [answer.status, answer.headers.get('allow')]
  }
  expect(await allowed('PUT', '/v1/deals')).toEqual([405, 'GET, HEAD, OPTIONS'])
  expect(await allowed('DELETE', '/v1/events')).toEqual([405, 'OPTIONS, POST'])
  expect(await allowed('GET', '/v1/hooks/stripe')).toEqual([405, 'OPTIONS, POST'])
  expect(await allowed('PATCH', '/v1/nothing')).toEqual([404, null])
})

test('17 HEAD answers as GET without a body, OPTIONS names the methods', async () => {
  const head = await own.app.request('/v1/deals', { method: 'HEAD', headers: bearing(own.secret) })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const options = await own.app.request('/v1/deals/any/retry', { method: 'OPTIONS' })
  expect([options.status, options.headers.get('allow'), await options.text()]).toEqual([
    204,
    'OPTIONS, POST',
    '',
  ])
})

test('18 keys named __proto__ and constructor are 422 and change nothing', async () => {
  for (const key of ['__proto__', 'constructor', 'prototype'])
    expect(await sent(`{"reason":"x","${key}":{"polluted":true}}`)).toMatchObject({ status: 422 })
  expect('polluted' in {}).toBe(false)
})

test('19 line breaks in an id are 400 and make no header', async () => {
  const answer = await own.app.request('/v1/deals/a%0d%0aset-cookie:%20x=1', { headers: bearing(own.secret) })
  expect([answer.status, answer.headers.get('set-cookie')]).toEqual([400, null])
})

test('20 an Idempotency-Key that is missing or malformed is 400, with another body 422, at work 409', async () => {
  const path = `/v1/exceptions/replay`
  const body = { cause: 'nothing has this cause' }
  const { 'idempotency-key': _key, ...none } = writing(own.secret)
  const send = (key: string | null, sentBody: unknown = body) =>
    posted<{ code: string }>(own, path, sentBody, key === null ? none : { ...none, 'idempotency-key': key })
  expect(await send(null)).toMatchObject({ status: 400, body: { code: 'idempotency-key-missing' } })
  for (const key of ['x'.repeat(300), 'with blank', '""'])
    expect(await send(key)).toMatchObject({ status: 400, body: { code: 'idempotency-key-invalid' } })
  expect((await send('k-1')).status).toBe(202)
  const again = await send('"k-1"')
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, 'true'])
  expect(await send('k-1', { cause: 'other' })).toMatchObject({
    status: 422,
    body: { code: 'idempotency-key-reused' },
  })
  const keyId = (await apiKeyEvenEnded(own.store.read, own.secret))?.keyId ?? ''
  await own.store.unitOfWork(async (unit) => {
    await isAnswerAtWork(unit, { keyId, method: 'POST', route: path, idempotencyKey: 'k-2' })
    expect(await send('k-2')).toMatchObject({
      status: 409,
      body: { code: 'idempotency-in-flight', retryable: true },
    })
  })
  expect((await send('k-2')).status).toBe(202)
})
