import type { Clock } from '../../../src/ports/clock.ts'
import type { Random } from '../../../src/ports/random.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import { createAssociations } from './associations.ts'
import type { Associations } from './associations.ts'
import type { Limits, PolicyName } from './limits.ts'
import { createPipelines } from './pipelines.ts'
import type { Pipelines } from './pipelines.ts'
import { createProperties } from './properties.ts'
import type { Properties } from './properties.ts'
import { createRecords } from './records.ts'
import type { RecordChange, Records } from './records.ts'
import type { PropertyDefinition, RecordType } from './standard-properties.ts'
import { recordTypes, tieoutProperties } from './standard-properties.ts'
import { createWebhooks } from './webhooks.ts'
import type { HookTarget, Webhooks } from './webhooks.ts'

/** Where the vendor's own behaviour is not documented, both ways can be tried. */
export type Switches = {
  /** A batch with one bad value: refused whole (400), or done in part (207). */
  batchErrors: 'whole' | 'multi-status'
  /** A batch read of a merged id: answers the deal it became, or reports it missing. */
  mergedInBatchRead: 'resolved' | 'missing'
  /** Which limit a planned `throttle` fault names. */
  throttlePolicy: PolicyName
  /** The longest time until the search index knows of a change. */
  searchLagMilliseconds: number
}

/** One line of what happened in truth, whatever was told about it. */
export type JournalLine = {
  readonly at: string
  readonly kind: RecordChange['kind']
  readonly type: RecordType
  readonly id: string
  readonly source: string
  readonly property?: { readonly name: string; readonly value: string }
  readonly mergedIds?: readonly string[]
}

/** The whole state of the twin. */
export type Portal = {
  readonly portalId: number
  readonly accessToken: string
  readonly scopes: readonly string[]
  readonly currency: string
  readonly timeZone: string
  readonly uiDomain: string
  readonly switches: Switches
  readonly properties: Properties
  readonly pipelines: Pipelines
  readonly records: Records
  readonly associations: Associations
  readonly webhooks: Webhooks
  readonly journal: JournalLine[]
  /** Records that take no writes over the API, by id, with the reason told. */
  readonly locked: Map<string, string>
  now(): Date
  /** Moves the portal's own time ahead of its clock. */
  advanceTo(instant: Date): void
  correlationId(): string
  /** Runs without telling the app: the records were there before it was installed. */
  quietly<T>(work: () => T): T
}

export type PortalOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly deliver: Transport
  readonly hooks?: HookTarget
  readonly portalId?: number
  readonly accessToken?: string
  readonly scopes?: readonly string[]
  readonly currency?: string
  readonly timeZone?: string
  /** Null takes the limits away. */
  readonly limits?: Limits | null
  readonly switches?: Partial<Switches>
  /** Properties beyond the standard ones; the ones Tieout asks for unless given. */
  readonly customProperties?: Readonly<Record<RecordType, readonly PropertyDefinition[]>>
}

/** The scopes the connector needs; README says what each is for. */
export const neededScopes = [
  'crm.objects.deals.read',
  'crm.objects.deals.write',
  'crm.objects.companies.read',
  'crm.objects.contacts.read',
  'crm.objects.line_items.read',
  'crm.schemas.deals.read',
]

const defaultSwitches: Switches = {
  batchErrors: 'whole',
  mergedInBatchRead: 'resolved',
  throttlePolicy: 'TEN_SECONDLY_ROLLING',
  searchLagMilliseconds: 20_000,
}

/** An empty portal. */
export function createPortal(options: PortalOptions): Portal {
  const { portalId = 44_120_887, clock, random, deliver } = options
  const switches = { ...defaultSwitches, ...options.switches }
  let aheadTo = 0
  let isQuiet = false
  const now = () => new Date(Math.max(clock.now().getTime(), aheadTo))
  const journal: JournalLine[] = []
  const webhooks = createWebhooks({ portalId, now, random, deliver, target: options.hooks ?? null })
  const onChange = (change: RecordChange) => {
    journal.push(journalLine(change, now()))
    if (!isQuiet) webhooks.tell(change)
  }
  const properties = createProperties(portalId, options.customProperties ?? tieoutProperties)
  const pipelines = createPipelines()
  const searchLagMilliseconds = () => (isQuiet ? 0 : switches.searchLagMilliseconds)
  const world = { portalId, now, random, properties, pipelines, searchLagMilliseconds, onChange }
  return {
    portalId,
    accessToken: options.accessToken ?? 'pat-na1-00000000-0000-4000-8000-000000000000',
    scopes: options.scopes ?? [...neededScopes, ...writeScopes],
    currency: options.currency ?? 'USD',
    timeZone: options.timeZone ?? 'America/New_York',
    uiDomain: 'app.hubspot.com',
    switches,
    properties,
    pipelines,
    records: createRecords(world),
    associations: createAssociations(recordTypes, (change) => {
      if (!isQuiet) webhooks.tellAssociation(change)
    }),
    webhooks,
    journal,
    locked: new Map(),
    now,
    advanceTo: (instant) => {
      aheadTo = Math.max(aheadTo, instant.getTime())
    },
    correlationId: () => uuidFrom(random),
    quietly: (work) => {
      isQuiet = true
      try {
        return work()
      } finally {
        isQuiet = false
      }
    },
  }
}

/** For people who fill the twin over its API. */
const writeScopes = [
  'crm.objects.companies.write',
  'crm.objects.contacts.write',
  'crm.objects.line_items.write',
  'crm.schemas.deals.write',
]

function journalLine(change: RecordChange, at: Date): JournalLine {
  return {
    at: at.toISOString(),
    kind: change.kind,
    type: change.record.type,
    id: change.record.id,
    source: change.source,
    ...(change.property === undefined ? {} : { property: change.property }),
    ...(change.mergedIds === undefined ? {} : { mergedIds: change.mergedIds }),
  }
}

function uuidFrom(random: Random): string {
  const hex = Array.from(random.bytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5')
}
