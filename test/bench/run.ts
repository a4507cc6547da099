import { Command, InvalidArgumentError } from 'commander'
import { systemClock } from '../../src/ports/clock.ts'
import { benchActivation } from './activation.ts'
import type { BenchServer } from './bench-server.ts'
import { startBenchServer } from './bench-server.ts'
import { benchDeals } from './deals.ts'
import { benchLedger } from './ledger.ts'
import { benchRating } from './rating.ts'
import { benchSoak } from './soak.ts'
import { benchUsage } from './usage.ts'
import { benchWebhooks } from './webhooks.ts'
import type { BenchReport } from './figures.ts'
import { reportText } from './figures.ts'
import { keepReport, keptReport } from './kept-reports.ts'
import { machineText, readMachine } from './machine.ts'
import { reported, writePage } from './report.ts'

type RunOptions = {
  readonly json?: boolean
  readonly fresh?: boolean
  readonly days?: number
  readonly rounds: number
  readonly seconds: number
  readonly events: number
  readonly sdkEvents: number
}

const machine = readMachine()
const { cores } = machine

const benches: Readonly<Record<string, (server: BenchServer, options: RunOptions) => Promise<BenchReport>>> =
  {
    deals: (_, { days }) => benchDeals(days ?? null, cores),
    activation: (server) => benchActivation(server, cores),
    webhooks: (server) => benchWebhooks(server, cores),
    ledger: (server) => benchLedger(server, cores),
    usage: (server, options) => benchUsage(server, cores, options),
    rating: async (_, options) => benchRating(options),
    soak: (server, { events, sdkEvents }) =>
      benchSoak(server, cores, { events, sdkEvents: Math.min(sdkEvents, events) }),
  }

/** What `all` leaves out, because it takes as long as all the others. */
const long = ['soak']

await new Command('bench')
  .description(
    'Measure speed and memory. Everything is printed, nothing is asserted; docs/performance.md and docs/benchmarks.md say what it means.',
  )
  .argument(
    '[bench]',
    `${Object.keys(benches).join(', ')}, all of them but ${long.join()}, or report, which writes docs/benchmarks.md`,
    'all',
  )
  .option('--json', 'print one JSON object on stdout and nothing else there')
  .option('--fresh', 'report: measure again what was measured before')
  .option('--days <count>', 'deals: only those won in the first so many days', positive)
  .option('--rounds <count>', 'usage, rating: how often each is measured', positive, 5)
  .option('--seconds <count>', 'usage, rating: how long a round takes', positive, 2)
  .option('--events <count>', 'soak: how many events are posted', thousands, 50_000_000)
  .option('--sdk-events <count>', 'soak: how many of them through the SDK', thousands, 1_000_000)
  .action(run)
  .parseAsync()

async function run(wanted: string, options: RunOptions): Promise<void> {
  if (wanted === 'report') return report(options)
  const names = Object.keys(benches)
  const chosen = wanted === 'all' ? names.filter((name) => !long.includes(name)) : [wanted]
  if (!names.includes(chosen[0] ?? ''))
    throw new InvalidArgumentError(`There is no benchmark named ${wanted}.`)
  const { reports, postgresql } = await measure(chosen, options)
  if (options.json === true) process.stdout.write(`${JSON.stringify(toldAs(reports, postgresql))}\n`)
  else process.stdout.write(machineText(machine, postgresql))
}

/** One benchmark that has a summary says nothing but that; what went wrong goes to stderr and makes the exit code 1. */
function toldAs(reports: readonly BenchReport[], postgresql: string): unknown {
  const [only, ...others] = reports
  // Eight numbers have no room for it, and a hub that miscounts is no result.
  const differences = reports.flatMap((found) => found.differences ?? [])
  if (differences.length > 0) {
    process.stderr.write(`differences: ${JSON.stringify(differences)}\n`)
    process.exitCode = 1
  }
  return others.length === 0 && only?.summary !== undefined
    ? only.summary
    : { machine: { ...machine, postgresql }, reports }
}

async function report(options: RunOptions): Promise<void> {
  const due = reported
    .filter(({ bench, isShort }) => isShort && (options.fresh === true || keptReport(bench) === null))
    .map(({ bench }) => bench)
  if (due.length > 0) await measure(due, options)
  process.stdout.write(`${writePage()}\n`)
}

async function measure(
  names: readonly string[],
  options: RunOptions,
): Promise<{ reports: BenchReport[]; postgresql: string }> {
  const server = await startBenchServer()
  const { version: postgresql } = server
  try {
    const reports: BenchReport[] = []
    for (const name of names) {
      process.stderr.write(`Measuring ${name} …\n`)
      const found = (await benches[name]?.(server, options)) as BenchReport
      reports.push(found)
      const measuredOn = systemClock.now().toISOString().slice(0, 10)
      keepReport({ measuredOn, machine, postgresql, report: found })
      if (options.json !== true) process.stdout.write(`${reportText(found)}\n`)
    }
    return { reports, postgresql }
  } finally {
    await server.stop()
  }
}

function positive(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.')
  return count
}

function thousands(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 0 || count % 1_000 !== 0)
    throw new InvalidArgumentError('It must be a multiple of 1,000.')
  return count
}
