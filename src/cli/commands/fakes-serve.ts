import { writeFileSync } from 'node:fs'
import { readOwnSettings } from '../../config.ts'
import { systemClock, virtualClock } from '../../ports/clock.ts'
import { envFileText } from '../env-file.ts'
import { CommandError } from '../exit-codes.ts'
import type { HostedFakes } from '../host-fakes.ts'
import { hostFakes, keepLiving } from '../host-fakes.ts'
import { hubVariables } from '../hub-variables.ts'
import { movingClock } from '../moving-clock.ts'
import { readBooks } from '../setting-files.ts'
import { showFailure } from './run-command.ts'

export type FakesOptions = {
  readonly json?: boolean
  readonly at?: Date
  readonly port: number
  readonly hubUrl: string
  readonly writeEnv?: string
}

/** `tieout fakes`: serves the twins until a signal ends it. Throws CommandError when the port is taken. */
export async function serveUntilStopped(options: FakesOptions): Promise<void> {
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
