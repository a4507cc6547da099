import { and, asc, desc, eq, gt, inArray, lt, lte } from 'drizzle-orm'
import { usageThresholdCrossed } from './schema.ts'
import { databaseOf, type Reader } from './unit-of-work.ts'

/** Use that reached a share of what is included in its billing period. */
export type ThresholdCrossed = typeof usageThresholdCrossed.$inferSelect

/** Thresholds crossed, the latest first. `cursor` is the last id of the page before. */
export async function listThresholdsCrossed(
  reader: Reader,
  { customerId, cursor, limit = 50 }: { customerId?: string; cursor?: string; limit?: number } = {},
): Promise<ThresholdCrossed[]> {
  return databaseOf(reader)
    .select()
    .from(usageThresholdCrossed)
    .where(
      and(
        customerId === undefined ? undefined : eq(usageThresholdCrossed.customerId, customerId),
        cursor === undefined ? undefined : lt(usageThresholdCrossed.crossingId, cursor),
      ),
    )
    .orderBy(desc(usageThresholdCrossed.crossingId))
    .limit(limit)
}

/** The thresholds that contracts have crossed in the billing periods an instant lies in, in the order they were crossed; bulk. */
export async function thresholdsCrossedAt(
  reader: Reader,
  contractIds: readonly string[],
  at: Date,
): Promise<ThresholdCrossed[]> {
  if (contractIds.length === 0) return []
  return databaseOf(reader)
    .select()
    .from(usageThresholdCrossed)
    .where(
      and(
        inArray(usageThresholdCrossed.contractId, [...contractIds]),
        lte(usageThresholdCrossed.periodFrom, at),
        gt(usageThresholdCrossed.periodTo, at),
      ),
    )
    .orderBy(asc(usageThresholdCrossed.crossingId))
}
