import type { Delivery } from '../ports/inbound.ts'
import type { Queue } from '../ports/doorbell.ts'
import { enqueue } from '../store/enqueue.ts'
import { resolveDone } from '../store/exceptions.ts'
import { messageSubject, rememberDeliveries } from '../store/inbox.ts'
import { moveSweepMark, sweepMarkOf } from '../store/marks.ts'
import type { WorkItem } from '../store/work.ts'
import { bookFacts } from './book-facts.ts'
import { endingOf } from './ending.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { endItem } from './settle-item.ts'

/** How far back a sweep looks again, because lists lag and clocks differ. */
const overlapMilliseconds = 900_000

/** The first sweep looks as far back as the provider remembers. */
const memoryMilliseconds = 29 * 86_400_000

/**
 * Looks through what the provider lists, for messages that never reached us and for fees and payouts that only the balance shows. The subject is
 * the provider's account; the item comes back after the sweep interval.
 */
export const sweepBilling: Job = {
  queue: 'sweep-billing',
  batchSize: 1,
  concurrency: 1,
  async run([item], context) {
    if (!item) return
    const stopped = (await sweepDeliveries(item, context)) ?? (await sweepBalance(item, context))
    await context.store.unitOfWork(async (unit) => {
      if (stopped === null) await resolveDone(unit, item.queue, [item.subject], context.clock.now())
      await endItem(unit, item, stopped ?? next(context), context)
    })
  },
}

function next({ clock, settings }: JobContext): Ending {
  const until = new Date(clock.now().getTime() + settings.sweepIntervalSeconds * 1000)
  return { kind: 'snooze', until, why: 'swept' }
}

async function since(item: WorkItem, stream: string, { store, clock }: JobContext): Promise<Date> {
  const held = await sweepMarkOf(store.read, item.subject, stream)
  const from = held
    ? new Date(held.mark).getTime() - overlapMilliseconds
    : clock.now().getTime() - memoryMilliseconds
  return new Date(from)
}

/** Remembers listed messages as the door would have. Answers an ending when it must stop. */
async function sweepDeliveries(item: WorkItem, context: JobContext): Promise<Ending | null> {
  const { store, clock, billing } = context
  const began = clock.now()
  const from = await since(item, 'deliveries', context)
  for (let cursor: string | null = null; ;) {
    const answer = await billing.listDeliveries(from, cursor)
    if (answer.kind !== 'ok') return endingOf(answer, 'list the messages of Stripe', 'Stripe', clock.now())
    const deliveries = answer.value.items.map((listed): Delivery => ({
      ...listed,
      provider: 'stripe',
      account: item.subject,
    }))
    await store.unitOfWork(async (unit) => {
      const remembered = await rememberDeliveries(unit, deliveries, clock.now())
      const fresh = remembered.filter(({ seen }) => !seen)
      await enqueue(
        unit,
        fresh.map(({ seq }) => ({ queue: 'book-fact' as Queue, subject: messageSubject(seq) })),
        context,
      )
    })
    cursor = answer.value.cursor
    if (cursor === null) break
  }
  await store.unitOfWork((unit) =>
    moveSweepMark(unit, item.subject, 'deliveries', began.toISOString(), clock.now()),
  )
  return null
}

/** Books fees and payouts. Answers an ending when it must stop. */
async function sweepBalance(item: WorkItem, context: JobContext): Promise<Ending | null> {
  const { store, clock, billing } = context
  const began = clock.now()
  const from = await since(item, 'balance', context)
  for (let cursor: string | null = null; ;) {
    const answer = await billing.readBalanceFacts(from, cursor)
    if (answer.kind !== 'ok') return endingOf(answer, 'read the balance of Stripe', 'Stripe', clock.now())
    await store.unitOfWork((unit) => bookFacts(unit, answer.value.items, context))
    cursor = answer.value.cursor
    if (cursor === null) break
  }
  await store.unitOfWork((unit) =>
    moveSweepMark(unit, item.subject, 'balance', began.toISOString(), clock.now()),
  )
  return null
}
