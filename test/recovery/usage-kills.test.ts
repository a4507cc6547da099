import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createStripeBilling } from '../../connectors/stripe/stripe.ts'
import { demoSecrets } from '../../src/cli/demo/fakes.ts'
import { acmeBank } from '../../src/cli/demo/story-deals.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { fraction, seededRandom } from '../../src/ports/random.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import { bareVariables, ownFolder, start, type Running } from '../cli/processes.ts'
import { compareWithJournal, type Disagreements } from './counted-usage.ts'
import { ownConnection, startKilledHub, type KilledHub } from './killed-hub.ts'
import { partsOf, readJournals, type Journaled } from './usage-journal.ts'
import type { ClientOrders } from './usage-load.ts'

/**
 * `KILLS` says how many times something is killed, `KILL_SEED` when and what; the same seed draws the same kills. Two clients send all the
 * while, and each notes on its own disk what was acknowledged: that, and not what the hub believes, is what everything is compared with.
 */
const kills = Number(process.env['KILLS'] ?? '10')
const seed = Number(process.env['KILL_SEED'] ?? '20261130')

const folder = ownFolder()
const names = ['Amber Assistants', 'Basalt Bank', 'Coral Clinics']
const lateName = 'a-name-nobody-bears-yet'
const unknownName = 'a-name-nobody-ever-bears'
const programs = [new URL('./sdk-client.ts', import.meta.url), new URL('./raw-client.ts', import.meta.url)]
const journals = ['sdk', 'raw'].map((name) => join(folder.path, `${name}.journal`))

let hub: KilledHub
let sql: postgres.Sql

beforeAll(async () => {
  hub = await startKilledHub(folder.path)
  sql = ownConnection(hub.databaseUrl)
  await hub.untilReady()
  for (const name of names) await sell(name)
  await until('every customer is at Stripe', async () => (await provisionedCount()) === names.length)
}, 120_000)

afterAll(async () => {
  await sql?.end({ timeout: 1 })
  await hub?.close()
  folder.remove()
})

async function sell(name: string): Promise<void> {
  // Begun two days ago, so that use of the last hours is covered by it.
  const CloseDate = new Date(systemClock.now().getTime() - 2 * 86_400_000).toISOString().slice(0, 10)
  const draft = {
    ...acmeBank,
    Name: `${name}: tokens`,
    CloseDate,
    account: { ...acmeBank.account, Name: name },
  }
  const id = await hub.twins.act('salesforce', 'addDeal', draft)
  await hub.twins.act('salesforce', 'closeDeal', id)
}

/** Their standings may come later, in the middle of it all. */
async function provisionedCount(): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer as count from customer where provider_customer_id is not null`
  return row.count
}

test(
  `killed ${kills} times under load, hub and PostgreSQL count every acknowledged event exactly once, by the clients' own journals`,
  { timeout: 180_000 + kills * 30_000 },
  async () => {
    const owners = await ownersBySubject()
    const clients = startClients([...owners.keys(), lateName, unknownName])
    const count = { hub: 0, database: 0, whileDown: 0 }
    const random = seededRandom(seed)
    for (let kill = 0; kill < kills; kill++) {
      if (kill === Math.ceil(kills / 2)) await giveLateName(owners)
      // Now and then the next kill does not wait until the hub has come back from the last one.
      if (kill === 0 || fraction(random) < 0.8) await untilAcknowledged()
      else count.whileDown++
      await systemClock.sleep(fraction(random) * 1_500)
      const victim = fraction(random) < 0.5 ? 'hub' : 'database'
      count[victim]++
      await (victim === 'hub' ? hub.killHub() : hub.killDatabase())
    }
    await hub.untilReady()
    const said = await endClients(clients)
    await endLeases()
    const journaled = readJournals(journals)
    const found = await untilCounted(journaled, owners)
    console.log(lineOf(count, journaled, found, said))
    expect(journaled.broken).toEqual([])
    expect(found).toEqual(nothing)
    expect(hub.endedByItself()).toEqual([])
    await expectStripeAgrees(journaled, owners)
    await expectLossIsSeen(journaled, owners)
  },
)

const nothing: Disagreements = {
  lost: [],
  countedTwice: [],
  neverAcknowledged: [],
  otherThanSent: [],
  hours: [],
  standings: [],
  told: [],
}

/** Whose use the names in events are: the names the CRM gave the accounts. */
async function ownersBySubject(): Promise<Map<string, string>> {
  const rows = await sql<{ customer_id: string; crm_account_id: string }[]>`
    select customer_id, crm_account_id from customer`
  return new Map(rows.map((row) => [row.crm_account_id, row.customer_id]))
}

/** Somebody says whose use an unknown name stands for; what waited under it is counted by the hub's own work. */
async function giveLateName(owners: Map<string, string>): Promise<void> {
  const [owner] = owners.values()
  await persistently(
    () => sql`insert into customer_alias values (${lateName}, ${owner ?? ''}, now()) on conflict do nothing`,
  )
  owners.set(lateName, owner ?? '')
}

/** What a killed process had begun is taken up when its lease is over: minutes that the test does not wait for. */
async function endLeases(): Promise<void> {
  await persistently(() => sql`update work_item set lease_until = now() where lease_until > now()`)
  await persistently(() => sql`update external_op set lease_until = now() where lease_until > now()`)
}

