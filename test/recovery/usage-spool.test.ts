import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bareVariables, ownFolder, start } from '../cli/processes.ts'
import type { OwnApp } from '../http/own-app.ts'
import { ownApp } from '../http/own-app.ts'
import type { Endpoint } from '../sdk/endpoint.ts'
import { serveEndpoint } from '../sdk/endpoint.ts'

const folder = ownFolder()
const program = fileURLToPath(new URL('../sdk/spooling-program.ts', import.meta.url))
let own: OwnApp
let endpoint: Endpoint

beforeAll(async () => {
  own = await ownApp()
  endpoint = await serveEndpoint(own.app.fetch)
})
afterAll(async () => {
  await endpoint.close()
  await own.close()
  folder.remove()
})

const [spool, journal] = [join(folder.path, 'spool'), join(folder.path, 'journal')]

function startProgram(writesTo: string) {
  const words = [program, endpoint.url, own.secret, spool, writesTo]
  return start(process.execPath, words, bareVariables(folder.path))
}

test('killed 5 times while the hub cuts answers, a product with a spool has every tracked event counted exactly once', async () => {
  for (const round of [1, 2, 3, 4, 5]) {
    const before = endpoint.requests.length
    const running = startProgram(journal)
    await expect.poll(() => endpoint.requests.length, { timeout: 20_000 }).toBeGreaterThan(before + round)
    endpoint.faults.push({ kind: 'cut-after' }, { kind: 'status', status: 503 }, { kind: 'cut-before' })
    await expect.poll(() => endpoint.requests.length, { timeout: 20_000 }).toBeGreaterThan(before + 3 * round)
    running.kill('SIGKILL')
    expect(await running.ended).toMatchObject({ code: null, stderr: '' })
  }
  endpoint.faults.splice(0)
  const { code, stdout, stderr } = await startProgram('-').ended
  expect([code, stderr]).toEqual([0, ''])
  const stats = JSON.parse(stdout) as { adopted: number }
  expect(stats).toMatchObject({ tracked: 0, refused: 0, buffered: 0, remaining: 0 })
  expect(stats.adopted).toBeGreaterThan(0)
  expect(readdirSync(spool)).toEqual([])
  const tracked = readFileSync(journal, 'utf8').split('\n').filter(Boolean)
  const counted = await own.sql<{ id: string; value: string }[]>`
    select id, trim_scale(value)::text as value from usage_event where source = 'test/spooling'`
  const ids = new Set(counted.map(({ id }) => id))
  expect(tracked.length).toBeGreaterThan(500)
  expect(tracked.filter((id) => !ids.has(id))).toEqual([])
  expect(counted.every(({ value }) => value === '1')).toBe(true)
  // A kill may fall between an event being kept and its line in the journal, once a round.
  expect(counted.length - tracked.length).toBeGreaterThanOrEqual(0)
  expect(counted.length - tracked.length).toBeLessThanOrEqual(5)
  expect(ids.size).toBe(counted.length)
}, 120_000)
