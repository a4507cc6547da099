import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { BooksSettings } from '../domain/books.ts'
import type { Checkpoint, CheckpointLabel } from '../ports/checkpoint.ts'
import { checkpointLabels, killAt, passEveryCheckpoint } from '../ports/checkpoint.ts'
import { virtualClock } from '../ports/clock.ts'
import { systemRandom } from '../ports/random.ts'
import type { VirtualClock } from '../ports/clock.ts'
import { systemTransport } from '../ports/transport.ts'
import type { FakesControl } from './demo/fakes-control.ts'
import { localControl } from './demo/fakes-control.ts'
import { createFakes, serveFakes } from './demo/fakes.ts'
import { followingClock } from './demo/following-clock.ts'
import { playOpportunities } from './demo/opportunities.ts'
import { remoteControl } from './demo/remote-control.ts'
import type { Reported } from './demo/report.ts'
import { reportOn, writeReport } from './demo/report.ts'
import { freePort } from './demo/serve.ts'
import { playStory, storyBegins } from './demo/story.ts'
import type { TraceCounts } from './demo/usage-trace.ts'
import { playUsageTrace } from './demo/usage-trace.ts'
import type { World } from './demo/world.ts'
import { startWorld } from './demo/world.ts'
import { mappingsFolder } from './hub-variables.ts'
import { publishProgress } from './progress.ts'
import type { MappingFile } from './setting-files.ts'
import { readBooks, readMapping } from './setting-files.ts'

/** Options of `tieout demo`. */
type DemoOptions = {
  readonly once?: boolean
  readonly json?: boolean
  readonly deals?: string
  readonly fix?: boolean
  readonly usage?: string
  readonly months: string
  readonly fakes?: string
  readonly dataDir?: string
  readonly database?: string
  readonly port: string
}

/** Adds `tieout demo`. */
export function addDemo(program: Command): void {
  program
    .command('demo')
    .description(
      'Play the whole story on this machine, with fakes of all four vendors; no account is needed.',
    )
    .option('--once', 'end when the story ends; exit 0 only if everything ties out')
    .option('--json', 'print one JSON object on stdout and nothing else there')
    .option('--deals <folder>', 'play a folder of CRM opportunities (four CSV files) instead of the story')
    .option('--no-fix', 'with --deals: leave the exceptions as they are')
    .option('--months <count>', 'how many months of the story to play, 1 to 3', '3')
    .option('--usage <file>', 'replay a CSV trace of LLM requests as usage of one customer')
    .option('--fakes <url>', 'use the fakes served by "tieout fakes" at this address')
    .option(
      '--data-dir <folder>',
      'keep the books here; without it they are made anew and removed afterwards',
    )
    .option('--database <url>', 'keep the books in this database; never the one of a real hub')
    .option('--port <port>', 'where the hub listens', '8790')
    .action(async (options: DemoOptions) => {
      process.exitCode = await runDemo(options)
    })
}

async function runDemo(options: DemoOptions): Promise<number> {
  const progress = publishProgress(options.json === true)
  const temporary = options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'tieout-demo-')) : null
  const world = await openWorld(options, temporary ?? options.dataDir ?? '', progress.say)
  try {
    const usage = await play(world, options, progress.say)
    await world.catchUp()
    const reported = await reportOn(world, usage)
    progress.end()
    process.stdout.write(
      options.json === true ? `${JSON.stringify(reported.report)}\n` : writeReport(reported),
    )
    if (options.once !== true && options.json !== true && process.stdout.isTTY) await stayUp(world)
    return tiesOut(reported) ? 0 : 6
  } finally {
    await world.close()
    if (temporary !== null) await rm(temporary, { recursive: true, force: true })
  }
}

async function play(
  world: World,
  options: DemoOptions,
  say: (line: string) => void,
): Promise<TraceCounts | null> {
  if (options.usage !== undefined) return playUsageTrace(world, options.usage, say)
  if (options.deals === undefined) await playStory(world, Number(options.months), say)
  else await playOpportunities(world, options.deals, options.fix !== false, say)
  return null
}

/** Everything ties out: no difference, and no comparison that could not be made. */
function tiesOut({ report }: Reported): boolean {
  return report.differences.length === 0 && report.erpTotalsMatch
}

async function openWorld(
  options: DemoOptions,
  dataDir: string,
  say: (line: string) => void,
): Promise<World & { closeFakes(): Promise<void> }> {
  const books = await readBooks(mappingsFolder)
  const mappings = await mappingsFor(options)
  const port = await freePort(Number(options.port))
  const { clock, fakes, closeFakes } = await openFakes(options, port, books)
  const world = await startWorld({
    clock,
    random: systemRandom,
    fakes,
    port,
    dataDir,
    durable: options.dataDir !== undefined,
    ...(options.database === undefined ? {} : { databaseUrl: options.database }),
    books,
    mappings,
    settings: { automaticTax: false, closeAfterDays: 2, sweepIntervalSeconds: 86_400 },
    checkpoint: checkpointOf(process.env['TIEOUT_KILL_AT']),
    rings: true,
    log: say,
  })
  return { ...world, closeFakes, close: () => world.close().then(closeFakes) }
}

async function mappingsFor({ deals }: DemoOptions): Promise<MappingFile[]> {
  const files =
    deals === undefined ? ['salesforce.yaml', 'hubspot.yaml'] : ['examples/crm-opportunities.yaml']
  return Promise.all(files.map((file) => readMapping(join(mappingsFolder, file))))
}

/** Each story has its own past: the data set closes its first deal in March 2017, the trace was taken in November 2023. */
function beginOf({ deals, usage }: DemoOptions): Date {
  if (deals !== undefined) return new Date('2017-03-01T13:00:00Z')
  return usage === undefined ? storyBegins : new Date('2023-11-01T15:00:00Z')
}

type OpenFakes = { readonly clock: VirtualClock; readonly fakes: FakesControl; closeFakes(): Promise<void> }

async function openFakes(options: DemoOptions, port: number, books: BooksSettings): Promise<OpenFakes> {
  if (options.fakes !== undefined) {
    const fakes = await remoteControl(options.fakes, systemTransport)
    return {
      clock: followingClock(virtualClock(await fakes.now()), fakes),
      fakes,
      closeFakes: () => Promise.resolve(),
    }
  }
  const clock = virtualClock(beginOf(options))
  const twins = createFakes(clock, `http://127.0.0.1:${port}`, books, options.deals === undefined)
  const served = await serveFakes(twins)
  return { clock, fakes: localControl(twins, served.urls, () => clock.now()), closeFakes: served.close }
}

/** `TIEOUT_KILL_AT=label:3` ends the process where it passes that place the third time. For recovery tests. */
function checkpointOf(wanted: string | undefined): Checkpoint {
  const [label = '', count = '1'] = wanted?.split(':') ?? []
  if (!(checkpointLabels as readonly string[]).includes(label)) return passEveryCheckpoint
  return killAt(label as CheckpointLabel, Number(count), () => process.kill(process.pid, 'SIGKILL'))
}

async function stayUp(world: World): Promise<void> {
  const { urls } = world.fakes
  process.stdout.write(
    [
      `The hub stays up: status ${world.hubUrl}/ · API ${world.hubUrl}/docs`,
      `The fakes: Salesforce ${urls.salesforce} · HubSpot ${urls.hubspot} · Stripe ${urls.stripe} · NetSuite ${urls.netsuite}`,
      'Ctrl-C ends the demo.',
      '',
    ].join('\n'),
  )
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
