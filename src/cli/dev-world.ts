import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError, readOwnSettings } from '../config.ts'
import { dateIn } from '../domain/calendar.ts'
import { createApiKey } from '../http/access/create-key.ts'
import { allScopes } from '../http/access/scopes.ts'
import { systemClock } from '../ports/clock.ts'
import { systemRandom } from '../ports/random.ts'
import { reachableDataDirectory } from '../store/embedded/cluster.ts'
import { livingPostmaster, processExists, stopPostmaster } from '../store/embedded/postmaster.ts'
import { runAsUser } from '../store/embedded/run-as.ts'
import { envFileText } from './env-file.ts'
import { freePort } from './demo/serve.ts'
import { acmeBank } from './demo/story-deals.ts'
import type { HostedFakes } from './host-fakes.ts'
import { hostFakes, keepLiving } from './host-fakes.ts'
import type { MovingClock } from './moving-clock.ts'
import { movingClock } from './moving-clock.ts'
import { readBooks } from './setting-files.ts'
import type { Variables } from './hub-variables.ts'
import type { RunningHub } from './start-hub.ts'

/** A hub's surroundings for whoever has connected nothing yet: twins of all vendors, books that begin anew, one time for both. */
export type DevWorld = {
  readonly clock: MovingClock
  readonly variables: Variables
  /** Lets the twins live, closes a first deal, and answers what a person should know. */
  begin(running: RunningHub, report: (error: unknown) => void): Promise<string>
  close(): Promise<void>
}

/** Where the development hub keeps its books, below the data directory of a real one. */
export function devFolder(dataDir: string): string {
  return join(dataDir, 'dev')
}

/** Makes the surroundings. Throws ConfigurationError when another development hub runs on the same data directory. */
export async function openDevWorld(variables: Variables): Promise<DevWorld> {
  const own = readOwnSettings(variables)
  const folder = devFolder(own.TIEOUT_DATA_DIR)
  await beginAnew(folder)
  const port = await freePort(own.TIEOUT_PORT)
  const hubUrl = `http://127.0.0.1:${port}`
  const clock = movingClock(systemClock)
  const fakes = await hostFakes({ clock, hubUrl, books: await readBooks(own.TIEOUT_MAPPINGS_DIR), port: 0 })
  const settings = settingsFor(variables, fakes, { folder, port })
  const envFile = join(folder, 'env')
  writeFileSync(envFile, envFileText(settings), { mode: 0o600 })
  let endLife: () => Promise<void> = () => Promise.resolve()
  return {
    clock,
    variables: settings,
    begin: async (running, report) => {
      endLife = keepLiving(fakes.control, clock, report)
      await closeFirstDeal(fakes, clock)
      return greeting(running, fakes, { key: await sessionKey(running), envFile })
    },
    close: async () => {
      await endLife()
      await fakes.close()
    },
  }
}

/** What was set stays, the fakes are added, and the books are those of this session: the fakes know no older ones. */
function settingsFor(
  variables: Variables,
  fakes: HostedFakes,
  { folder, port }: { readonly folder: string; readonly port: number },
): Variables {
  const { DATABASE_URL: _elsewhere, ...own } = variables
  return {
    TIEOUT_CLOSE_AFTER_DAYS: '2',
    TIEOUT_SWEEP_INTERVAL_SECONDS: '10',
    ...Object.fromEntries(Object.entries(own).filter(([name]) => name.startsWith('TIEOUT_'))),
    ...fakes.variables,
    TIEOUT_DATA_DIR: folder,
    TIEOUT_PORT: String(port),
  }
}

/** Removes the books of the session before. */
async function beginAnew(folder: string): Promise<void> {
  const noteFile = join(folder, 'process')
  const before = existsSync(noteFile) ? Number.parseInt(readFileSync(noteFile, 'utf8'), 10) : 0
  if (before !== process.pid && processExists(before)) {
    throw new ConfigurationError([
      `Another development hub (process ${before}) already runs on ${folder}. Stop it first.`,
    ])
  }
  const dataDir = reachableDataDirectory(join(folder, 'pg'), runAsUser(), () => undefined)
  const abandoned = livingPostmaster(dataDir)
  if (abandoned !== null) await stopPostmaster(dataDir, abandoned.pid)
  rmSync(dataDir, { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(noteFile, String(process.pid))
}

/** The sample enterprise deal, signed today. */
async function closeFirstDeal({ control }: HostedFakes, clock: MovingClock): Promise<void> {
  const deal = { ...acmeBank, CloseDate: dateIn('America/New_York', clock.now()) }
  await control.act('salesforce', 'closeDeal', await control.act<string>('salesforce', 'addDeal', deal))
}

async function sessionKey({ hub }: RunningHub): Promise<string> {
  const { store, clock } = hub.context
  const request = { name: 'development', scopes: allScopes, by: 'cli:dev', days: 1 }
  return (await createApiKey({ store, clock, random: systemRandom }, request)).secret
}

function greeting(
  { url }: RunningHub,
  { control, controlUrl }: HostedFakes,
  { key, envFile }: { readonly key: string; readonly envFile: string },
): string {
  const { salesforce, hubspot, stripe, netsuite } = control.urls
  return [
    'Tieout runs among fakes of all four vendors. Nothing leaves this machine, and each start begins anew.',
    'One deal has just closed in the Salesforce fake: Acme Bank.',
    '',
    `  Hub     ${url}/  ·  API ${url}/docs`,
    `  Key     ${key}`,
    `  Fakes   Salesforce ${salesforce}  ·  HubSpot ${hubspot}  ·  Stripe ${stripe}  ·  NetSuite ${netsuite}`,
    `  Time    curl -X POST ${controlUrl}/advance -H 'content-type: application/json' -d '{"to":"2027-02-01T12:00:00Z"}'`,
    `  Next    export TIEOUT_ENV_FILE=${envFile}; bin/tieout deals list`,
    '',
  ].join('\n')
}
