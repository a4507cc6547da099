import { and, asc, count, gt, inArray, isNotNull, ne } from 'drizzle-orm'
import { among } from './json.ts'
import { workItem, type WorkState } from './schema.ts'
import { databaseOf, type Reader } from './unit-of-work.ts'

export type StoredWorkItem = typeof workItem.$inferSelect

/** How many items are not finished and do not wait for a person. */
export async function pendingCount(reader: Reader): Promise<number> {
  const [row] = await databaseOf(reader)
    .select({ count: count() })
    .from(workItem)
    .where(ne(workItem.state, 'parked'))
  return row?.count ?? 0
}

/** How many items each queue holds, by state. */
export async function workByQueue(
  reader: Reader,
): Promise<{ queue: string; state: WorkState; count: number }[]> {
  return databaseOf(reader)
    .select({ queue: workItem.queue, state: workItem.state, count: count() })
    .from(workItem)
    .groupBy(workItem.queue, workItem.state)
    .orderBy(workItem.queue, workItem.state)
}

/** Items that wait for a person or have failed at least once, in their order, after `afterSeq`. */
export async function troubledItems(
  reader: Reader,
  { afterSeq = 0, limit = 100 }: { afterSeq?: number; limit?: number } = {},
): Promise<StoredWorkItem[]> {
  return databaseOf(reader)
    .select()
    .from(workItem)
    .where(and(isNotNull(workItem.lastError), gt(workItem.seq, afterSeq)))
    .orderBy(asc(workItem.seq))
    .limit(limit)
}

/** What is still to be done about some subjects, in whatever queue, parked items left out. */
export async function openItems(reader: Reader, subjects: readonly string[]): Promise<StoredWorkItem[]> {
  return databaseOf(reader)
    .select()
    .from(workItem)
    .where(and(inArray(workItem.subject, among(subjects)), ne(workItem.state, 'parked')))
    .orderBy(asc(workItem.seq))
}
