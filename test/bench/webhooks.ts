import postgres from 'postgres'
import { demoSecrets } from '../../src/cli/demo/fakes.ts'
import { systemClock } from '../../src/ports/clock.ts'
import type { BenchServer } from './bench-server.ts'
import type { Effort } from './bound.ts'
import { boundBy } from './bound.ts'
import { measureEffort, totalEffort } from './effort.ts'
import type { BenchReport, Figure } from './figures.ts'
import { latencies, median } from './figures.ts'
import type { HubProcess } from './hub-process.ts'
import { startHubProcess } from './hub-process.ts'
import { repeatFor } from './repeat.ts'
import { createWebhooks } from './signed-webhooks.ts'
import { hostVendors } from './vendors.ts'

const lanes = [1, 8, 32] as const
const rounds = 3
const roundMilliseconds = 4_000
/** As many as the hub's own pool has. */
const connections = 12

/** Stripe's webhooks into the hub, beside bare inserts of the same messages in the same run. */
export async function benchWebhooks(server: BenchServer, cores: number): Promise<BenchReport> {
  const url = await server.database('bench_webhooks')
  const vendors = await hostVendors()
  const hub = await startHubProcess({ ...vendors.variables, DATABASE_URL: url })
  const database = postgres(url, { max: connections, onnotice: () => undefined })
  try {
    const webhooks = createWebhooks(`${hub.url}/v1/hooks/stripe`, demoSecrets.stripeWebhook)
    await repeatFor(1_000, 8, webhooks.send)
    const figures: Figure[] = []
    for (const lane of lanes) {
      const doors: Round[] = []
      const bare: Round[] = []
      for (let round = 0; round < rounds; round++) {
        doors.push(await playRound(lane, webhooks.send, hub, server))
        await untilWorked(database)
        bare.push(await playRound(lane, () => insertBare(database, webhooks.next()), hub, server))
      }
      figures.push(...figuresOf(lane, doors, bare, cores))
    }
    await webhooks.close()
    return {
      bench: 'webhooks',
      what: `signed Stripe webhooks of ${webhooks.bytes} bytes from another process into the hub as \`npm start\` runs it, working what it takes in; bare is one insert of the message a transaction, through postgres.js`,
      figures,
      differences: [...hub.troubles, ...webhooks.refusals],
    }
  } finally {
    await database.end()
    await hub.stop()
    await vendors.close()
  }
}

type Round = { readonly perSecond: number; readonly milliseconds: readonly number[]; readonly effort: Effort }

async function playRound(
  lane: number,
  once: () => Promise<void>,
  hub: HubProcess,
  server: BenchServer,
): Promise<Round> {
  const effort = measureEffort([hub.pid], server.pid)
  const milliseconds = await repeatFor(roundMilliseconds, lane, once)
  const measured = effort()
  return { perSecond: milliseconds.length / measured.wallSeconds, milliseconds, effort: measured }
}

type BareMessage = ReturnType<ReturnType<typeof createWebhooks>['next']>

async function insertBare(
  database: postgres.Sql,
  { id, type, body, occurredAt }: BareMessage,
): Promise<void> {
  await database`
    insert into inbox_message (provider, account, delivery_id, type, occurred_at, received_at, body, body_hash, disposition, disposed_at)
    values ('stripe', 'bare', ${id}, ${type}, ${occurredAt}, ${occurredAt}, ${body}, ${id}, 'no-op', ${occurredAt})`
}

/** The rounds of bare inserts must not share the machine with work that the webhooks left. */
async function untilWorked(database: postgres.Sql): Promise<void> {
  for (;;) {
    const [row] = await database<[{ waiting: number }]>`
      select count(*)::int as waiting from work_item where queue = 'book-fact'`
    if (row.waiting === 0) return
    await systemClock.sleep(50)
  }
}

function figuresOf(lane: number, doors: readonly Round[], bare: readonly Round[], cores: number): Figure[] {
  const perSecond = median(doors.map((round) => round.perSecond))
  const barePerSecond = median(bare.map((round) => round.perSecond))
  const bound = boundBy(totalEffort(doors.map(({ effort }) => effort)), cores)
  const each = doors.map(({ milliseconds }) => latencies(milliseconds))
  const name = `${lane} at once`
  return [
    { name: `${name}, door`, value: perSecond, unit: '/s', boundBy: bound },
    ...(['p50', 'p95', 'p99'] as const).map((percent) => ({
      name: `${name}, door ${percent}`,
      value: median(each.map((round) => round[percent])),
      unit: 'ms',
      boundBy: '',
    })),
    { name: `${name}, bare inserts`, value: barePerSecond, unit: '/s', boundBy: 'fsync and round trip' },
    {
      name: `${name}, ratio`,
      value: perSecond / barePerSecond,
      unit: 'of bare',
      boundBy: `median of ${rounds} rounds of ${roundMilliseconds / 1000} s`,
    },
  ]
}
