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
import { usageSender, type UsageSender } from './usage-sender.ts'
import { hostVendors } from './vendors.ts'

/** Hubs on one database, with customers who bought a meter. */
export type UsageWorld = {
  readonly url: string
  readonly subjects: readonly string[]
  readonly hubs: readonly UsageHub[]
  /** How many events are stored. */
  stored(): Promise<number>
  /** What the hubs logged of trouble, and what they refused. */
  troubles(): readonly string[]
  close(): Promise<void>
}

export type UsageHub = {
  readonly pid: number
  readonly url: string
  readonly secret: string
  readonly sender: UsageSender
}

/** Starts so many hubs and sells the meter to so many customers. */
export async function openUsageWorld(
  server: BenchServer,
  { customers, hubs: count }: { readonly customers: number; readonly hubs: number },
): Promise<UsageWorld> {
  const url = await server.database('bench_usage')
  const vendors = await hostVendors()
  const variables = { ...vendors.variables, STRIPE_SECRET_KEY: 'sk_test_tieout_bench', DATABASE_URL: url }
  const processes: HubProcess[] = []
  while (processes.length < count) {
    const own = processes.length === 0 ? variables : { ...variables, TIEOUT_PORT: '0' }
    processes.push(await startHubProcess(own))
  }
  const store = openStore({ url: appUrl(url), maxConnections: 4, clock: systemClock, random: systemRandom })
  const subjects = await sellMeters(store, customers)
  const { secret } = await createApiKey(
    { store, clock: systemClock, random: systemRandom },
    { name: 'bench', scopes: ['usage:write', 'entitlements:read'], by: 'bench' },
  )
  const hubs = processes.map(({ pid, url: hubUrl }) => {
    return { pid, url: hubUrl, secret, sender: usageSender(hubUrl, secret) }
  })
  const database = postgres(url, { max: 1, onnotice: () => undefined })
  return {
    url,
    subjects,
    hubs,
    stored: async () => {
      const [row] = await database<[{ count: string }]>`select count(*) from usage_event`
      return Number(row.count)
    },
    troubles: () => [
      ...processes.flatMap(({ troubles }) => troubles.slice(0, 5)),
      ...hubs.flatMap(({ sender }) => sender.refusals.slice(0, 5)),
    ],
    close: async () => {
      await Promise.all(hubs.map(({ sender }) => sender.close()))
      await Promise.all(processes.map((hub) => hub.stop()))
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
