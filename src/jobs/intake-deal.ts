import type { DealSnapshot, DealState } from '../domain/deal.ts'
import type { Intake } from '../domain/intake.ts'
import { decideIntake } from '../domain/intake.ts'
import type { Crm, DealRead } from '../ports/crm.ts'
import type { DealChange } from '../store/deal-changes.ts'
import { saveSnapshots, setDealStates } from '../store/deal-changes.ts'
import type { KnownDeal } from '../store/deal-lookup.ts'
import { casesWithOpenException, knownDeals } from '../store/deal-lookup.ts'
import { mergeDeal, upsertSeenDeals } from '../store/deals.ts'
import { enqueue } from '../store/enqueue.ts'
import { openIssues } from '../store/exceptions.ts'
import type { Unit } from '../store/unit-of-work.ts'
import type { WorkItem } from '../store/work.ts'
import * as work from '../store/work.ts'
import { endingOf } from './ending.ts'
import type { Job, JobContext } from './job.ts'
import { endItem } from './settle-item.ts'

/**
 * Stage 1: reads closed-won deals and keeps a snapshot of each, in no vendor's words. The subject is
 * `<crm>:<organisation>:<deal id>`; a batch of one connection is read in one call.
 */
export const intakeDeal: Job = {
  queue: 'intake-deal',
  batchSize: 100,
  concurrency: 2,
  async run(items, context) {
    const byConnection = Map.groupBy(items, ({ subject }) => subject.slice(0, subject.lastIndexOf(':')))
    for (const [connection, batch] of byConnection) await intake(connection, batch, context)
  },
}

async function intake(connection: string, items: readonly WorkItem[], context: JobContext): Promise<void> {
  const { store, clock, crms } = context
  const crm = crms.get(connection)
  if (!crm) throw new Error(`No CRM is connected as ${connection}`)
  const answer = await crm.readDeals(items.map(dealIdOf))
  if (answer.kind !== 'ok') {
    const ending = endingOf(answer, `read deals from ${crm.name}`, crm.name, clock.now())
    return store.unitOfWork(async (unit) => {
      for (const item of items) await endItem(unit, item, ending, context)
    })
  }
  context.checkpoint('deal-after-read')
  await store.unitOfWork(async (unit) => {
    await keep(unit, crm, answer.value, context)
    await work.finish(unit, items)
  })
}

function dealIdOf({ subject }: WorkItem): string {
  return subject.slice(subject.lastIndexOf(':') + 1)
}

/** A deal as we found it: what the CRM said, the case it has, and whether its content is new. */
type Found = {
  readonly caseId: string
  readonly state: DealState
  readonly hasChanged: boolean
  readonly deal: DealSnapshot
}

type Looked = { readonly caseId: string; readonly state: DealState; readonly decision: Intake }

async function keep(unit: Unit, crm: Crm, reads: readonly DealRead[], context: JobContext): Promise<void> {
  const now = context.clock.now()
  await followMerges(unit, crm, reads, now)
  const known = await knownDeals(unit, crm.name, crm.org, reads.map(idOf))
  const kept = await keepSnapshots(unit, crm, reads, known, context)
  const looks = reads.flatMap((read): Looked[] => {
    const found = kept.get(idOf(read))
    const held = known.get(idOf(read))
    if (!found && !held) return []
    const decision = decideIntake({
      dealName: found?.deal.name ?? held?.name ?? idOf(read),
      state: found?.state ?? held?.state ?? null,
      crm: read.kind === 'gone' ? 'gone' : read.deal.isClosedWon ? 'closed-won' : 'not-won',
      hasChanged: found?.hasChanged ?? true,
    })
    return [
      { caseId: found?.caseId ?? held?.caseId ?? '', state: found?.state ?? held?.state ?? 'seen', decision },
    ]
  })
  await raise(unit, looks, now)
  await setDealStates(unit, looks.flatMap(stateChange), now)
  const drafts = looks.filter(({ decision }) => decision.kind === 'draft')
  await enqueue(
    unit,
    drafts.map(({ caseId }) => ({ queue: 'draft-contract', subject: caseId })),
    context,
  )
}

/** A merged deal is the same deal under a new id: its case, and with it its contract, goes on. */
async function followMerges(unit: Unit, crm: Crm, reads: readonly DealRead[], now: Date): Promise<void> {
  for (const read of reads) {
    if (read.kind !== 'found') continue
    for (const former of new Set([read.askedId, ...(read.formerIds ?? [])])) {
      if (former === read.deal.dealId) continue
      await mergeDeal(unit, { crm: crm.name, org: crm.org, dealId: former }, read.deal.dealId, now)
    }
  }
}

function idOf(read: DealRead): string {
  return read.kind === 'found' ? read.deal.dealId : read.askedId
}

/** Cases and snapshots of the deals that are closed-won, or were when we first saw them. */
async function keepSnapshots(
  unit: Unit,
  crm: Crm,
  reads: readonly DealRead[],
  known: ReadonlyMap<string, KnownDeal>,
  { clock }: JobContext,
): Promise<Map<string, Found>> {
  const deals = new Map(
    reads.flatMap((read) =>
      read.kind === 'found' && (read.deal.isClosedWon || known.has(read.deal.dealId))
        ? [[read.deal.dealId, read.deal] as const]
        : [],
    ),
  )
  const list = [...deals.values()]
  const now = clock.now()
  const cases = await upsertSeenDeals(
    unit,
    list.map(({ dealId, modifiedAt }) => ({ crm: crm.name, org: crm.org, dealId, modifiedAt })),
    now,
  )
  const saved = await saveSnapshots(
    unit,
    list.map((deal, index) => ({
      caseId: cases[index]?.caseId ?? '',
      deal,
      accountName: accountNameOf(deal),
    })),
    now,
  )
  return new Map(
    list.map((deal, index) => {
      const { caseId = '', state = 'seen' } = cases[index] ?? {}
      return [deal.dealId, { caseId, state, deal, hasChanged: saved[index]?.isNew ?? true }]
    }),
  )
}

/** CRMs call the account's name by different keys. */
function accountNameOf({ fields }: DealSnapshot): string | null {
  const name = fields.account?.['Name'] ?? fields.account?.['name']
  return typeof name === 'string' ? name : null
}

/** Opens what a person must decide, and settles what a fresh look has answered. */
async function raise(unit: Unit, looks: readonly Looked[], now: Date): Promise<void> {
  const open = await casesWithOpenException(
    unit,
    'intake-deal',
    looks.map(({ caseId }) => caseId),
  )
  for (const { caseId, decision } of looks) {
    if (decision.kind !== 'issue' && !open.has(caseId)) continue
    const subject = { queue: 'intake-deal', subjectKind: 'deal', subject: caseId, caseId }
    await openIssues(unit, subject, decision.kind === 'issue' ? [decision.issue] : [], now)
  }
}

function stateChange({ caseId, state, decision }: Looked): DealChange[] {
  if (decision.kind === 'ignore') return [{ caseId, action: 'ignore', to: 'ignored', detail: decision.why }]
  if (decision.kind !== 'draft' || state === 'active' || state === 'provisioning' || state === 'planned')
    return []
  return [{ caseId, action: state === 'ignored' ? 'retry' : 'read', to: 'qualified' }]
}
