import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/cli/demo/serve.ts'
import type { DemoReport } from '../../src/cli/demo/report.ts'
import type { DealsInput } from './deals-input.ts'
import { dealsInput, opportunitiesFolder } from './deals-input.ts'
import type { BenchReport, Breakdown } from './figures.ts'
import { boundBy } from './bound.ts'
import type { Observation } from './observation.ts'
import type { Usage } from './process-tree.ts'
import { watchUsage } from './process-tree.ts'

const what =
  'closed-won deals to the last closed month, `tieout demo --deals … --fix --once --json` as a process of its own'

/** The whole run over the CRM opportunities, or over the first `days` days of it. */
export async function benchDeals(days: number | null, cores: number): Promise<BenchReport> {
  const source = opportunitiesFolder()
  if (source === null)
    return {
      bench: 'deals',
      what,
      skipped: 'no CRM opportunities here; OPPORTUNITIES_DIR says where they are',
      figures: [],
    }
  const folder = await mkdtemp(join(tmpdir(), 'tieout-bench-'))
  try {
    const input = await dealsInput(source, folder, days)
    return reportOf(input, await play(input, folder), cores)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Played = {
  readonly wallSeconds: number
  readonly usage: Usage
  readonly report: DemoReport
  readonly observation: Observation
}

async function play(input: DealsInput, folder: string): Promise<Played> {
  const file = join(folder, 'observation.json')
  const port = String(await freePort())
  const began = performance.now()
  const observer = fileURLToPath(new URL('./observe-hub.ts', import.meta.url))
  const tieout = fileURLToPath(new URL('../../src/cli/tieout.ts', import.meta.url))
  const command = ['demo', '--deals', input.folder, '--fix', '--once', '--json', '--port', port]
  const child = spawn(process.execPath, [...process.execArgv, '--import', observer, tieout, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BENCH_OBSERVATION: file },
  })
  const usage = watchUsage(child.pid ?? 0)
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (!printed.startsWith('{')) throw new Error(`tieout demo ended with ${code} and printed no report`)
  return {
    wallSeconds: (performance.now() - began) / 1000,
    usage: usage(),
    report: JSON.parse(printed) as DemoReport,
    observation: JSON.parse(await readFile(file, 'utf8')) as Observation,
  }
}

function reportOf(input: DealsInput, played: Played, cores: number): BenchReport {
  const { wallSeconds, usage, observation } = played
  const { ownSeconds, descendantSeconds, peakMegabytes } = usage
  const bound = boundBy({ wallSeconds, hubSeconds: ownSeconds, databaseSeconds: descendantSeconds }, cores)
  const queues = Object.values(observation.queues)
  const total = (pick: (queue: (typeof queues)[number]) => number) =>
    queues.reduce((sum, queue) => sum + pick(queue), 0)
  const perDeal = (count: number) => count / input.won
  return {
    bench: 'deals',
    what,
    figures: [
      { name: 'deals won', value: input.won, unit: `worth ${input.value}`, boundBy: 'the input' },
      { name: 'wall time', value: wallSeconds, unit: 's', boundBy: bound },
      { name: 'deals a second', value: input.won / wallSeconds, unit: '/s', boundBy: bound },
      { name: 'processor, hub and fakes', value: ownSeconds, unit: 's', boundBy: 'one process holds both' },
      {
        name: 'processor, PostgreSQL',
        value: descendantSeconds,
        unit: 's',
        boundBy: 'fsync is off in the demo',
      },
      { name: 'peak memory, hub and fakes', value: peakMegabytes, unit: 'MB', boundBy: 'VmHWM' },
      {
        name: 'a deal: database round trips',
        value: perDeal(observation.databaseRoundTrips),
        unit: '',
        boundBy: `${perDeal(total(({ statements }) => statements)).toFixed(1)} statements in ${perDeal(total(({ transactions }) => transactions)).toFixed(1)} units of work`,
      },
      {
        name: 'a deal: requests to vendors',
        value: perDeal(total(({ vendorRequests }) => vendorRequests)),
        unit: '',
        boundBy: 'messages of the fakes to the hub among them',
      },
    ],
    breakdowns: [
      stages(observation, wallSeconds),
      top('statements asked most, a deal', observation.topStatements, perDeal),
      top('requests made most, a deal', observation.topVendorRequests, perDeal),
    ],
    differences: [...played.report.differences, ...resultDifferences(input, played.report)],
  }
}

/** What the run must come to whatever its speed: a fast run with other results is no result. */
function resultDifferences(input: DealsInput, report: DemoReport): string[] {
  const { deals, contractValue, recognized, contractLiability, erpTotalsMatch } = report
  const expectations: [string, unknown, unknown][] = [
    ['deals active', deals.active, input.won],
    ['contract value', contractValue, input.value],
    ['recognized', recognized, input.value],
    ['contract liability', contractLiability, '0.00'],
    ['books of the ERP match', erpTotalsMatch, true],
  ]
  return expectations
    .filter(([, found, expected]) => found !== expected)
    .map(([name, found, expected]) => `${name}: ${String(found)} instead of ${String(expected)}`)
}

function stages({ queues, workingSeconds }: Observation, wallSeconds: number): Breakdown {
  const rows = Object.entries(queues)
    .sort(([, left], [, right]) => right.wallSeconds - left.wallSeconds)
    .map(([name, queue]) => [
      name,
      queue.wallSeconds,
      queue.batchSeconds,
      queue.batches,
      queue.items,
      queue.statements,
      queue.transactions,
      queue.vendorRequests,
    ])
  return {
    title: `where the time went: ${workingSeconds.toFixed(1)} s of ${wallSeconds.toFixed(1)} s with any batch at work; stages overlap`,
    rows: [['queue', 'wall s', 'batches s', 'batches', 'items', 'statements', 'units', 'requests'], ...rows],
  }
}

function top(
  title: string,
  counts: readonly { readonly text: string; readonly count: number }[],
  perDeal: (count: number) => number,
): Breakdown {
  return { title, rows: counts.slice(0, 12).map(({ text, count }) => [text, perDeal(count)]) }
}
