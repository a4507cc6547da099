import { and, asc, eq, gte, isNotNull, isNull, lte, or, sql, type SQL } from 'drizzle-orm'
import type { Reading } from '../domain/told-usage.ts'
import { among } from './json.ts'
import { usageWindow } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'
import { isOf, type UsagePair } from './usage-due.ts'
import type { StoredWindow } from './usage-windows.ts'

/** When the provider was told: both ends are in it. */
export type ToldBetween = { readonly from: Date; readonly to: Date }

/** Pairs of a meter of which the provider was told something in a time, in their order. */
export async function pairsTold(
  reader: Reader,
  meter: string,
  { from, to }: ToldBetween,
): Promise<UsagePair[]> {
  return databaseOf(reader)
    .selectDistinct({ customerId: usageWindow.customerId, meter: usageWindow.meter })
    .from(usageWindow)
    .where(
      and(eq(usageWindow.meter, meter), gte(usageWindow.reportedAt, from), lte(usageWindow.reportedAt, to)),
    )
    .orderBy(usageWindow.customerId)
}

/** The hours of a pair that the provider was told of in a time, and those that begin at `named`; in their order. */
export async function hoursTold(
  reader: Reader,
  pair: UsagePair,
  { from, to }: ToldBetween,
  named: readonly Date[],
): Promise<StoredWindow[]> {
  const times = among(named.map((at) => at.toISOString()))
  const isNamed = sql`${usageWindow.startsAt} in (select at::timestamptz from ${times} as named(at))`
  const wasTold = and(gte(usageWindow.reportedAt, from), lte(usageWindow.reportedAt, to))
  return databaseOf(reader)
    .select()
    .from(usageWindow)
    .where(and(isOf(pair), isNotNull(usageWindow.reportedAt), or(wasTold, isNamed)))
    .orderBy(asc(usageWindow.startsAt))
}

/** Keeps what the provider's sum of a told hour was, to see later whether it still moves; nothing where the hour moved on meanwhile. */
export async function noteCount(unit: Unit, window: StoredWindow, { quantity, at }: Reading): Promise<void> {
  await unit.tx
    .update(usageWindow)
    .set({ countedQuantity: quantity, countedAt: at })
    .where(isUntouched(window))
}

/**
 * Takes back that an hour was told: only `counted` of it is at the provider. It waits for a person, and is then told anew under another
 * identifier. Answers false where the hour moved on meanwhile.
 */
export async function takeBackTold(unit: Unit, window: StoredWindow, counted: string): Promise<boolean> {
  const taken = await unit.tx
    .update(usageWindow)
    .set({
      reportedRevision: 0,
      reportedQuantity: counted,
      refusedRevision: window.revision,
      retellings: window.retellings + 1,
      countedQuantity: null,
      countedAt: null,
    })
    .where(isUntouched(window))
    .returning({ startsAt: usageWindow.startsAt })
  return taken.length > 0
}

function isUntouched(window: StoredWindow): SQL | undefined {
  return and(
    isOf(window),
    eq(usageWindow.startsAt, window.startsAt),
    eq(usageWindow.revision, window.revision),
    eq(usageWindow.reportedRevision, window.reportedRevision),
    isNull(usageWindow.sendingRevision),
  )
}

/** How much of a pair waits for a person because the provider did not take it. */
export async function refusedUse(
  reader: Reader,
  pair: UsagePair,
): Promise<{ hours: number; quantity: string }> {
  const [row] = await rowsOf<{ hours: string; quantity: string }>(
    reader,
    sql`
    select count(*) as hours, trim_scale(coalesce(sum(quantity - reported_quantity - charged_quantity), 0))::text as quantity
    from ${usageWindow} where ${isOf(pair)} and refused_revision = revision and is_unreported`,
  )
  return { hours: Number(row?.hours ?? 0), quantity: row?.quantity ?? '0' }
}
