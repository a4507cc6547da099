import type { BooksSettings } from '../domain/books.ts'
import type { Issue } from '../domain/issue.ts'
import type { Billing, BillingNotices } from '../ports/billing.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import type { Clock } from '../ports/clock.ts'
import type { Crm } from '../ports/crm.ts'
import type { Doorbell, Queue } from '../ports/doorbell.ts'
import type { Erp } from '../ports/erp.ts'
import type { Ids, Random } from '../ports/random.ts'
import type { Store, Transaction } from '../store/unit-of-work.ts'
import type { WorkItem } from '../store/work.ts'

/** Everything a job may use. Nothing else reaches it: no globals, no environment. */
export type JobContext = {
  readonly store: Store
  readonly doorbell: Doorbell<Transaction>
  readonly clock: Clock
  readonly ids: Ids
  readonly random: Random
  readonly checkpoint: Checkpoint
  /** The connected CRMs, by `connectionOf`. */
  readonly crms: ReadonlyMap<string, Crm>
  readonly billing: Billing & BillingNotices
  /** The billing provider's account that these books keep. It names its sweep, and messages from any other are not booked. */
  readonly billingAccount: string
  readonly erp: Erp
  readonly books: BooksSettings
  readonly settings: HubSettings
  /** Where trouble that belongs to no piece of work is told. */
  readonly report: (error: unknown) => void
}

/** Settings of the jobs, read once from the environment. */
export type HubSettings = {
  /** Where people reach the hub; links in the CRM begin with it. */
  readonly publicUrl: string
  readonly automaticTax: boolean
  /** Days after a month's end on which it is closed by itself; null leaves closing to a person. */
  readonly closeAfterDays: number | null
  readonly sweepIntervalSeconds: number
  /** Percentages of included units whose crossing is told; 50, 80 and 100 unless set. */
  readonly usageThresholds?: readonly string[]
  /** How long small requests of usage may be held back at most so that more share a transaction; they are not unless said otherwise. */
  readonly usageGatherMilliseconds?: number
  /** From how many waiting hours on use goes through the provider's stream; 1,000 unless said otherwise. */
  readonly streamFromHours?: number
}

/**
 * How work on an item can end besides a thrown error, which is tried again: done; snoozed, waiting without using an attempt;
 * parked, waiting for a person with the issues that tell what to do.
 */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'snooze'; readonly until: Date; readonly why: string }
  | { readonly kind: 'retry'; readonly why: string; readonly afterMilliseconds?: number }
  | { readonly kind: 'park'; readonly issues: readonly Issue[] }

/** A queue and what is done with a batch of its items. `run` commits its own results and ends each item. */
export type Job = {
  readonly queue: Queue
  /** Items handed over at once. */
  readonly batchSize: number
  /** Batches worked on at the same time in one process. */
  readonly concurrency: number
  run(items: readonly WorkItem[], context: JobContext): Promise<void>
}

export const done: Ending = { kind: 'done' }

/** Names a connection to a CRM: `salesforce:00D…`. */
export function connectionOf(crm: { readonly name: string; readonly org: string }): string {
  return `${crm.name}:${crm.org}`
}
