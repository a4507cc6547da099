import { and, asc, eq } from 'drizzle-orm'
import { sweepMark } from './schema.ts'
import { databaseOf, type Reader, type Unit } from './unit-of-work.ts'

/** How far a sweep of a connection has come; `mark` is the connector's own word. */
export type SweepMark = typeof sweepMark.$inferSelect

/** The mark of a stream (`deals`, `deliveries`) of a connection; null before the first sweep. */
export async function sweepMarkOf(
  reader: Reader,
  connection: string,
  stream: string,
): Promise<SweepMark | null> {
  const [row] = await databaseOf(reader)
    .select()
    .from(sweepMark)
    .where(and(eq(sweepMark.connection, connection), eq(sweepMark.stream, stream)))
  return row ?? null
}

/** Moves a mark, in the unit that keeps what the sweep found. */
export async function moveSweepMark(
  unit: Unit,
  connection: string,
  stream: string,
  mark: string,
  sweptAt: Date,
): Promise<void> {
  await unit.tx
    .insert(sweepMark)
    .values({ connection, stream, mark, sweptAt })
    .onConflictDoUpdate({ target: [sweepMark.connection, sweepMark.stream], set: { mark, sweptAt } })
}

/** Every mark, to show when each connection was last swept. */
export async function listSweepMarks(reader: Reader): Promise<SweepMark[]> {
  return databaseOf(reader).select().from(sweepMark).orderBy(asc(sweepMark.connection), asc(sweepMark.stream))
}
