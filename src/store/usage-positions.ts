import { and, eq, inArray, sql, type SQL } from 'drizzle-orm'
import { monthOf, type Month } from '../domain/calendar.ts'
import { among } from './json.ts'
import { usagePosition } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A move of one partition; `after` is where the mover believes it stands, null where it believes that none is stored. */
export type PositionMove = {
  readonly partition: string
  readonly after: string | null
  readonly position: string
}

/** The stored positions of those partitions of a source that have one. */
export async function usagePositionsOf(
  reader: Reader,
  source: string,
  partitions: readonly string[],
): Promise<Map<string, string>> {
  const rows = await databaseOf(reader)
    .select({ partition: usagePosition.partition, position: usagePosition.position })
    .from(usagePosition)
    .where(and(eq(usagePosition.source, source), inArray(usagePosition.partition, among(partitions))))
  return new Map(rows.map(({ partition, position }) => [partition, position]))
}

/** The month in which a partition began to be read, if its events were put away since and are not back; null otherwise. */
export async function archivedSinceRead(
  reader: Reader,
  source: string,
  partition: string,
): Promise<Month | null> {
  const [row] = await rowsOf<{ month: string }>(
    reader,
    sql`
    select archived.month from usage_position held join usage_archived_month archived
      on archived.month = date_trunc('month', coalesce(held.began_at, held.moved_at) at time zone 'UTC')::date
    where held.source = ${source} and held.partition = ${partition} and archived.restored_at is null`,
  )
  return row === undefined ? null : monthOf(row.month)
}

/**
 * Moves a position from where the mover believes it to be, in the unit that keeps what was read; false when it stands elsewhere by now.
 * Two readers of one partition wait for each other here, and only the first can move it.
 */
export async function moveUsagePosition(
  unit: Unit,
  source: string,
  move: PositionMove,
  movedAt: Date,
): Promise<boolean> {
  const { partition, after, position } = move
  const moved =
    after === null
      ? await unit.tx
          .insert(usagePosition)
          .values({ source, partition, position, movedAt, beganAt: movedAt })
          .onConflictDoNothing()
          .returning({ partition: usagePosition.partition })
      : await unit.tx
          .update(usagePosition)
          .set({ position, movedAt })
          .where(standsAt(source, partition, after))
          .returning({ partition: usagePosition.partition })
  return moved.length > 0
}

function standsAt(source: string, partition: string, position: string): SQL | undefined {
  return and(
    eq(usagePosition.source, source),
    eq(usagePosition.partition, partition),
    eq(usagePosition.position, position),
  )
}
