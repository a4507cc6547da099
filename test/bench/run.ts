import { Command, InvalidArgumentError } from 'commander'
import { benchActivation } from './activation.ts'
import type { BenchServer } from './bench-server.ts'
import { startBenchServer } from './bench-server.ts'
import { benchDeals } from './deals.ts'
import { benchLedger } from './ledger.ts'
import { benchUsage } from './usage.ts'
import { benchWebhooks } from './webhooks.ts'
import type { BenchReport } from './figures.ts'
import { reportText } from './figures.ts'
import { machineText, readMachine } from './machine.ts'

type RunOptions = { readonly json?: boolean; readonly days?: number }

const machine = readMachine()

const benches: Readonly<Record<string, (server: BenchServer, options: RunOptions) => Promise<BenchReport>>> =
  {
    deals: (_, { days }) => benchDeals(days ?? null, machine.cores),
    activation: (server) => benchActivation(server, machine.cores),
    webhooks: (server) => benchWebhooks(server, machine.cores),
    ledger: (server) => benchLedger(server, machine.cores),
    usage: (server) => benchUsage(server, machine.cores),
  }

await new Command('bench')
  .description(
    'Measure speed and memory. Everything is printed, nothing is asserted; docs/performance.md says what it means.',
  )
  .argument('[bench]', `${Object.keys(benches).join(', ')}, or all`, 'all')
  .option('--json', 'print one JSON object on stdout and nothing else there')
  .option('--days <count>', 'deals: only those won in the first so many days', positive)
  .action(run)
  .parseAsync()

async function run(wanted: string, options: RunOptions): Promise<void> {
  const chosen = Object.entries(benches).filter(([name]) => wanted === 'all' || wanted === name)
  if (chosen.length === 0) throw new InvalidArgumentError(`There is no benchmark named ${wanted}.`)
  const server = await startBenchServer()
  try {
    const reports: BenchReport[] = []
    for (const [name, bench] of chosen) {
      process.stderr.write(`Measuring ${name} …\n`)
      const report = await bench(server, options)
      reports.push(report)
      if (options.json !== true) process.stdout.write(`${reportText(report)}\n`)
    }
    const { version: postgresql } = server
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ machine: { ...machine, postgresql }, reports })}\n`
        : machineText(machine, postgresql),
    )
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