/** A test's own connection is killed with the server too. */
async function persistently<T>(ask: () => PromiseLike<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      if (tries === 50) throw error
      await systemClock.sleep(200)
    }
  }
}

function startClients(subjects: readonly string[]): Running[] {
  return programs.map((program, index) => {
    const orders: ClientOrders = {
      url: hub.url,
      key: hub.key,
      source: `kills/${index}`,
      subjects,
      journal: journals[index] ?? '',
      spool: join(folder.path, 'spool'),
      seed: seed + index + 1,
    }
    const words = [fileURLToPath(program), JSON.stringify(orders)]
    return start(process.execPath, words, bareVariables(folder.path))
  })
}

/** Waits until each client has had something acknowledged after this moment: only then a kill falls into work. */
async function untilAcknowledged(): Promise<void> {
  const before = journals.map(sizeOf)
  await until('both clients are acknowledged', () =>
    journals.every((file, index) => sizeOf(file) > (before[index] ?? 0)),
  )
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = systemClock.now().getTime() + 60_000
  while (!(await isSo())) {
    if (systemClock.now().getTime() > end)
      throw new Error(`It did not come about within a minute that ${what}`)
    await systemClock.sleep(50)
  }
}

function sizeOf(file: string): number {
  return existsSync(file) ? readFileSync(file).length : 0
}

async function endClients(clients: readonly Running[]): Promise<Record<string, number>[]> {
  const said: Record<string, number>[] = []
  for (const client of clients) {
    client.kill('SIGTERM')
    const { code, stdout, stderr } = await client.ended
    expect([code, stderr]).toEqual([0, ''])
    said.push(JSON.parse(stdout) as Record<string, number>)
  }
  return said
}

/** What waits for a name, and hours that were being told, are the hub's work of the next seconds. */
async function untilCounted(
  journaled: Journaled,
  owners: ReadonlyMap<string, string>,
): Promise<Disagreements> {
  const end = systemClock.now().getTime() + 120_000
  for (;;) {
    const found = await compareWithJournal(sql, journaled.events, owners)
    const isDone = Object.values(found).every((sentences) => sentences.length === 0)
    if (isDone || systemClock.now().getTime() > end) return found
    await systemClock.sleep(1_000)
  }
}

function lineOf(
  count: { hub: number; database: number; whileDown: number },
  { events, acknowledgements, broken }: Journaled,
  found: Disagreements,
  [sdk = {}, raw = {}]: readonly Record<string, number>[],
): string {
  const streams = `${raw['streamsCutOff']} streams cut off`
  const again = `${sdk['retried'] ?? 0} events of the SDK and ${raw['batchesAgain']} batches sent again, ${streams}`
  return (
    `${count.hub + count.database} kills (hub ${count.hub}, PostgreSQL ${count.database}; ${count.whileDown} of them before it was back): ` +
    `${events.size} events acknowledged (${acknowledgements} times), ${found.lost.length} lost, ${found.countedTwice.length} counted twice, ` +
    `${broken.length} promises broken; hours ${found.hours.length}, standings ${found.standings.length}, told ${found.told.length} wrong; ${again}`
  )
}

/** Stripe's own sums of the hours that have ended are the journal's, once they have caught up with what was sent. */
async function expectStripeAgrees(journaled: Journaled, owners: ReadonlyMap<string, string>): Promise<void> {
  const { STRIPE_API_URL: baseUrl = '' } = hub.twins.variables
  const stripe = createStripeBilling({
    secretKey: demoSecrets.stripeKey,
    baseUrl,
    clock: systemClock,
    transport: systemTransport,
  })
  const rows = await sql<{ customer_id: string; provider_customer_id: string }[]>`
    select customer_id, provider_customer_id from customer`
  const hour = new Date(systemClock.now().getTime() - 60_000).toISOString().slice(0, 13)
  const to = new Date(`${hour}:00:00Z`)
  const from = new Date(to.getTime() - 30 * 3_600_000)
  for (const { customer_id: owner, provider_customer_id: customer } of rows) {
    const parts = [...journaled.events.values()]
      .filter(
        ({ type, subject, time }) =>
          type === 'tokens' && owners.get(subject) === owner && time.slice(0, 13) < hour,
      )
      .reduce((sum, { value }) => sum + partsOf(value), 0n)
    await until(`Stripe counts what ${owner} used`, async () => {
      const total = await stripe.meterTotal('tokens', customer, from, to)
      return total.kind === 'ok' && partsOf(total.value) === parts
    })
  }
}

/** The comparison is worth what it sees: an event the hub does not have, and one nobody had acknowledged. */
async function expectLossIsSeen({ events }: Journaled, owners: ReadonlyMap<string, string>): Promise<void> {
  const [[key, first] = ['', undefined]] = events
  if (first === undefined) throw new Error('Nothing was acknowledged')
  const other = new Map(events)
  other.delete(key)
  other.set('["kills/1","lost"]', { ...first, source: 'kills/1', id: 'lost', value: '3' })
  const found = await compareWithJournal(sql, other, owners)
  expect([found.lost, found.neverAcknowledged]).toEqual([['["kills/1","lost"]'], [key]])
}
