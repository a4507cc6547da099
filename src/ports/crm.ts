import type { CrmName, DealSnapshot } from '../domain/deal.ts'
import type { Answer } from './answer.ts'

/** What asking for one deal gave. A merged deal answers under another id than the one asked for. */
export type DealRead =
  | {
      readonly kind: 'found'
      readonly askedId: string
      readonly deal: DealSnapshot
      /** Deals that were merged into this one, where the CRM tells: their cases are this deal's. */
      readonly formerIds?: readonly string[]
    }
  | { readonly kind: 'gone'; readonly askedId: string }

/** A deal the sweep saw changed. */
export type DealChange = {
  readonly dealId: string
  readonly modifiedAt: string
  readonly isClosedWon: boolean
}

/** The words sales sees in the CRM. */
export type CrmStatus =
  | 'Queued'
  | 'Checking'
  | 'Needs fix'
  | 'Provisioning'
  | 'Active'
  | 'On hold'
  | 'Ignored'

export type StatusUpdate = {
  readonly dealId: string
  readonly status: CrmStatus
  readonly message: string
  readonly link: string
}

export type StatusWritten = { readonly dealId: string; readonly refusal: string | null }

/** What we need from any CRM. Nothing here may name Salesforce or HubSpot. */
export interface Crm {
  readonly name: CrmName
  /** The organisation or portal: the same deal id in another organisation is another deal. */
  readonly org: string
  /**
   * Deals changed since `mark` (null: ever), oldest first, at most some thousand a call. `mark` of the answer goes into the next
   * call; the connector keeps an overlap, so a deal may appear again.
   */
  sweep(mark: string | null): Promise<Answer<{ changes: DealChange[]; mark: string; more: boolean }>>
  /** Reads up to 100 deals with account, contact and lines. Answers one entry for each id asked. */
  readDeals(dealIds: readonly string[]): Promise<Answer<DealRead[]>>
  /** Writes status, message and link to up to 100 deals. A refusal of one does not stop the others. */
  writeStatuses(updates: readonly StatusUpdate[]): Promise<Answer<StatusWritten[]>>
}
