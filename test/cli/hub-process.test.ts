import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { freePort } from '../../src/cli/demo/serve.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import type { Running, Twins, Variables } from './processes.ts'
import { bareVariables, logOf, ownFolder, start, startHub, startTwins, tieout } from './processes.ts'

/** The production entry as real processes on an embedded database, among twins in a process of their own. */
const folder = ownFolder()
const bare = bareVariables(folder.path)
const running: Running[] = []
let twins: Twins | undefined

afterEach(async () => {
  for (const hub of running.splice(0)) {
    hub.kill('SIGKILL')
    await hub.ended
  }
})
afterAll(async () => {
  await twins?.stop()
  folder.remove()
})

async function hubVariables(): Promise<Variables> {
  const port = await freePort()
  twins ??= await startTwins(port, bare)
  return { ...bare, ...twins.variables, TIEOUT_PORT: String(port), TIEOUT_BOOTSTRAP_API_KEY: bootstrapKey }
}

const bootstrapKey = 'tieout_test_s30hksnn3y8dxzbz8tkqz4xqzvdas79vv9yfq8'

async function startedHub(env: Variables): Promise<Running> {
  const hub = startHub(env)
  running.push(hub)
  await hub.saying('"event":"started"')
  return hub
}

async function secondsToEnd(hub: Running, ...signals: NodeJS.Signals[]): Promise<number> {
  const began = performance.now()
  for (const signal of signals) hub.kill(signal)
  await hub.ended
  return (performance.now() - began) / 1_000
}

test('a second hub on one data directory refuses, naming the first; SIGTERM, also twice, ends the first within 5 s with 0', async () => {
  const env = await hubVariables()
  const hub = await startedHub(env)
  const url = `http://127.0.0.1:${env['TIEOUT_PORT']}`
  expect((await systemTransport(`${url}/healthz`)).status).toBe(200)
  const headers = { authorization: `Bearer ${bootstrapKey}` }
  expect((await systemTransport(`${url}/v1/deals`, { headers })).status).toBe(200)

  const second = await startHub({ ...env, TIEOUT_PORT: '0' }).ended
  expect({ code: second.code, stdout: second.stdout }).toEqual({ code: 5, stdout: '' })
  expect(second.stderr).toBe(
    `Another hub (process ${hub.pid}) already runs on ${join(folder.path, 'data', 'pg')}. Stop it, or give this one a data directory of its own.\n`,
  )
  expect((await systemTransport(`${url}/healthz`)).status).toBe(200)

  expect(await secondsToEnd(hub, 'SIGTERM', 'SIGTERM')).toBeLessThan(5)
  const { code, stdout, stderr } = await hub.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const events = logOf(stdout).map(({ event }) => event)
  expect(events.filter((event) => event !== 'database')).toEqual(['started', 'stopping', 'stopped'])
  for (const name of ['STRIPE_SECRET_KEY', 'SALESFORCE_CLIENT_SECRET', 'HUBSPOT_ACCESS_TOKEN']) {
    expect(stdout).not.toContain(env[name])
  }
}, 120_000)

test('after a stop the books are there for commands, which start the database for the duration', async () => {
  const { code, stdout } = await tieout(['migrate', '--check', '--json'], bare)
  expect({ code, answer: JSON.parse(stdout) as unknown }).toEqual({
    code: 0,
    answer: { ok: true, data: { applied: [], outstanding: [] }, warnings: [] },
  })
  const keys = await tieout(['keys', 'list', '--data-dir', join(folder.path, 'data')], bare)
  expect(keys.code).toBe(0)
  expect(keys.stdout).toMatch(/^tieout_test_s30hksnn… +bootstrap +.*never +TIEOUT_BOOTSTRAP_API_KEY$/m)
}, 120_000)

test('npm start passes a signal on to the hub, which ends with 0 and leaves nothing behind', async () => {
  const env = await hubVariables()
  const npm = start('npm', ['start'], env)
  running.push(npm)
  await npm.saying('"event":"started"')
  const pid = Number(/"process":(\d+)/.exec(npm.said().stdout)?.[1])
  expect(pid).not.toBe(npm.pid)
  expect(await secondsToEnd(npm, 'SIGTERM')).toBeLessThan(6)
  expect((await npm.ended).code).toBe(0)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
}, 120_000)

test('a port that is taken stops the start with 78, and the database is let go of', async () => {
  const env = await hubVariables()
  const hub = await startedHub(env)
  const other = { ...env, TIEOUT_DATA_DIR: join(folder.path, 'other') }
  const { code, stderr } = await startHub(other).ended
  expect(code).toBe(78)
  expect(stderr).toContain(
    `Port ${env['TIEOUT_PORT']} of 127.0.0.1 is taken by another program. Set TIEOUT_PORT to a free one.`,
  )
  await secondsToEnd(hub, 'SIGINT')
  expect((await hub.ended).code).toBe(0)
  const again = await startedHub(other)
  expect(await secondsToEnd(again, 'SIGTERM')).toBeLessThan(5)
}, 120_000)
