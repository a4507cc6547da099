import type { Hub } from '../../hub.ts'
import { createHub } from '../../hub.ts'
import type { Environment } from '../../config.ts'
import { readEnvironment } from '../../config.ts'
import type { BooksSettings } from '../../domain/books.ts'
import { createApiKey } from '../../http/access/create-key.ts'
import { replay } from '../../http/replay.ts'
import { pgBossDoorbell, silentDoorbell } from '../../jobs/doorbell.ts'
import type { HubSettings, JobContext } from '../../jobs/job.ts'
import type { Checkpoint } from '../../ports/checkpoint.ts'
import type { VirtualClock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import { idsFrom } from '../../ports/random.ts'
import { systemTransport } from '../../ports/transport.ts'
import { appUrl } from '../../store/migrate.ts'
import { exceptionGroups, stoppedSubjects } from '../../store/exceptions.ts'
import * as work from '../../store/work.ts'
import { connect } from '../connections.ts'
import { openDatabase } from '../database.ts'
import type { MappingFile } from '../setting-files.ts'
import { publishMappings } from '../setting-files.ts'
import type { FakesControl } from './fakes-control.ts'
import { demoSecrets } from './fakes.ts'
import { serveApp } from './serve.ts'

/** A hub among twins, under one virtual clock: everything the demo and the tests play in. */
export type World = {
  readonly hub: Hub
  readonly fakes: FakesControl
  readonly hubUrl: string
  now(): Date
  /** Works, delivers and works again until nothing is due now. */
  settle(): Promise<void>
  /** Sweeps every vendor now, and settles. */
  catchUp(): Promise<void>
  /** The secret of an API key that may post usage and see contracts, made when first asked for. */
  usageKey(): Promise<string>
  /** Sends on whatever an open exception stops, and settles. */
  replay(): Promise<void>
  /** Lets time pass up to an instant, stopping wherever something falls due. */
  advanceTo(instant: Date): Promise<void>
  /** Lets time jump to an instant; what fell due on the way is done there. For long runs. */
  jumpTo(instant: Date): Promise<void>
  close(): Promise<void>
}

export type WorldOptions = {
  readonly clock: VirtualClock
  readonly random: Random
  readonly fakes: FakesControl
  readonly port: number
  readonly dataDir: string
  readonly databaseUrl?: string
  /** False for books that are thrown away afterwards: they need not survive a loss of power. */
  readonly durable: boolean
  readonly books: BooksSettings
  readonly mappings: readonly MappingFile[]
  readonly settings: Omit<HubSettings, 'publicUrl'>
  readonly checkpoint: Checkpoint
  /** Rings through pg-boss as in production, or leaves finding work to `settle`. */
  readonly rings: boolean
  readonly log: (line: string) => void
}

/** Work that falls due within this time is waited for while settling: short waits for a busy vendor or another runner. */
const patienceMilliseconds = 600_000

/** Starts a hub among twins that are there already. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { clock, fakes, log } = options
  const { random } = options
  const database = await openDatabase(
    { TIEOUT_DATA_DIR: options.dataDir, DATABASE_URL: options.databaseUrl },
    { clock, random, log: options.durable ? log : () => undefined, durable: options.durable },
  )
  await publishMappings(database.store, options.mappings, clock.now())
  const doorbell = await hangDoorbell(options, database.ownerUrl)
  const hubUrl = `http://127.0.0.1:${options.port}`
  const environment = await demoEnvironment(fakes, hubUrl)
  const connections = connect(environment, {
    clock,
    transport: systemTransport,
    books: options.books,
    mappings: options.mappings.map(({ mapping }) => mapping),
    publicUrl: hubUrl,
  })
  const context: JobContext = {
    ...connections,
    store: database.store,
    doorbell,
    clock,
    ids: idsFrom(clock, random),
    random,
    checkpoint: options.checkpoint,
    books: options.books,
    settings: { ...options.settings, publicUrl: hubUrl },
    report: (error) => log(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  }
  const { hooks, billingAccount } = connections
  const hub = createHub({ ...context, hooks, billingAccount, environment: 'demo' })
  await doorbell.listen(async (queue) => {
    await hub.runner.drain(queue)
  })
  const server = await serveApp(hub.app, options.port)
  await hub.regenerate()
  const close = async () => {
    await doorbell.stop()
    await server.close()
    await database.close()
  }
  const time = timeOf(hub, fakes, clock)
  return {
    hub,
    fakes,
    hubUrl,
    now: () => clock.now(),
    close,
    ...time,
    usageKey: keyMaker(context),
    replay: () => replayAll(hub).then(time.settle),
  }
}

function keyMaker({ store, clock, random }: JobContext): () => Promise<string> {
  let made: Promise<string> | null = null
  return () => {
    const request = {
      name: 'demo usage',
      scopes: ['usage:write', 'contracts:read'],
      by: 'demo',
      days: 400,
    } as const
    made ??= createApiKey({ store, clock, random }, request).then(({ secret }) => secret)
    return made
  }
}

async function hangDoorbell({ rings, log }: WorldOptions, ownerUrl: string): Promise<JobContext['doorbell']> {
  if (!rings) return silentDoorbell
  const doorbell = pgBossDoorbell(appUrl(ownerUrl), (error) => log(error.message))
  await doorbell.start()
  return doorbell
}

/** Takes up again everything that an open exception stops, as a person would with one replay after another. */
async function replayAll({ context }: Hub): Promise<void> {
  for (const { cause, code } of await exceptionGroups(context.store.read)) {
    const stopped = await stoppedSubjects(context.store.read, cause, code)
    await context.store.unitOfWork((unit) => replay(unit, stopped, 'demo', context))
  }
}

function timeOf(
  hub: Hub,
  fakes: FakesControl,
  clock: VirtualClock,
): Pick<World, 'settle' | 'catchUp' | 'advanceTo' | 'jumpTo'> {
  const moveTo = async (instant: Date) => {
    clock.advanceTo(instant)
    await fakes.advanceTo(clock.now())
  }
  const settle = async () => {
    for (;;) {
      const sent = await fakes.pump()
      await hub.settle()
      const soon = await work.nextDueAt(hub.context.store.read)
      const waits = soon !== null && soon.getTime() <= clock.now().getTime() + patienceMilliseconds
      if (waits) await moveTo(new Date(Math.max(soon.getTime(), clock.now().getTime() + 1)))
      else if (sent === 0) return
    }
  }
  const catchUp = async () => {
    await hub.regenerate()
    await settle()
  }
  const jumpTo = async (instant: Date) => {
    await moveTo(instant)
    await catchUp()
  }
  const advanceTo = async (instant: Date) => {
    for (;;) {
      await settle()
      const times = [await fakes.nextDueAt(), await work.nextDueAt(hub.context.store.read)]
      const next = Math.min(
        ...times.filter((time) => time !== null).map((time) => time.getTime()),
        instant.getTime(),
      )
      if (next >= instant.getTime()) break
      await moveTo(new Date(Math.max(next, clock.now().getTime() + 1)))
    }
    await jumpTo(instant)
  }
  return { settle, catchUp, advanceTo, jumpTo }
}

/** The environment a user would set, pointing at the twins: the demo starts the hub the way production does. */
async function demoEnvironment(fakes: FakesControl, hubUrl: string): Promise<Environment> {
  const signIn = await fakes.signIn()
  return readEnvironment({
    TIEOUT_PUBLIC_URL: hubUrl,
    STRIPE_SECRET_KEY: demoSecrets.stripeKey,
    STRIPE_WEBHOOK_SECRETS: demoSecrets.stripeWebhook,
    STRIPE_API_URL: fakes.urls.stripe,
    SALESFORCE_LOGIN_URL: fakes.urls.salesforce,
    SALESFORCE_CLIENT_ID: signIn.salesforce.clientId,
    SALESFORCE_CLIENT_SECRET: signIn.salesforce.clientSecret,
    SALESFORCE_ORGANIZATION_ID: signIn.salesforce.organizationId,
    SALESFORCE_CURRENCY: 'USD',
    SALESFORCE_FLOW_SECRETS: demoSecrets.salesforceFlow,
    HUBSPOT_ACCESS_TOKEN: signIn.hubspot.accessToken,
    HUBSPOT_PORTAL_ID: signIn.hubspot.portalId,
    HUBSPOT_CLIENT_SECRETS: demoSecrets.hubspotClient,
    HUBSPOT_API_URL: fakes.urls.hubspot,
    NETSUITE_ACCOUNT: signIn.netsuite.accountId,
    NETSUITE_CLIENT_ID: signIn.netsuite.clientId,
    NETSUITE_CERTIFICATE_ID: signIn.netsuite.certificateId,
    NETSUITE_PRIVATE_KEY: signIn.netsuite.privateKeyPem,
    NETSUITE_API_URL: fakes.urls.netsuite,
  })
}
