import type { FaultScript } from '../../connectors/fault-script.ts'
import type { DealSnapshot } from '../../src/domain/deal.ts'
import type { Answer } from '../../src/ports/answer.ts'
import type { VirtualClock } from '../../src/ports/clock.ts'
import type { Crm, DealChange, DealRead, StatusUpdate } from '../../src/ports/crm.ts'

/** A deal in no vendor's words. `terms` fills the field the world calls `customField`. */
export type SampleDeal = {
  readonly name: string
  /** Decimal text. Equal to the sum of the lines where there are any. */
  readonly amount: string
  readonly closedOn: string
  readonly accountName: string
  readonly contactEmail?: string
  readonly terms?: string | null
  readonly lines?: readonly {
    readonly product: string
    readonly quantity: number
    readonly unitPrice: string
  }[]
}

/** What a vendor's twin must offer so that its connector can be put through the claims below. */
export type CrmWorld = {
  readonly crm: Crm
  readonly clock: VirtualClock
  readonly faults: FaultScript
  /** Starts of the paths of requests, for aiming faults. */
  readonly paths: {
    readonly sweep: FaultAim
    readonly read: FaultAim
    readonly write: FaultAim
  }
  readonly names: {
    readonly accountName: string
    readonly contactEmail: string
    readonly product: string
    readonly quantity: string
    readonly unitPrice: string
    /** A field of the deal that the connector is configured to read, and that the samples fill. */
    readonly customField: string
    /** A field of the deal that the connector is configured to read, and that no sample fills. */
    readonly emptyField: string
    /** A field of the deal that the connector is not configured to read. */
    readonly unaskedField: string
    /** A field that the connector is configured to read and that the CRM does not have. */
    readonly missingField: string
  }
  /** An id in the right form that nobody has. */
  readonly unknownDealId: string
  /** Whether a refused session is renewed by the connector itself; a fixed token cannot be. */
  readonly renewsSession: boolean
  /** Whether the CRM still lists deals that were deleted. */
  readonly sweepSeesDeletions: boolean
  addDeal(deal: SampleDeal): Promise<string>
  winDeal(dealId: string): Promise<void>
  reopenDeal(dealId: string): Promise<void>
  renameDeal(dealId: string, name: string): Promise<void>
  deleteDeal(dealId: string): Promise<void>
  /** Takes the right to read a field of the deal away from our user. */
  hideField(name: string): Promise<void>
  /** Makes the CRM refuse any status of one deal with a message. */
  refuseStatusOf(dealId: string, message: string): Promise<void>
  statusOf(dealId: string): Promise<{ status: string | null; message: string | null; link: string | null }>
  close(): Promise<void>
}

export type FaultAim = { readonly path: string; readonly method?: string }

/** A deal with two lines and all that belongs to it. */
export const acme: SampleDeal = {
  name: 'Acme 2027',
  amount: '50000.5',
  closedOn: '2026-11-18',
  accountName: 'Acme Bank',
  contactEmail: 'ap@acme.example',
  terms: 'NET 60',
  lines: [
    { product: 'Platform', quantity: 1, unitPrice: '49000.5' },
    { product: 'Seats', quantity: 20, unitPrice: '50' },
  ],
}

/** One of many deals, without lines. */
export function sample(number: number): SampleDeal {
  return { ...acme, name: `Deal ${number}`, accountName: `Account ${number}`, amount: '1200', lines: [] }
}

/** Adds a deal and wins it a second later. */
export async function wonDeal(world: CrmWorld, deal: SampleDeal): Promise<string> {
  const id = await world.addDeal(deal)
  await world.clock.sleep(1000)
  await world.winDeal(id)
  await world.clock.sleep(1000)
  return id
}

/** What the claims write. */
export function statusOf(dealId: string): StatusUpdate {
  return { dealId, status: 'Active', message: 'Billing runs.', link: 'https://hub.example/deals/1' }
}

/** Sweeps until there is no more; a sweep that never ends fails. */
export async function drain(
  crm: Crm,
  from: string | null,
): Promise<{ changes: DealChange[]; mark: string; calls: number }> {
  const changes: DealChange[] = []
  let mark = from
  for (let calls = 1; calls <= 50; calls++) {
    const swept = value(await crm.sweep(mark))
    changes.push(...swept.changes)
    if (!swept.more) return { changes, mark: swept.mark, calls }
    mark = swept.mark
  }
  throw new Error('The sweep does not end')
}

/** The value of a good answer; any other fails the test with the answer. */
export function value<T>(answer: Answer<T>): T {
  if (answer.kind !== 'ok') throw new Error(`Expected a good answer, got ${JSON.stringify(answer)}`)
  return answer.value
}

/** Reads one deal that must be there. */
export async function readOne(crm: Crm, dealId: string): Promise<DealSnapshot> {
  const [read]: DealRead[] = value(await crm.readDeals([dealId]))
  if (read?.kind !== 'found') throw new Error(`Deal ${dealId} was not found`)
  return read.deal
}

/** Ids of changes that say "won", each once. */
export function wonIds(changes: readonly DealChange[]): string[] {
  return [...new Set(changes.filter(({ isClosedWon }) => isClosedWon).map(({ dealId }) => dealId))]
}

/** Whether no change is older than the one before. */
export function isSorted(changes: readonly DealChange[]): boolean {
  return changes.every(({ modifiedAt }, index) => modifiedAt >= (changes[index - 1]?.modifiedAt ?? ''))
}

/** An instant some minutes on from now. */
export function minutesLater(clock: VirtualClock, minutes: number): Date {
  return new Date(clock.now().getTime() + minutes * 60_000)
}
