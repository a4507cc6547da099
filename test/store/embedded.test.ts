import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { EmbeddedError, findEmbedded, startEmbedded, type EmbeddedServer } from '../../src/store/embedded.ts'
import { canEnter } from '../../src/store/embedded/run-as.ts'

let directory: string
const hubs: ChildProcess[] = []
const servers: EmbeddedServer[] = []

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tieout-embedded-'))
  chmodSync(directory, 0o755)
})
afterEach(async () => {
  for (const hub of hubs.splice(0)) hub.kill('SIGKILL')
  for (const server of servers.splice(0)) await server.stop()
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function start(name: string, more: { port?: number; durable?: boolean } = {}): Promise<EmbeddedServer> {
  const server = await startEmbedded({ dataDir: join(directory, name), durable: false, ...more })
  servers.push(server)
  return server
}

type HubReport = { url?: string; adopted?: boolean; refusal?: string }

async function startHub(name: string): Promise<{ process: ChildProcess; report: HubReport }> {
  const script = fileURLToPath(new URL('./embedded-hub.ts', import.meta.url))
  const hub = spawn(process.execPath, [script, join(directory, name)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  hubs.push(hub)
  const [line] = (await once(createInterface(hub.stdout), 'line')) as [string]
  return { process: hub, report: JSON.parse(line) as HubReport }
}

async function kill(hub: ChildProcess): Promise<void> {
  hub.kill('SIGKILL')
  await once(hub, 'exit')
}

async function query<Row>(url: string, statement: string): Promise<Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    return (await sql.unsafe(statement)) as unknown as Row[]
  } finally {
    await sql.end()
  }
}

function postmasterPid(name: string): number {
  return Number.parseInt(readFileSync(join(directory, name, 'postmaster.pid'), 'utf8'), 10)
}

describe('a server of the hub’s own', () => {
  test('starts on a fresh directory, durable, and keeps its rows over a restart', async () => {
    const first = await start('fresh', { durable: true })
    expect(first.adopted).toBe(false)
    expect(new URL(first.url).username).toBe('tieout_owner')
    expect(new URL(first.url).pathname).toBe('/tieout')
    const settings = `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous,
      current_setting('max_connections') as connections, current_setting('data_checksums') as checksums`
    expect(await query(first.url, settings)).toEqual([
      { fsync: 'on', synchronous: 'on', connections: '100', checksums: 'on' },
    ])
    await query(first.url, 'create table kept as select 960 as cents')
    await first.stop()
    expect(existsSync(join(directory, 'fresh', 'postmaster.pid'))).toBe(false)

    const second = await start('fresh', { durable: true })
    expect(second.adopted).toBe(false)
    expect(await query(second.url, 'select cents from kept')).toEqual([{ cents: 960 }])
  })

  test('refuses a password other than its own', async () => {
    const server = await start('password')
    const url = new URL(server.url)
    url.password = 'wrong'
    await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  test('takes a free port when the one asked for is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const taken = (other.address() as AddressInfo).port
    const server = await start('port', { port: taken })
    expect(server.port).not.toBe(taken)
    expect(await query(server.url, 'select inet_server_port() as port')).toEqual([{ port: server.port }])
    other.close()
    await server.stop()
    expect((await start('port', { port: taken })).port).toBe(taken)
  })

  test('refuses a directory that holds other files, and leaves them alone', async () => {
    const occupied = join(directory, 'occupied')
    mkdirSync(occupied)
    writeFileSync(join(occupied, 'letter.txt'), 'dear')
    const refusal = startEmbedded({ dataDir: occupied, durable: false })
    await expect(refusal).rejects.toThrow(EmbeddedError)
    await expect(refusal).rejects.toThrow(/holds other files/)
    expect(readFileSync(join(occupied, 'letter.txt'), 'utf8')).toBe('dear')
  })

  test('refuses the data of another PostgreSQL version by name', async () => {
    const old = join(directory, 'old')
    mkdirSync(old)
    writeFileSync(join(old, 'PG_VERSION'), '17\n')
    await expect(startEmbedded({ dataDir: old })).rejects.toThrow(
      /written by PostgreSQL 17.*brings PostgreSQL 18/,
    )
  })
})

describe('after a crash', () => {
  test('the server of a killed hub is adopted: same process, same rows, nothing restarted', async () => {
    const killed = await startHub('adopted')
    await query(killed.report.url ?? '', 'create table kept as select 960 as cents')
    const pid = postmasterPid('adopted')
    await kill(killed.process)

    const next = await start('adopted')
    expect(next.adopted).toBe(true)
    expect(postmasterPid('adopted')).toBe(pid)
    expect(await query(next.url, 'select cents from kept')).toEqual([{ cents: 960 }])
  })

  test('a hub that needs durable writes does not adopt a server that was started without', async () => {
    const killed = await startHub('hasty')
    await kill(killed.process)
    const next = await start('hasty', { durable: true })
    expect(next.adopted).toBe(false)
    expect(await query(next.url, 'show fsync')).toEqual([{ fsync: 'on' }])
  })

  test('hub and server both killed: the next start repairs, and what was committed is there', async () => {
    const killed = await startHub('both')
    await query(killed.report.url ?? '', 'create table kept as select 960 as cents')
    process.kill(postmasterPid('both'), 'SIGKILL')
    await kill(killed.process)
    expect(existsSync(join(directory, 'both', 'postmaster.pid'))).toBe(true)

    const next = await start('both')
    expect(next.adopted).toBe(false)
    expect(await query(next.url, 'select cents from kept')).toEqual([{ cents: 960 }])
  })

  test('a pid file whose number another program now bears does not stop the start', async () => {
    const first = await start('reused')
    const pidFile = join(directory, 'reused', 'postmaster.pid')
    const lines = readFileSync(pidFile, 'utf8').split('\n')
    await first.stop()
    writeFileSync(pidFile, [String(process.pid), ...lines.slice(1)].join('\n'))
    const second = await start('reused')
    expect(second.adopted).toBe(false)
    expect(postmasterPid('reused')).not.toBe(process.pid)
  })
})

describe('one hub a data directory', () => {
  test('the second hub is refused with the process number of the first, which goes on', async () => {
    const first = await startHub('shared')
    await expect(start('shared')).rejects.toThrow(
      `Another hub (process ${first.process.pid}) already runs on ${join(directory, 'shared')}.`,
    )
    expect(await query(first.report.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
    await kill(first.process)
    expect((await start('shared')).adopted).toBe(true)
  })

  test('of two that start at once on a fresh directory one runs and the other names it', async () => {
    const both = await Promise.all([startHub('race'), startHub('race')])
    const winners = both.filter(({ report }) => report.url !== undefined)
    const losers = both.filter(({ report }) => report.refusal !== undefined)
    expect([winners.length, losers.length]).toEqual([1, 1])
    expect(losers[0]?.report.refusal).toContain(`Another hub (process ${winners[0]?.process.pid})`)
    await kill(winners[0]?.process as ChildProcess)
    expect((await start('race')).adopted).toBe(true)
  })

  test('a command finds the address of the running hub’s database, and null when none runs', async () => {
    const server = await start('found')
    expect(findEmbedded(join(directory, 'found'))).toBe(server.url)
    await server.stop()
    expect(findEmbedded(join(directory, 'found'))).toBeNull()
  })
})

test('a directory is out of reach when anything above it keeps a user out', () => {
  const stranger = { uid: 12_345, gid: 12_345 }
  const closed = join(directory, 'closed')
  mkdirSync(join(closed, 'below'), { recursive: true })
  expect(canEnter(stranger, join(closed, 'below'))).toBe(true)
  chmodSync(closed, 0o700)
  expect(canEnter(stranger, join(closed, 'below'))).toBe(false)
  expect(canEnter({ uid: process.getuid?.() ?? 0, gid: 0 }, join(closed, 'below'))).toBe(true)
})
