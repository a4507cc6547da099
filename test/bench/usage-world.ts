import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { createApiKey } from '../../src/http/access/create-key.ts'
import { keepStandings } from '../../src/jobs/keep-standings.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { appUrl } from '../../src/store/migrate.ts'
import { openStore, type Store } from '../../src/store/unit-of-work.ts'
import { sampleTerms, tokenLine } from '../domain/contract-samples.ts'
import { defaultBooks } from '../http/books-sample.ts'
import { sell } from '../store/sold.ts'
import type { BenchServer } from './bench-server.ts'
import { startHubProcess, type HubProcess } from './hub-process.ts'
import { usageSender, type UsageSender } from './usage-load.ts'
import { hostVendors } from './vendors.ts'

/** Two hubs on one database with customers who bought a meter, and the plain route on a database of its own. */
export type UsageWorld = {
  readonly url: string
  readonly subjects: readonly string[]
  readonly pids: readonly number[]
  readonly senders: readonly [UsageSender, UsageSender]
  readonly plain: { readonly pid: number; readonly sender: UsageSender }
  now(): Date
  /** How many events are stored. */
  stored(): Promise<number>
  /** What the hubs logged of trouble. */
  troubles(): readonly string[]
  close(): Promise<void>
}

/** Starts all of it. */
export async function openUsageWorld(server: BenchServer, customers: number): Promise<UsageWorld> {
  const url = await server.database('bench_usage')
  const vendors = await hostVendors()
  const variables = { ...vendors.variables, STRIPE_SECRET_KEY: 'sk_test_tieout_bench', DATABASE_URL: url }
  const hubs = [
    await startHubProcess(variables),
    await startHubProcess({ ...variables, TIEOUT_PORT: '0' }),
  ] as const
  const store = openStore({ url: appUrl(url), maxConnections: 4, clock: systemClock, random: systemRandom })
  const subjects = await sellMeters(store, customers)
  const { secret } = await createApiKey(
    { store, clock: systemClock, random: systemRandom },
    { name: 'bench', scopes: ['usage:write', 'entitlements:read'], by: 'bench' },
  )
  const plain = await startPlainRoute(server)
  const senders = [usageSender(hubs[0].url, secret), usageSender(hubs[1].url, secret)] as const
  const database = postgres(url, { max: 1, onnotice: () => undefined })
  return {
    url,
    subjects,
    pids: hubs.map(({ pid }) => pid),
    senders,
    plain,
    now: () => systemClock.now(),
    stored: async () => {
      const [row] = await database<[{ count: number }]>`select count(*)::integer as count from usage_event`
      return row.count
    },
    troubles: () => hubs.flatMap((hub: HubProcess) => hub.troubles.slice(0, 5)),
    close: async () => {
      await Promise.all([...senders, plain.sender].map((sender) => sender.close()))
      await Promise.all([...hubs.map((hub) => hub.stop()), plain.stop()])
      await Promise.all([store.close(), database.end()])
      await vendors.close()
    },
  }
}

/** Customers who bought tokens for two years around now, ten million of them a month included. */
async function sellMeters(store: Store, count: number): Promise<string[]> {
  const year = systemClock.now().getUTCFullYear()
  const terms = sampleTerms({
    signedOn: `${year - 1}-01-01`,
    startsOn: `${year - 1}-01-01`,
    endsBefore: `${year + 2}-01-01`,
    lines: [tokenLine()],
  })
  const sold = await store.unitOfWork(async (unit) => {
    const subjects: string[] = []
    for (let index = 0; index < count; index++) subjects.push((await sell(unit, terms)).subject)
    return subjects
  })
  const settings = { publicUrl: '', automaticTax: false, closeAfterDays: null, sweepIntervalSeconds: 600 }
  await keepStandings({ store, clock: systemClock, books: defaultBooks(), settings })
  return sold
}

async function startPlainRoute(server: BenchServer) {
  const url = await server.database('bench_plain_usage')
  const database = postgres(url, { max: 1, onnotice: () => undefined })
  await database`
    create table plain_usage (source text, id text, request_id uuid, meter text not null, subject text not null,
      occurred_at timestamptz not null, value numeric not null, primary key (source, id))`
  await database.end()
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(new URL('./plain-route.ts', import.meta.url))],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], BENCH_DATABASE: url },
    },
  )
  const started = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    createInterface({ input: child.stdout }).once('line', (line) =>
      resolve((JSON.parse(line) as { url: string }).url),
    )
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    pid: child.pid ?? 0,
    sender: usageSender(started, ''),
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
