import { and, asc, desc, eq, sql } from 'drizzle-orm'
import { mappingActivation, mappingVersion } from './schema.ts'
import { databaseOf, type Reader, type Unit } from './unit-of-work.ts'

/** One immutable text of a mapping. */
export type MappingVersion = typeof mappingVersion.$inferSelect

export type NewMapping = {
  readonly name: string
  readonly text: string
  readonly contentHash: string
  readonly by: string
}

/**
 * Makes a version of a mapping and puts it live. A text that was published before keeps its version; live again if it was not.
 */
export async function publishMapping(
  unit: Unit,
  mapping: NewMapping,
  at: Date,
): Promise<MappingVersion & { isNew: boolean }> {
  const version = await saveMapping(unit, mapping, at)
  await activateMapping(unit, version, mapping.by, at)
  return version
}

/** Makes a version without putting it live; a text that was saved before keeps its version. */
export async function saveMapping(
  unit: Unit,
  { name, text, contentHash, by }: NewMapping,
  at: Date,
): Promise<MappingVersion & { isNew: boolean }> {
  // Numbers are given one after the other for each name.
  await lockMapping(unit, name)
  const versions = await mappingVersions(unit, name)
  const same = versions.find((version) => version.contentHash === contentHash)
  if (same !== undefined) return { ...same, isNew: false }
  const added: MappingVersion = {
    mappingVersionId: unit.ids.next('map'),
    name,
    version: (versions[0]?.version ?? 0) + 1,
    contentHash,
    text,
    createdAt: at,
    createdBy: by,
  }
  await unit.tx.insert(mappingVersion).values(added)
  return { ...added, isNew: true }
}

/** Keeps everybody else from publishing under a name until the unit ends, so that what is read now is what is changed. */
export async function lockMapping(unit: Unit, name: string): Promise<void> {
  await unit.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`mapping ${name}`}, 0))`)
}

/** Puts a version live, unless it is. */
export async function activateMapping(
  unit: Unit,
  { name, mappingVersionId }: Pick<MappingVersion, 'name' | 'mappingVersionId'>,
  by: string,
  at: Date,
): Promise<void> {
  const live = await liveMapping(unit, name)
  if (live?.mappingVersionId === mappingVersionId) return
  await unit.tx.insert(mappingActivation).values({ name, mappingVersionId, activatedAt: at, activatedBy: by })
}

/** The version that is live under a name; null when there is none. */
export async function liveMapping(reader: Reader, name: string): Promise<MappingVersion | null> {
  const [row] = await databaseOf(reader)
    .select({ version: mappingVersion })
    .from(mappingActivation)
    .innerJoin(mappingVersion, eq(mappingVersion.mappingVersionId, mappingActivation.mappingVersionId))
    .where(eq(mappingActivation.name, name))
    .orderBy(desc(mappingActivation.seq))
    .limit(1)
  return row?.version ?? null
}

/** A version by name and number. */
export async function mappingVersionAt(
  reader: Reader,
  name: string,
  version: number,
): Promise<MappingVersion | null> {
  const [row] = await databaseOf(reader)
    .select()
    .from(mappingVersion)
    .where(and(eq(mappingVersion.name, name), eq(mappingVersion.version, version)))
  return row ?? null
}

/** All versions of a mapping, the latest first. */
export async function mappingVersions(reader: Reader, name: string): Promise<MappingVersion[]> {
  return databaseOf(reader)
    .select()
    .from(mappingVersion)
    .where(eq(mappingVersion.name, name))
    .orderBy(desc(mappingVersion.version))
}

/** When which version of a mapping was put live, and by whom, in order. */
export async function mappingHistory(
  reader: Reader,
  name: string,
): Promise<(typeof mappingActivation.$inferSelect)[]> {
  return databaseOf(reader)
    .select()
    .from(mappingActivation)
    .where(eq(mappingActivation.name, name))
    .orderBy(asc(mappingActivation.seq))
}
