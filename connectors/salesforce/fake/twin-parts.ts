import type { Clock } from '../../../src/ports/clock.ts'
import { flowCalls, type FlowCalls } from './flow-calls.ts'
import type { SalesforceFakeOptions } from '../fake.ts'
import { type RequestMeter, requestMeter } from './guard.ts'
import { type Credentials, type SignIn, signInEndpoint } from './oauth.ts'
import { foundOrganization, type Organization } from './organization.ts'
import { outboundMessages, type OutboundMessages } from './outbound-messages.ts'
import { type QueryCursors, queryCursors } from './query-cursors.ts'
import type { Change, StoredRecord, Value } from './record-store.ts'
import { tieoutFields } from './tieout-fields.ts'
import type { ApiWrite } from './truth.ts'

/** Everything the twin is made of. */
export type TwinParts = {
  readonly organization: Organization
  readonly credentials: Credentials
  readonly signIn: SignIn
  readonly meter: RequestMeter
  readonly cursors: QueryCursors
  readonly messages: OutboundMessages | null
  readonly flow: FlowCalls | null
  readonly writes: readonly ApiWrite[]
  readonly apiVersion: string
  readonly now: () => Date
  readonly advanceTo: (instant: Date) => void
}

const defaultOrganization = '00D000000000001EAA'
const defaultCredentials: Credentials = { clientId: 'tieout-demo-client', clientSecret: 'tieout-demo-secret' }

/** Puts the parts together. Hooks hear of changes from the first deal on. */
export function twinParts(options: SalesforceFakeOptions): TwinParts {
  const { now, advanceTo } = ownTime(options.clock)
  const apiVersion = options.apiVersion ?? '67.0'
  const credentials = options.credentials ?? defaultCredentials
  const listeners: ((change: Change) => void)[] = []
  const organization = foundOrganization({
    organizationId: options.organizationId ?? defaultOrganization,
    customFields: options.customFields ?? tieoutFields,
    currencies: options.currencies ?? null,
    stages: options.stages ?? null,
    now,
    observe: (change) => listeners.forEach((listener) => listener(change)),
  })
  const messages = messagesOf(options, organization)
  const flow = options.flow ? flowCalls({ ...options.flow, organization, deliver: options.deliver }) : null
  const writes: ApiWrite[] = []
  listeners.push(announcer(messages, flow), writeRecorder(organization.integrationUserId, writes))
  return {
    organization,
    credentials,
    messages,
    flow,
    writes,
    apiVersion,
    now,
    advanceTo,
    signIn: signInEndpoint(organization, credentials, options.random),
    meter: requestMeter(now),
    cursors: queryCursors(now, apiVersion),
  }
}

/** The caller's clock, or later where the twin was told to advance. */
function ownTime(clock: Clock): Pick<TwinParts, 'now' | 'advanceTo'> {
  let reached = clock.now().getTime()
  return {
    now: () => {
      reached = Math.max(reached, clock.now().getTime())
      return new Date(reached)
    },
    advanceTo: (instant) => {
      reached = Math.max(reached, instant.getTime())
    },
  }
}

function messagesOf(options: SalesforceFakeOptions, organization: Organization): OutboundMessages | null {
  if (options.outboundMessageUrl === undefined) return null
  return outboundMessages({
    organization,
    url: options.outboundMessageUrl,
    deliver: options.deliver,
    random: options.random,
  })
}

/** The administrator's rule: a deal that is won, or was, is announced at each change, our own write-backs included. */
function announcer(messages: OutboundMessages | null, flow: FlowCalls | null): (change: Change) => void {
  return (change) => {
    const { objectType, before, after } = change
    if (objectType !== 'Opportunity' || (after['IsWon'] !== true && before?.['IsWon'] !== true)) return
    messages?.enqueue(change)
    flow?.enqueue(after.Id)
  }
}

function writeRecorder(userId: string, writes: ApiWrite[]): (change: Change) => void {
  return ({ objectType, before, after }) => {
    if (after['LastModifiedById'] !== userId) return
    const at = String(after['SystemModstamp'])
    writes.push({ at, objectType, id: after.Id, changed: changedFields(before, after) })
  }
}

const stamps = new Set([
  'LastModifiedDate',
  'LastModifiedById',
  'SystemModstamp',
  'CreatedDate',
  'CreatedById',
])

function changedFields(before: StoredRecord | null, after: StoredRecord): Record<string, Value> {
  const changed: Record<string, Value> = {}
  for (const [name, value] of Object.entries(after))
    if (!stamps.has(name) && value !== before?.[name]) changed[name] = value ?? null
  return changed
}
