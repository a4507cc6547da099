import type { Crm, DealChange } from '../ports/crm.ts'
import { knownDeals } from '../store/deal-lookup.ts'
import { enqueue } from '../store/enqueue.ts'
import { resolveDone } from '../store/exceptions.ts'
import { moveSweepMark, sweepMarkOf } from '../store/marks.ts'
import type { WorkItem } from '../store/work.ts'
import { endingOf } from './ending.ts'
import type { Job, JobContext } from './job.ts'
import { connectionOf } from './job.ts'
import { endItem } from './settle-item.ts'

const stream = 'deals'

/**
 * Looks through a CRM for deals that changed. Alone it is enough to find every closed-won deal; the hooks only make it
 * faster. The subject is the connection; the item comes back after the sweep interval.
 */
export const sweepCrm: Job = {
  queue: 'sweep-crm',
  batchSize: 1,
  concurrency: 2,
  async run([item], context) {
    if (!item) return
    const crm = context.crms.get(item.subject)
    if (!crm) return finishUnconnected(item, context)
    await sweep(item, crm, context)
  },
}

async function sweep(item: WorkItem, crm: Crm, context: JobContext): Promise<void> {
  const { store, clock, settings } = context
  for (let more = true; more;) {
    const held = await sweepMarkOf(store.read, item.subject, stream)
    const answer = await crm.sweep(held?.mark ?? null)
    if (answer.kind !== 'ok') {
      const ending = endingOf(answer, `look for changed deals in ${crm.name}`, crm.name, clock.now())
      return store.unitOfWork((unit) => endItem(unit, item, ending, context))
    }
    await takeIn(crm, answer.value, context)
    more = answer.value.more
  }
  const next = new Date(clock.now().getTime() + settings.sweepIntervalSeconds * 1000)
  await store.unitOfWork(async (unit) => {
    await resolveDone(unit, item.queue, [item.subject], clock.now())
    await endItem(unit, item, { kind: 'snooze', until: next, why: 'swept' }, context)
  })
}

/** A page of changes and its mark commit together, so that a page is neither lost nor taken for done. */
async function takeIn(
  crm: Crm,
  page: { changes: DealChange[]; mark: string },
  context: JobContext,
): Promise<void> {
  const connection = connectionOf(crm)
  await context.store.unitOfWork(async (unit) => {
    const ids = page.changes.map(({ dealId }) => dealId)
    const known = await knownDeals(unit, crm.name, crm.org, ids)
    const fresh = page.changes.filter(({ dealId, isClosedWon, modifiedAt }) => {
      const held = known.get(dealId)
      return held === undefined ? isClosedWon : held.modifiedAt !== modifiedAt
    })
    const items = fresh.map(({ dealId }) => ({
      queue: 'intake-deal' as const,
      subject: `${connection}:${dealId}`,
    }))
    await enqueue(unit, items, context)
    await moveSweepMark(unit, connection, stream, page.mark, context.clock.now())
  })
}

async function finishUnconnected(item: WorkItem, context: JobContext): Promise<void> {
  await context.store.unitOfWork((unit) => endItem(unit, item, { kind: 'done' }, context))
}
