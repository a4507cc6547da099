import type { Clock } from '../../src/ports/clock.ts'
import type { Crm } from '../../src/ports/crm.ts'
import type { Transport } from '../../src/ports/transport.ts'
import { describerFor } from './describe.ts'
import type { SalesforceFields } from './fields.ts'
import { readDeals } from './read-deals.ts'
import { widenId } from './record-id.ts'
import { openSession } from './session.ts'
import { sweep } from './sweep.ts'
import { defaultStatusFields, type StatusFields, writeStatuses } from './write-statuses.ts'

export type SalesforceOptions = {
  /** The My Domain host, such as `https://acme.my.salesforce.com`. */
  readonly loginUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** The organisation the deals belong to; any other one is refused. */
  readonly organizationId: string
  readonly clock: Clock
  readonly transport: Transport
  /** Fields the mapping names, beside the standard ones. */
  readonly fields: SalesforceFields
  /** The currency of an organisation that has only one. Ignored where deals carry their own. */
  readonly organizationCurrency: string | null
  readonly apiVersion?: string
  readonly statusFields?: StatusFields
  readonly timeoutMilliseconds?: number
  /** Requests under way at once. */
  readonly maxRequest?: number
  readonly overlapMilliseconds?: number
}

/** Connects to one Salesforce organisation. Nothing is sent before the first call. */
export function createSalesforceCrm(options: SalesforceOptions): Crm {
  const session = openSession({
    ...options,
    apiVersion: options.apiVersion ?? '67.0',
    timeoutMilliseconds: options.timeoutMilliseconds ?? 30_000,
    maxRequest: options.maxRequest ?? 10,
  })
  const describer = describerFor(session, options.clock)
  const { fields, organizationCurrency } = options
  const organizationId = widenId(options.organizationId)
  const reader = { session, describer, fields, organizationId, organizationCurrency }
  const writer = { session, describer, statusFields: options.statusFields ?? defaultStatusFields }
  return {
    name: 'salesforce',
    org: organizationId,
    sweep: (mark) => sweep(session, mark, options.overlapMilliseconds ?? 5 * 60_000),
    readDeals: (dealIds) => readDeals(reader, dealIds),
    writeStatuses: (updates) => writeStatuses(writer, updates),
  }
}
