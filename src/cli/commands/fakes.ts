import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { readOwnSettings } from '../../config.ts'
import { systemClock, virtualClock } from '../../ports/clock.ts'
import { CommandError } from '../exit-codes.ts'
import { envFileText } from '../env-file.ts'
import type { HostedFakes } from '../host-fakes.ts'
import { hostFakes, keepLiving } from '../host-fakes.ts'
import { movingClock } from '../moving-clock.ts'
import { readBooks } from '../setting-files.ts'
import { hubVariables } from '../settings.ts'
import { readInstant, readPort } from './arguments.ts'
import { showFailure } from './run-command.ts'

type FakesOptions = {
  readonly json?: boolean
  readonly at?: Date
  readonly port: number
  readonly hubUrl: string
  readonly writeEnv?: string
}

/** Adds `tieout fakes`. */
export function addFakes(program: Command): void {
  program
    .command('fakes')
    .description('Serve fakes of all four vendors, and a control for their time, until stopped.')
    .option('--at <instant>', 'let their time stand still here until the control moves it', readInstant)
    .option('--port <port>', 'where the control listens; 0 takes any free port', readPort, 0)
    .option('--hub-url <url>', 'where their messages go', 'http://127.0.0.1:8790')
    .option('--write-env <file>', 'write what a hub needs to reach them, for TIEOUT_ENV_FILE')
    .option('--json', 'print the addresses as one JSON object on stdout')
    .addHelpText('after', examples)
    .action(async (options: FakesOptions) => {
      await serveUntilStopped(options).catch((error: unknown) => showFailure(error, options.json === true))
    })
}

const examples = `
Without --at their time is the machine's and messages leave by themselves, as with the real vendors.
The control takes GET /state, POST /advance {"to": …}, POST /pump and POST /act {"vendor", "control", "given"}.

Examples:
  tieout fakes --write-env .env.fakes            then: TIEOUT_ENV_FILE=.env.fakes npm start
  tieout fakes --at 2026-01-01T15:00:00Z --json then: tieout demo --fakes <control>
`

async function serveUntilStopped(options: FakesOptions): Promise<void> {
  const { at, port, hubUrl } = options
  const own = readOwnSettings(hubVariables(process.env))
  const clock = at === undefined ? movingClock(systemClock) : virtualClock(at)
  const books = await readBooks(own.TIEOUT_MAPPINGS_DIR)
  const fakes = await hostFakes({ clock, hubUrl, books, port }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    throw new CommandError('conflict', `Port ${port} is taken by another program.`, 'tieout fakes --port 0')
  })
  const report = (error: unknown) => showFailure(error, options.json === true)
  const endLife = at === undefined ? keepLiving(fakes.control, clock, report) : () => Promise.resolve()
  if (options.writeEnv !== undefined)
    writeFileSync(options.writeEnv, envFileText(fakes.variables), { mode: 0o600 })
  announce(fakes, clock.now(), options)
  await stopSignal()
  await endLife()
  await fakes.close()
}

function announce(fakes: HostedFakes, now: Date, { json, writeEnv }: FakesOptions): void {
  const { controlUrl: control, variables } = fakes
  if (json === true) {
    const data = { control, ...fakes.control.urls, now: now.toISOString(), environment: variables }
    process.stdout.write(`${JSON.stringify({ ok: true, data, warnings: [] })}\n`)
    return
  }
  const lines = [...Object.entries(fakes.control.urls), ['control', control]]
  process.stdout.write(lines.map(([name = '', url]) => `${name.padEnd(12)}${url}\n`).join(''))
  const next =
    writeEnv === undefined ? `tieout demo --fakes ${control}` : `TIEOUT_ENV_FILE=${writeEnv} npm start`
  process.stderr.write(`Next: ${next}\nCtrl-C ends the fakes, and they forget everything.\n`)
}

/** Both signals may come twice, from the terminal and from npm. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })
}
