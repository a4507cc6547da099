import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bareVariables, start } from '../cli/processes.ts'
import { nameOf, nobody, ownerOf, ownSpool } from '../../src/sdk/spool-owner.ts'
import { diskSpool } from '../../src/sdk/spool.ts'
import type { OwnEndpoint } from './own-endpoint.ts'
import { key, ownEndpoint, tokens } from './own-endpoint.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tieout-spool-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const orphan = nameOf({ ...nobody, instance: 'a0' }, 1)

/** An event as a spool keeps it. */
function kept(line: number, id: string): string {
  const event = {
    specversion: '1.0',
    id,
    source: 'test/gateway',
    type: 'tokens',
    subject: 'cus_acme',
    time: '2026-01-31T18:00:00.000Z',
    data: { value: '1' },
  }
  return `+${line} ${JSON.stringify(event)}\n`
}

const idsIn = ({ held }: OwnEndpoint) => [...held.keys()].map((name) => (JSON.parse(name) as string[])[1])

test('an event is in a file when track returns, readable by its owner alone, and gone once acknowledged', async () => {
  const endpoint = await ownEndpoint({ spool: diskSpool(directory), ageMilliseconds: 60_000 })
  endpoint.usage.track(tokens('7', { id: 'call-7' }))
  const [name = ''] = readdirSync(directory)
  expect(ownerOf(name)).toMatchObject({ pid: process.pid })
  expect(readFileSync(join(directory, name), 'utf8')).toMatch(
    /^\+0 \{"specversion":"1.0","id":"call-7".*"value":"7"\}\}\n$/,
  )
  await endpoint.usage.flush()
  expect(readFileSync(join(directory, name), 'utf8')).toBe('')
  await endpoint.usage.close()
  expect(readdirSync(directory)).toEqual([])
})

test('of 4 events kept and 2 settled the next process sends 2; a last line without an end is cut off', async () => {
  const lines = ['a', 'b', 'c', 'd'].map((id, line) => kept(line, id))
  writeFileSync(join(directory, orphan), `${lines.join('')}-0:0,2:2\n${kept(4, 'torn').slice(0, 60)}`)
  const endpoint = await ownEndpoint({ spool: diskSpool(directory) })
  await endpoint.usage.flush()
  expect(idsIn(endpoint)).toEqual(['b', 'd'])
  expect(endpoint.usage.stats()).toMatchObject({ tracked: 0, adopted: 2, acknowledged: 2, buffered: 0 })
  expect(endpoint.told.errors).toEqual([])
  await endpoint.usage.close()
  expect(readdirSync(directory)).toEqual([])
})

test('a line in the middle that cannot be read is told, and its file set aside; the 2 others are sent', async () => {
  writeFileSync(join(directory, orphan), `${kept(0, 'a')}+1 {"id":"half\n${kept(2, 'c')}`)
  const endpoint = await ownEndpoint({ spool: diskSpool(directory) })
  await endpoint.usage.flush()
  expect(idsIn(endpoint)).toEqual(['a', 'c'])
  expect(endpoint.told.errors).toMatchObject([
    { code: 'spool-failed', message: expect.stringContaining('1 lines') },
  ])
  await endpoint.usage.close()
  expect(readdirSync(directory)).toEqual([expect.stringMatching(/\.events\.damaged$/)])
})

test('what close could not send in time lies in the spool, and the next instance sends it under the same id', async () => {
  const spool = diskSpool(directory)
  const first = await ownEndpoint({ spool })
  for (let count = 0; count < 500; count++) first.faults.push({ kind: 'status', status: 503 })
  const ids = ['1', '2', '3'].map((value) => first.usage.track(tokens(value)))
  expect(await first.usage.close({ withinMilliseconds: 50 })).toMatchObject({ isSpooled: true })
  const second = await ownEndpoint({ spool })
  await second.usage.flush()
  expect(idsIn(second)).toEqual(ids)
})

