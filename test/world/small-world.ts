import { join } from 'node:path'
import { createFakes, serveFakes } from '../../src/cli/demo/fakes.ts'
import type { Fakes } from '../../src/cli/demo/fakes.ts'
import { localControl } from '../../src/cli/demo/fakes-control.ts'
import { freePort } from '../../src/cli/demo/serve.ts'
import type { World } from '../../src/cli/demo/world.ts'
import { startWorld } from '../../src/cli/demo/world.ts'
import { mappingsFolder } from '../../src/cli/hub-variables.ts'
import { readBooks, readMapping, soundMapping, type MappingFile } from '../../src/cli/setting-files.ts'
import type { LedgerTransaction } from '../../src/domain/ledger.ts'
import { passEveryCheckpoint, type Checkpoint } from '../../src/ports/checkpoint.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { transactionsOfMonth } from '../../src/store/ledger-trail.ts'
import { ownDatabase } from '../support/database.ts'

/** A world of its own: hub and twins in this process, under one virtual clock, on a database of its own. */
export type SmallWorld = World & {
  readonly twins: Fakes
  readonly databaseUrl: string
  readonly said: string[]
}

export type SmallWorldOptions = {
  readonly startsAt?: string
  readonly rings?: boolean
  readonly seed?: number
  readonly streamFromHours?: number
  readonly checkpoint?: Checkpoint
  /** Rows that the lines of the Salesforce mapping have besides those of its file. */
  readonly lineRows?: string
}

/** Starts a world; months are closed two days after they end. */
export async function smallWorld(options: SmallWorldOptions = {}): Promise<SmallWorld> {
  const clock = virtualClock(new Date(options.startsAt ?? '2026-01-01T15:00:00Z'))
  const books = await readBooks(mappingsFolder)
  const port = await freePort()
  const twins = createFakes(clock, `http://127.0.0.1:${port}`, books)
  const served = await serveFakes(twins)
  const database = await ownDatabase()
  const said: string[] = []
  const world = await startWorld({
    clock,
    random: seededRandom(options.seed ?? 7),
    fakes: localControl(twins, served.urls, () => clock.now()),
    port,
    dataDir: '',
    databaseUrl: database.url,
    durable: false,
    books,
    mappings: [
      withLineRows(await readMapping(join(mappingsFolder, 'salesforce.yaml')), options.lineRows ?? ''),
      await readMapping(join(mappingsFolder, 'hubspot.yaml')),
    ],
    settings: {
      automaticTax: false,
      closeAfterDays: 2,
      sweepIntervalSeconds: 86_400,
      ...(options.streamFromHours === undefined ? {} : { streamFromHours: options.streamFromHours }),
    },
    checkpoint: options.checkpoint ?? passEveryCheckpoint,
    rings: options.rings ?? false,
    log: (line) => said.push(line),
  })
  const close = async () => {
    await world.close()
    await served.close()
    await database.drop()
  }
  return { ...world, twins, databaseUrl: database.url, said, close }
}

/** The lines come last in the file, so rows at its end are theirs. */
function withLineRows({ file, text }: MappingFile, rows: string): MappingFile {
  return soundMapping(file, `${text}\n${rows}`)
}

/** Closes a deal in the Salesforce twin and lets the hub work. */
export async function closeInSalesforce(
  world: SmallWorld,
  draft: Parameters<Fakes['salesforce']['addDeal']>[0],
): Promise<string> {
  const id = world.twins.salesforce.addDeal(draft)
  world.twins.salesforce.closeDeal(id)
  await world.settle()
  return id
}

/** The books of a month as text, one entry a line, without the ids that differ from run to run. */
export async function bookOf(world: World, entity: string, month: string): Promise<string[]> {
  const lines: string[] = []
  for await (const page of transactionsOfMonth(world.hub.context.store.read, entity, month)) {
    lines.push(...page.flatMap(linesOf))
  }
  return lines.sort()
}

function linesOf({ reason, accountingDate, entries }: LedgerTransaction): string[] {
  return entries.map(({ account, side, amount }) => {
    const name = account.segment === null ? account.kind : `${account.kind}:${account.segment}`
    return `${accountingDate} ${reason} ${side} ${name} ${amount.amountMinor} ${amount.currency}`
  })
}
