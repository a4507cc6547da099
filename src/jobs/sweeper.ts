import { entityOf } from '../domain/books.ts'
import { addDays, dateIn, firstDayOf, monthOf, monthsBetween, nextMonth } from '../domain/calendar.ts'
import { contractsToSettle } from '../store/contract-lookup.ts'
import { firstMonthOf } from '../store/book-lookup.ts'
import type { NewWork } from '../store/enqueue.ts'
import { enqueue } from '../store/enqueue.ts'
import { listMonths } from '../store/months.ts'
import { lastClosedMonth } from '../store/tie-out-lookup.ts'
import { messageSubject, waitingMessages } from '../store/inbox.ts'
import { keepUsageMonth } from '../store/usage.ts'
import { openItems } from '../store/work-overview.ts'
import type { JobContext } from './job.ts'
import { askToSettle } from './ask-to-settle.ts'
import { keepStandings } from './keep-standings.ts'

const weekMilliseconds = 7 * 86_400_000
const contractsAtOnce = 1000

/**
 * Makes sure that everything that must be done is on the work list, from state alone: the standing sweeps, messages whose work was lost, months to
 * be closed, what customers may use, and periods that end. A sweep that waits for its hour keeps it, and a message that waits for a person waits on. Makes the table of usage a
 * week ahead.
 */
export async function regenerateWork(context: JobContext): Promise<void> {
  const { store } = context
  const standing = standingWork(context)
  const listed = await openItems(
    store.read,
    standing.map(({ subject }) => subject),
  )
  const lost = (await waitingMessages(store.read, { provider: 'stripe' })).map(({ seq }) => ({
    queue: 'book-fact' as const,
    subject: messageSubject(seq),
  }))
  await store.unitOfWork(async (unit) => {
    // Made ahead, so that the first events of a month do not wait for its table.
    await keepUsageMonth(unit, new Date(context.clock.now().getTime() + weekMilliseconds))
    const isListed = ({ queue, subject }: NewWork) =>
      listed.some((item) => item.queue === queue && item.subject === subject)
    await enqueue(unit, [...standing.filter((item) => !isListed(item)), ...lost], context)
  })
  await enqueueCloses(context)
  await keepStandings(context)
  await enqueueSettlements(context)
}

/** Has every contract that sells use looked after until its last period is settled: a minimum is due also where nobody used anything. */
async function enqueueSettlements(context: JobContext): Promise<void> {
  for (;;) {
    const contractIds = await contractsToSettle(context.store.read, contractsAtOnce)
    await askToSettle(contractIds, context)
    if (contractIds.length < contractsAtOnce) return
  }
}

/** Has every standing sweep look now, whenever it would have looked next. */
export async function sweepNow(context: JobContext): Promise<void> {
  await context.store.unitOfWork((unit) => enqueue(unit, standingWork(context), context))
}

/** What comes back by itself for ever. One that was parked begins again, because nothing else would find what it finds. */
function standingWork({ crms, billingAccount }: JobContext): NewWork[] {
  return [
    ...[...crms.keys()].map((subject) => ({ queue: 'sweep-crm' as const, subject })),
    { queue: 'sweep-billing', subject: billingAccount },
    { queue: 'report-usage', subject: 'all' },
  ]
}

/** Asks for the close of every month that ended long enough ago and is not closed, when months are closed by themselves. */
export async function enqueueCloses(context: JobContext): Promise<void> {
  const { store, books, clock, settings } = context
  if (settings.closeAfterDays === null) return
  const closes: NewWork[] = []
  for (const { id, timeZone } of books.entities) {
    const first = await firstMonthOf(store.read, id)
    if (first === null) continue
    const closed = await lastClosedMonth(store.read, id)
    const lastEnded = monthOf(
      addDays(firstDayOf(monthOf(addDays(dateIn(timeZone, clock.now()), -settings.closeAfterDays))), -1),
    )
    const from = closed === null ? first : nextMonth(closed)
    const [next] = monthsBetween(from, lastEnded)
    if (next !== undefined) closes.push({ queue: 'recognize-revenue', subject: `${id}:${next}` })
  }
  await store.unitOfWork((unit) => enqueue(unit, closes, context))
}

/** Asks for the close of one month now; the item waits for earlier months by itself. Throws RangeError for an entity the books do not know. */
export async function askForClose(
  entity: string,
  month: string,
  context: Pick<JobContext, 'books' | 'store' | 'clock' | 'doorbell'>,
): Promise<void> {
  if (entityOf(context.books, entity) === null) throw new RangeError(`The books have no entity ${entity}`)
  const earlier = (await listMonths(context.store.read, entity)).filter(
    (held) => held.month < month && held.state !== 'closed',
  )
  const subjects = [...earlier.map((held) => held.month), month].map((each) => `${entity}:${each}`)
  await context.store.unitOfWork((unit) =>
    enqueue(
      unit,
      subjects.map((subject) => ({ queue: 'recognize-revenue', subject })),
      context,
    ),
  )
}
