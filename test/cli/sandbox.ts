import { sql } from 'drizzle-orm'
import { hostFakes } from '../../src/cli/host-fakes.ts'
import type { HostedFakes } from '../../src/cli/host-fakes.ts'
import { withDatabase } from '../../src/cli/commands/command-database.ts'
import type { Session } from '../../src/cli/commands/run-command.ts'
import { freePort } from '../../src/cli/demo/serve.ts'
import { acmeBank, harborSeats } from '../../src/cli/demo/story-deals.ts'
import { mappingsFolder } from '../../src/cli/hub-variables.ts'
import { jsonLog } from '../../src/cli/log.ts'
import { movingClock } from '../../src/cli/moving-clock.ts'
import { publishMappings, readBooks, soundMapping } from '../../src/cli/setting-files.ts'
import { readSettings } from '../../src/cli/settings.ts'
import type { RunningHub } from '../../src/cli/start-hub.ts'
import { startHub } from '../../src/cli/start-hub.ts'
import { addDays, dateIn } from '../../src/domain/calendar.ts'
import { addLookupRow } from '../../src/domain/mapping.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { countDealsByState } from '../../src/store/deals.ts'
import { liveMapping } from '../../src/store/mappings.ts'
import { ownDatabase } from '../support/database.ts'
import type { Variables } from './processes.ts'
import { bareVariables, ownFolder } from './processes.ts'

/** A database of the test file's own, twins of all vendors, and the environment that connects a hub to both. */
export type Sandbox = {
  readonly variables: Variables
  readonly session: Session
  readonly fakes: HostedFakes
  /** What was told beside the outcome, since the last look. */
  warnings(): string[]
  /** Closes Acme Bank, and Blue Harbor whose terms no lookup table has; answers their ids in the CRM. */
  closeDeals(): Promise<{ acme: string; harbor: string }>
  /** A hub at work in this process. */
  hub(): Promise<RunningHub>
  /** Adds the lookup row that was missing, as a person would. */
  mendTerms(hub: RunningHub): Promise<void>
  close(): Promise<void>
}

/** Makes a sandbox; nothing is at work in it yet. */
export async function openSandbox(): Promise<Sandbox> {
  const folder = ownFolder()
  const database = await ownDatabase()
  const bare = bareVariables(folder.path)
  const port = await freePort()
  const fakes = await hostFakes({
    clock: movingClock(systemClock),
    hubUrl: `http://127.0.0.1:${port}`,
    books: await readBooks(mappingsFolder),
    port: 0,
  })
  const variables: Variables = {
    ...bare,
    ...(fakes.variables as Variables),
    TIEOUT_MAPPINGS_DIR: mappingsFolder,
    DATABASE_URL: database.url,
    TIEOUT_PORT: String(port),
  }
  const warned: string[] = []
  return {
    variables,
    session: sessionOf(variables, warned),
    fakes,
    warnings: () => warned.splice(0),
    closeDeals: () => closeDeals(fakes),
    hub: async () => {
      const settings = await readSettings(variables)
      return startHub(settings, {
        clock: systemClock,
        log: jsonLog(systemClock, settings.environment, () => undefined),
      })
    },
    mendTerms,
    close: async () => {
      await fakes.close()
      await database.drop()
      folder.remove()
    },
  }
}

function sessionOf(variables: Variables, warned: string[]): Session {
  const silent = () => undefined
  return {
    variables,
    progress: { say: silent, end: silent, pause: silent },
    warn: (sentence) => void warned.push(sentence),
  }
}

async function mendTerms({ hub }: RunningHub): Promise<void> {
  const { store, clock } = hub.context
  const live = await liveMapping(store.read, 'salesforce')
  const text = addLookupRow(live?.text ?? '', 'payment-terms', 'Net 45 EOM', 'Net 45')
  await publishMappings(store, [soundMapping('salesforce.yaml', text)], clock.now())
}

async function closeDeals({ control }: HostedFakes): Promise<{ acme: string; harbor: string }> {
  const today = dateIn('America/New_York', systemClock.now())
  // Billing of a day begins at noon UTC, so what closes early today would wait; yesterday's began at any hour.
  const CloseDate = today.endsWith('-01') ? today : addDays(today, -1)
  const [acme, harbor] = await Promise.all(
    [acmeBank, harborSeats].map((deal) =>
      control.act<string>('salesforce', 'addDeal', { ...deal, CloseDate }),
    ),
  )
  for (const id of [acme, harbor]) await control.act('salesforce', 'closeDeal', id)
  return { acme: acme ?? '', harbor: harbor ?? '' }
}

/** Waits until the deals stand so: how many in each state. Throws with what is there instead after 90 seconds. */
export async function untilStates(session: Session, wanted: Readonly<Record<string, number>>): Promise<void> {
  await withDatabase(session, async ({ store }) => {
    const until = systemClock.now().getTime() + 90_000
    for (;;) {
      const counts = await countDealsByState(store.read)
      const states = JSON.stringify(Object.fromEntries(counts.map(({ state, count }) => [state, count])))
      if (states === JSON.stringify(wanted)) return
      if (systemClock.now().getTime() > until) {
        const waits = await store.read.execute(
          sql`select queue, subject, state, attempt, last_error from work_item`,
        )
        throw new Error(
          `The deals stand at ${states} instead of ${JSON.stringify(wanted)}: ${JSON.stringify(waits)}`,
        )
      }
      await systemClock.sleep(250)
    }
  })
}
