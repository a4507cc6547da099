import { performance } from 'node:perf_hooks'
import postgres from 'postgres'
import { credit, debit } from '../../src/domain/ledger.ts'
import type { LedgerTransaction } from '../../src/domain/ledger.ts'
import { money } from '../../src/domain/money.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { appendTransactions } from '../../src/store/ledger.ts'
import { appUrl } from '../../src/store/migrate.ts'
import type { Store } from '../../src/store/unit-of-work.ts'
import { openStore } from '../../src/store/unit-of-work.ts'
import type { BenchServer } from './bench-server.ts'
import { boundBy } from './bound.ts'
import type { Effort } from './bound.ts'
import { measureEffort, totalEffort } from './effort.ts'
import type { BenchReport, Figure } from './figures.ts'
import { median } from './figures.ts'

const batchSize = 1_000
const batches = 20
const rounds = 5
const writers = [1, 2] as const

/** Appending to the books with every guard, beside inserting the same rows into tables without any, in the same run. */
export async function benchLedger(server: BenchServer, cores: number): Promise<BenchReport> {
  const url = await server.database('bench_ledger')
  const store = openStore({
    url: appUrl(url),
    maxConnections: 4,
    clock: systemClock,
    random: systemRandom,
  })
  const database = postgres(url, { max: 4, onnotice: () => undefined })
  try {
    await createBareTables(database)
    const figures: Figure[] = []
    for (const count of writers) {
      const guarded: Round[] = []
      const bare: Round[] = []
      for (let round = 0; round <= rounds; round++) {
        const name = `${count}/${round}`
        guarded.push(await playRound(count, (from) => appendGuarded(store, name, from), server))
        bare.push(await playRound(count, (from) => insertBare(database, name, from), server))
      }
      // The first round warms up.
      figures.push(...figuresOf(count, guarded.slice(1), bare.slice(1), cores))
    }
    return {
      bench: 'ledger',
      what: `ledger transactions of two lines, ${batchSize.toLocaleString('en-US')} a unit of work: appendTransactions beside one insert by unnest into two tables without keys, guards or triggers`,
      figures,
    }
  } finally {
    await store.close()
    await database.end()
  }
}

type Round = { readonly perSecond: number; readonly effort: Effort }

/** Writes all batches, shared among the writers; this process is the hub's side. */
async function playRound(
  count: number,
  write: (from: number) => Promise<void>,
  server: BenchServer,
): Promise<Round> {
  const effort = measureEffort([process.pid], server.pid)
  const began = performance.now()
  const waiting = Array.from({ length: batches }, (_, index) => index * batchSize)
  const writer = async () => {
    for (let from = waiting.pop(); from !== undefined; from = waiting.pop()) await write(from)
  }
  await Promise.all(Array.from({ length: count }, writer))
  const seconds = (performance.now() - began) / 1000
  return { perSecond: (batches * batchSize) / seconds, effort: { ...effort(), loadSeconds: 0 } }
}

async function appendGuarded(store: Store, name: string, from: number): Promise<void> {
  const transactions = Array.from({ length: batchSize }, (_, index) => transaction(name, from + index))
  await store.unitOfWork((unit) => appendTransactions(unit, transactions, systemClock.now()))
}

function transaction(name: string, number: number): LedgerTransaction {
  const amount = money('USD', BigInt(100_000 + number))
  const where = {
    contractId: `ctr_${name}/${number % 5_000}`,
    lineId: 'L1',
    invoiceId: `in_${name}/${number}`,
  }
  return {
    factKey: `bench:${name}/${number}`,
    reason: 'invoice-finalized',
    sourceId: `bench:${name}/${number}`,
    entity: 'us',
    occurredAt: new Date('2026-01-15T12:00:00Z'),
    accountingDate: '2026-01-15',
    memo: `Invoice BENCH-${number}`,
    entries: [
      debit('receivable', amount, { ...where, lineId: null }),
      credit('contract-liability', amount, where),
    ],
  }
}

async function createBareTables(database: postgres.Sql): Promise<void> {
  await database`create table bare_transaction (transaction_id text, fact_key text, fingerprint text, reason text, source_id text, entity text,
    occurred_at timestamptz, accounting_date date, month text, recorded_at timestamptz, memo text, line_count integer)`
  await database`create table bare_entry (transaction_id text, line_number integer, account_kind text, side text, amount_minor bigint,
    currency text, contract_id text, line_id text, invoice_id text, entity text, month text)`
}

async function insertBare(database: postgres.Sql, name: string, from: number): Promise<void> {
  const numbers = Array.from({ length: batchSize }, (_, index) => from + index)
  const ids = numbers.map((number) => `bench:${name}/${number}`)
  const at = '2026-01-15T12:00:00Z'
  await database`
    with header as (
      insert into bare_transaction
      select id, id, id, 'invoice-finalized', id, 'us', ${at}::timestamptz, '2026-01-15'::date, '2026-01', ${at}::timestamptz, id, 2
      from unnest(${ids}::text[]) as id
    )
    insert into bare_entry
    select id, line, kind, side, amount, 'USD', id, 'L1', id, 'us', '2026-01'
    from unnest(${ids}::text[], ${numbers.map((number) => 100_000 + number)}::bigint[]) as input(id, amount)
    cross join (values (1, 'receivable', 'debit'), (2, 'contract-liability', 'credit')) as entry(line, kind, side)`
}

function figuresOf(
  count: number,
  guarded: readonly Round[],
  bare: readonly Round[],
  cores: number,
): Figure[] {
  const perSecond = median(guarded.map((round) => round.perSecond))
  const barePerSecond = median(bare.map((round) => round.perSecond))
  const bound = (played: readonly Round[]) => boundBy(totalEffort(played.map(({ effort }) => effort)), cores)
  const name = count === 1 ? 'one writer' : `${count} writers`
  return [
    { name: `${name}, with every guard`, value: perSecond, unit: 'transactions/s', boundBy: bound(guarded) },
    { name: `${name}, bare`, value: barePerSecond, unit: 'transactions/s', boundBy: bound(bare) },
    {
      name: `${name}, ratio`,
      value: perSecond / barePerSecond,
      unit: 'of bare',
      boundBy: `median of ${rounds} rounds of ${(batches * batchSize).toLocaleString('en-US')}`,
    },
  ]
}
