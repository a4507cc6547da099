import { and, asc, eq } from 'drizzle-orm'
import { sweepMark } from './schema.ts'
import { databaseOf, type Reader, type Unit } from './unit-of-work.ts'

/** How far a sweep of a stream (`deals`, `deliveries`) of a connection has come; null before the first. The mark is the connector's own word. */
export async function markOf(reader: Reader, connection: string, stream: string): Promise<string | null> {
  const [row] = await databaseOf(reader)
    .select({ mark: sweepMark.mark })
    .from(sweepMark)
    .where(and(eq(sweepMark.connection, connection), eq(sweepMark.stream, stream)))
  return row?.mark ?? null
}

/** Moves a mark, in the unit that keeps what the sweep found. */
export async function saveMark(
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
export async function listMarks(reader: Reader): Promise<(typeof sweepMark.$inferSelect)[]> {
  return databaseOf(reader).select().from(sweepMark).orderBy(asc(sweepMark.connection), asc(sweepMark.stream))
}
