import type { Clock } from '../../src/ports/clock.ts'
import type { Crm } from '../../src/ports/crm.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import type { Transport } from '../../src/ports/transport.ts'
import { accountReader } from './account.ts'
import { openConnection } from './connection.ts'
import { wantedProperties } from './deal-fields.ts'
import type { FieldsConfig } from './deal-fields.ts'
import { knownProperties } from './known-properties.ts'
import { dealReader } from './read-deals.ts'
import { wonJudge } from './stages.ts'
import { statusWriter } from './write-statuses.ts'
import { sweeper } from './sweep.ts'

export type { FieldsConfig } from './deal-fields.ts'

export type HubSpotOptions = {
  /** The token of a private app (`pat-…`), or an OAuth access token somebody else keeps fresh. */
  readonly accessToken: string
  /** The number of the portal the token must belong to. */
  readonly portalId: string
  readonly clock: Clock
  /** Where HubSpot's API is, without a slash at the end. */
  readonly basePath?: string
  readonly transport?: Transport
  readonly timeoutMilliseconds?: number
  /** Properties to read beyond the standard ones: those the mapping names. */
  readonly fields?: FieldsConfig
  /** The label of the association with the contact that invoices go to. */
  readonly contactLabel?: string
  /** How far a sweep goes back, longer than a change may take to reach the search index. */
  readonly sweepOverlapMilliseconds?: number
  readonly sweepPagesPerCall?: number
  readonly searchPauseMilliseconds?: number
}

/** Connects to a HubSpot portal. Nothing is called before the first use. */
export function createHubSpotCrm(options: HubSpotOptions): Crm {
  const connection = openConnection({
    accessToken: options.accessToken,
    basePath: options.basePath ?? 'https://api.hubapi.com',
    transport: options.transport ?? systemTransport,
    timeoutMilliseconds: options.timeoutMilliseconds ?? 30_000,
    clock: options.clock,
  })
  const account = accountReader(connection, options.portalId)
  const judge = wonJudge(connection)
  const known = knownProperties(connection)
  const wanted = wantedProperties(options.fields ?? {})
  const contactLabel = options.contactLabel ?? 'Billing contact'
  return {
    name: 'hubspot',
    org: options.portalId,
    sweep: sweeper({
      connection,
      judge,
      overlapMilliseconds: options.sweepOverlapMilliseconds ?? 300_000,
      pagesPerCall: options.sweepPagesPerCall ?? 10,
      pauseMilliseconds: options.searchPauseMilliseconds ?? 250,
    }),
    readDeals: dealReader({ connection, account, judge, known, wanted, contactLabel }),
    writeStatuses: statusWriter({ connection, known }),
  }
}