test('a restart in a container has the same process id: the file of the process before is adopted all the same', async () => {
  const own = ownSpool('b0')
  const before = { pid: process.pid, startedAt: `${own.startedAt.slice(0, 8)}1`, instance: 'b1' }
  writeFileSync(join(directory, nameOf(before, 0)), kept(0, 'before'))
  writeFileSync(join(directory, nameOf(own, 0)), kept(0, 'open'))
  const endpoint = await ownEndpoint({ spool: diskSpool(directory) })
  await endpoint.usage.flush()
  expect(idsIn(endpoint)).toEqual(['before'])
  expect(readdirSync(directory)).toContain(nameOf(own, 0))
})

test('two instances that start beside 200 files of the dead send each of 200 events once', async () => {
  for (let count = 0; count < 200; count++)
    writeFileSync(join(directory, nameOf({ ...nobody, instance: 'a0' }, count)), kept(0, `left-${count}`))
  const first = await ownEndpoint({ spool: diskSpool(directory) })
  const program = fileURLToPath(new URL('spooling-program.ts', import.meta.url))
  const words = [program, first.url, key, directory, '-']
  const other = start(process.execPath, words, bareVariables(directory))
  await first.usage.flush()
  expect(await other.ended).toMatchObject({ code: 0 })
  const sent = first.requests.flat()
  expect([sent.length, new Set(sent).size, first.held.size]).toEqual([200, 200, 200])
  expect(first.usage.stats().duplicates).toBe(0)
})

test('a living process keeps its 1 event for itself: a second one beside it adopts nothing', async () => {
  const first = await ownEndpoint({ spool: diskSpool(directory), ageMilliseconds: 60_000 })
  first.usage.track(tokens('1'))
  const program = fileURLToPath(new URL('spooling-program.ts', import.meta.url))
  const other = start(process.execPath, [program, first.url, key, directory, '-'], bareVariables(directory))
  const { stdout } = await other.ended
  expect(JSON.parse(stdout)).toMatchObject({ adopted: 0, acknowledged: 0 })
  expect(first.requests).toEqual([])
  await first.usage.flush()
  expect(first.held.size).toBe(1)
})

test('500 events of a dead process pass through a buffer of 10, and a flush waits for all of them', async () => {
  const lines = Array.from({ length: 500 }, (_, line) => kept(line, `left-${line}`))
  writeFileSync(join(directory, orphan), lines.join(''))
  const endpoint = await ownEndpoint({ spool: diskSpool(directory), mostEvents: 10, ageMilliseconds: 1 })
  await endpoint.usage.flush()
  expect(endpoint.held.size).toBe(500)
  expect(Math.max(...endpoint.requests.map((batch) => batch.length))).toBeLessThanOrEqual(10)
})

test('with files of 1,000 bytes 30 events lie in several, and all are removed once acknowledged', async () => {
  const spool = diskSpool(directory, { fileBytes: 1_000, sync: 'each' })
  const endpoint = await ownEndpoint({ spool, ageMilliseconds: 60_000 })
  for (let count = 0; count < 30; count++) endpoint.usage.track(tokens('1'))
  expect(readdirSync(directory)).toHaveLength(5)
  await endpoint.usage.flush()
  expect(endpoint.held.size).toBe(30)
  expect(readdirSync(directory)).toHaveLength(1)
})

test('an event the hub refuses is handed over and not kept on disk', async () => {
  const endpoint = await ownEndpoint({ spool: diskSpool(directory), ageMilliseconds: 60_000 })
  endpoint.usage.track({ ...tokens('1'), meter: 'Not a meter' })
  await endpoint.usage.flush()
  expect(endpoint.told.refused).toHaveLength(1)
  expect(readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'))).toEqual([''])
})

test('a directory that cannot be written is refused when the SDK is made', async () => {
  writeFileSync(join(directory, 'file'), '')
  await expect(ownEndpoint({ spool: diskSpool(join(directory, 'file', 'spool')) })).rejects.toMatchObject({
    code: 'spool-failed',
  })
})
