import { parseArgs } from 'node:util'
import type { DevWorld } from './cli/dev-world.ts'
import { CommandError } from './cli/exit-codes.ts'
import { jsonLog } from './cli/log.ts'
import type { Log } from './cli/log.ts'
import type { Variables } from './cli/hub-variables.ts'
import { hubVariables } from './cli/hub-variables.ts'
import { readSettings } from './cli/settings.ts'
import type { RunningHub } from './cli/start-hub.ts'
import { ConfigurationError, hasNoVendor, unknownSettings } from './config.ts'
import { systemClock } from './ports/clock.ts'
import { exitCodeOf, sentenceOf } from './cli/failures.ts'

/** How long work under way may take after the hub was told to stop; what is cut off then is taken up at the next start. */
const drainMilliseconds = 4_500

type Started = { readonly running: RunningHub; readonly log: Log; stop(): Promise<void> }

/** Runs the hub of this environment until it is told to stop. With `--dev` and no vendor connected, among fakes. */
async function run(): Promise<void> {
  const values = readWords()
  const variables = hubVariables(process.env)
  const unknown = unknownSettings(variables)
  if (values.strict === true && unknown.length > 0) {
    throw new ConfigurationError(unknown.map((name) => `${name} is not a setting of Tieout.`))
  }
  const world = values.dev === true && hasNoVendor(variables) ? await openDev(variables) : null
  const starting = start(world, world?.variables ?? variables, unknown)
  stopOnSignal(starting)
  await starting
}

function readWords(): { dev?: boolean; strict?: boolean } {
  try {
    return parseArgs({ options: { dev: { type: 'boolean' }, strict: { type: 'boolean' } } }).values
  } catch (error) {
    throw new CommandError('usage', error instanceof Error ? error.message : String(error))
  }
}

async function openDev(variables: Variables): Promise<DevWorld> {
  const { openDevWorld } = await import('./cli/dev-world.ts')
  return openDevWorld(variables)
}

async function start(
  world: DevWorld | null,
  variables: Variables,
  unknown: readonly string[],
): Promise<Started> {
  const clock = world?.clock ?? systemClock
  try {
    const settings = await readSettings(variables)
    const log = jsonLog(clock, settings.environment)
    for (const name of unknown)
      log.warn('unknown-setting', { message: `${name} is not a setting of Tieout.` })
    // Loaded now, because a hub that must refuse should do so at once.
    const { startHub } = await import('./cli/start-hub.ts')
    const running = await startHub(settings, { clock, log })
    log.info('started', { url: running.url, process: process.pid })
    const greeting = await world?.begin(running, (error) => log.error('fakes', error))
    if (greeting !== undefined) process.stderr.write(`${greeting}\n`)
    return { running, log, stop: () => running.stop().then(() => world?.close()) }
  } catch (error) {
    await world?.close()
    throw error
  }
}

/** A terminal and npm may both pass the signal on, so it is heard once, and a start that is under way is let finish. */
function stopOnSignal(starting: Promise<Started>): void {
  let isStopping = false
  const stop = async (signal: string) => {
    if (isStopping) return
    isStopping = true
    const started = await starting
    started.log.info('stopping', { signal })
    const end = await Promise.race([
      started.stop().then(() => 'stopped'),
      systemClock.sleep(drainMilliseconds).then(() => 'cut off'),
    ])
    started.log.info(
      'stopped',
      end === 'stopped' ? {} : { message: 'Work under way is taken up at the next start.' },
    )
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal).catch(fail))
}

function fail(error: unknown): never {
  process.stderr.write(`${sentenceOf(error)}\n`)
  process.exit(exitCodeOf(error))
}

await run().catch(fail)
