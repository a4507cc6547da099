import { access, chmod, constants, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { Option } from 'commander'
import type { BooksSettings } from '../domain/books.ts'
import type { Checkpoint, CheckpointLabel } from '../ports/checkpoint.ts'
import { checkpointLabels, killAt, passEveryCheckpoint } from '../ports/checkpoint.ts'
import { virtualClock } from '../ports/clock.ts'
import { systemRandom } from '../ports/random.ts'
import type { VirtualClock } from '../ports/clock.ts'
import { systemTransport } from '../ports/transport.ts'
import { reachableDataDirectory } from '../store/embedded/cluster.ts'
import { runAsUser } from '../store/embedded/run-as.ts'
import { readPort } from './commands/arguments.ts'
import { burnDownLive } from './demo/burn-down.ts'
import type { FakesControl } from './demo/fakes-control.ts'
import { localControl } from './demo/fakes-control.ts'
import { createFakes, serveFakes } from './demo/fakes.ts'
import { followingClock } from './demo/following-clock.ts'
import { opportunityFiles, playOpportunities } from './demo/opportunities.ts'
import { remoteControl } from './demo/remote-control.ts'
import type { Reported } from './demo/report.ts'
import { reportOn, writeReport } from './demo/report.ts'
import { freePort } from './demo/serve.ts'
import { acmeBank } from './demo/story-deals.ts'
import { customerNamed, playStory, storyBegins } from './demo/story.ts'
import type { TraceCounts } from './demo/usage-trace.ts'
import { playUsageTrace } from './demo/usage-trace.ts'
import type { World } from './demo/world.ts'
import { startWorld } from './demo/world.ts'
import { CommandError } from './exit-codes.ts'
import { mappingsFolder } from './hub-variables.ts'
import type { Progress } from './progress.ts'
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
  readonly port: number
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
    .option('--deals <folder>', 'play a folder of CRM opportunities (three CSV files) instead of the story')
    .option(
      '--fix',
      'with --deals: add the lookup row that is missing once all deals have closed, and replay',
    )
    .addOption(
      new Option('--months <count>', 'how many months of the story to play')
        .choices(['1', '2', '3'])
        .default('3'),
    )
    .option('--usage <file>', 'replay a CSV trace of LLM requests as usage of one customer')
    .option('--fakes <url>', 'use the fakes served by "tieout fakes" at this address')
    .option(
      '--data-dir <folder>',
      'keep the books here; without it they are made anew and removed afterwards',
    )
    .option('--database <url>', 'keep the books in this database; never the one of a real hub')
    .option('--port <port>', 'where the hub listens', readPort, 8790)
    .action(async (options: DemoOptions) => {
      process.exitCode = await runDemo(options)
    })
}

async function runDemo(options: DemoOptions): Promise<number> {
  await assertReadable(options)
  const progress = publishProgress(options.json === true)
  const temporary = options.dataDir === undefined ? await temporaryFolder() : null
  try {
    return await runIn(temporary ?? options.dataDir ?? '', options, progress)
  } finally {
    if (temporary !== null) await removeBooks(temporary)
  }
}

/** Throws CommandError for a file that is to be played and cannot be read: before anything is started. */
async function assertReadable({ usage, deals }: DemoOptions): Promise<void> {
  const files = [
    ...(usage === undefined ? [] : [usage]),
    ...(deals === undefined ? [] : opportunityFiles.map((name) => join(deals, name))),
  ]
  for (const file of files) {
    await access(file, constants.R_OK).catch(() => {
      throw new CommandError('usage', `${file} cannot be read.`, 'tieout demo --help')
    })
  }
}

async function runIn(dataDir: string, options: DemoOptions, progress: Progress): Promise<number> {
  const stopped = stopSignal()
  if (options.json !== true) progress.say('Starting PostgreSQL, the hub and fakes of four vendors.')
  const world = await openWorld(options, dataDir, progress.say)
  try {
    const ending = await Promise.race([playAndReport(world, options, progress), stopped])
    if (ending === 'stopped') return stoppedByHand
    if (options.once !== true && options.json !== true && process.stdout.isTTY) {
      announce(world)
      await goOn(world, options, progress, stopped)
    }
    return ending
  } finally {
    await world.close()
  }
}

/** After the whole story a customer goes on using tokens, so that there is something to watch. Waits until it is stopped. */
async function goOn(
  world: World,
  { deals, usage, months }: DemoOptions,
  progress: Progress,
  stopped: Promise<'stopped'>,
): Promise<void> {
  let isOver = false
  const ending = stopped.then(() => (isOver = true))
  if (deals === undefined && usage === undefined && months === '3') {
    const acme = await customerNamed(world, acmeBank.account.Name)
    await burnDownLive(world, acme, progress.say, () => isOver)
  }
  await ending
}

/** What shells answer for a program that Ctrl-C ended. */
const stoppedByHand = 130

/** A folder that whoever PostgreSQL runs as may enter. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tieout-demo-'))
  await chmod(folder, 0o755)
  return folder
}

/** Removes books, also where they had to be kept elsewhere because PostgreSQL's user cannot enter the folder. */
async function removeBooks(folder: string): Promise<void> {
  const kept = reachableDataDirectory(join(folder, 'pg'), runAsUser(), () => undefined)
  for (const each of [kept, `${kept}.log`, folder]) await rm(each, { recursive: true, force: true })
}

async function playAndReport(world: World, options: DemoOptions, progress: Progress): Promise<number> {
  const usage = await play(world, options, progress.say)
  await world.catchUp()
  const reported = await reportOn(world, usage)
  progress.end()
  process.stdout.write(options.json === true ? `${JSON.stringify(reported.report)}\n` : writeReport(reported))
  return tiesOut(reported) ? 0 : 6
}

async function play(
  world: World,
  options: DemoOptions,
  say: (line: string) => void,
): Promise<TraceCounts | null> {
  if (options.usage !== undefined) return playUsageTrace(world, options.usage, say)
  if (options.deals === undefined) await playStory(world, Number(options.months), say)
  else await playOpportunities(world, options.deals, options.fix === true, say)
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
  const port = await freePort(options.port)
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
    const fakes = await remoteControl(options.fakes, systemTransport).catch(() => {
      throw new CommandError('temporary', `No fakes answer at ${options.fakes}.`, 'tieout fakes')
    })
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

function announce({ fakes: { urls }, hubUrl }: World): void {
  process.stdout.write(
    [
      `The hub stays up: status ${hubUrl}/ · API ${hubUrl}/docs`,
      `The fakes: Salesforce ${urls.salesforce} · HubSpot ${urls.hubspot} · Stripe ${urls.stripe} · NetSuite ${urls.netsuite}`,
      'Acme Bank goes on using tokens: open the status page and watch its commitment burn down. Ctrl-C ends the demo.',
      '',
    ].join('\n'),
  )
}

/** A signal ends the demo as its own end does: the server is stopped and the books are removed. It may come twice, from npm too. */
function stopSignal(): Promise<'stopped'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve('stopped'))
  })
}
