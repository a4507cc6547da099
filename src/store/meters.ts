import { and, asc, desc, eq, sql } from 'drizzle-orm'
import type { MeterDefinition, MeterVersion, PublicationFault } from '../domain/meter.ts'
import { publicationFault, typesChanged, versionAt } from '../domain/meter.ts'
import { compileBook, type MeterBook } from '../domain/meter-book.ts'
import { ok, refused, type Result } from '../domain/result.ts'
import { fingerprintOf } from './fingerprint.ts'
import { among } from './json.ts'
import { meterVersion } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A version as it was published, and who did. `serial` numbers the publications of all meters. */
export type PublishedMeter = MeterVersion & {
  readonly serial: number
  readonly publishedAt: Date
  readonly publishedBy: string
}

export type NewMeterVersion = {
  readonly definition: MeterDefinition
  readonly effectiveFrom: Date
  readonly by: string
}

/**
 * Publishes a definition as the next version of its meter. What the latest version says word for word is that version, from its own hour
 * on. Until the unit ends nobody else publishes, and no use is accepted by whoever shares the lock. Refused for the reasons of
 * `publicationFault`.
 */
export async function publishMeter(
  unit: Unit,
  { definition, effectiveFrom, by }: NewMeterVersion,
  at: Date,
): Promise<Result<PublishedMeter & { isNew: boolean }, PublicationFault>> {
  await lockMeterBook(unit)
  const rows = await versionRows(unit, definition.meter)
  const versions = rows.map(publishedOf)
  const [latest] = versions
  const contentHash = fingerprintOf(definition)
  if (latest !== undefined && rows[0]?.contentHash === contentHash) return ok({ ...latest, isNew: false })
  const before = versionAt(versions, new Date(effectiveFrom.getTime() - 1))
  const fault = publicationFault({
    definition,
    effectiveFrom,
    before,
    isCounted: await areCounted(unit, typesChanged(definition, versions), effectiveFrom),
    isAddedUp: before === null && (await isAddedUp(unit, definition.meter)),
  })
  if (fault !== null) return refused(fault)
  const [row] = await unit.tx
    .insert(meterVersion)
    .values({
      meter: definition.meter,
      version: (latest?.version ?? 0) + 1,
      definition,
      contentHash,
      effectiveFrom,
      publishedAt: at,
      publishedBy: by,
    })
    .returning()
  if (row === undefined) throw new Error(`Meter ${definition.meter} was not published`)
  return ok({ ...publishedOf(row), isNew: true })
}

/** Keeps everybody else from publishing a meter until the unit ends. Whoever counts by the book shares this lock. */
async function lockMeterBook(unit: Unit): Promise<void> {
  await unit.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('meter book', 0))`)
}

/** Whether customers' events of these types lie at or after an instant, here or put away. */
async function areCounted(unit: Unit, types: readonly string[], from: Date): Promise<boolean> {
  const [row] = await rowsOf<{ is_counted: boolean }>(
    unit,
    sql`
    select exists (
      select from usage_event where meter in ${among(types)} and customer_id is not null
        and occurred_at >= ${from.toISOString()}::timestamptz
    ) or exists (
      select from usage_archived_sum where meter in ${among(types)} and last_at >= ${from.toISOString()}::timestamptz
    ) as is_counted`,
  )
  return row?.is_counted === true
}

async function isAddedUp(unit: Unit, meter: string): Promise<boolean> {
  const [row] = await rowsOf<{ is_added: boolean }>(
    unit,
    sql`select exists (select from usage_window where meter = ${meter}) as is_added`,
  )
  return row?.is_added === true
}

/** The number of the latest publication, zero before the first: while it stands, so does the book that was read with it. */
export async function meterBookVersion(reader: Reader): Promise<number> {
  const [row] = await rowsOf<{ serial: string }>(reader, sql`select meter_book_version() as serial`)
  return Number(row?.serial)
}

/** All definitions compiled, with the number of the latest. */
export async function readMeterBook(reader: Reader): Promise<{ serial: number; book: MeterBook }> {
  const versions = await allVersions(reader)
  return { serial: versions.at(-1)?.serial ?? 0, book: compileBook(versions) }
}

async function allVersions(reader: Reader): Promise<PublishedMeter[]> {
  const rows = await databaseOf(reader).select().from(meterVersion).orderBy(asc(meterVersion.serial))
  return rows.map(publishedOf)
}

/** Every version of a meter, the latest first; none when nobody defined it. */
export async function meterVersions(reader: Reader, meter: string): Promise<PublishedMeter[]> {
  return (await versionRows(reader, meter)).map(publishedOf)
}

function versionRows(reader: Reader, meter: string): Promise<VersionRow[]> {
  return databaseOf(reader)
    .select()
    .from(meterVersion)
    .where(eq(meterVersion.meter, meter))
    .orderBy(desc(meterVersion.version))
}

/** A version of a meter by its number; null when there is none. */
export async function meterVersionAt(
  reader: Reader,
  meter: string,
  version: number,
): Promise<PublishedMeter | null> {
  const [row] = await databaseOf(reader)
    .select()
    .from(meterVersion)
    .where(and(eq(meterVersion.meter, meter), eq(meterVersion.version, version)))
  return row === undefined ? null : publishedOf(row)
}

/** A meter by its name: the version that holds, null before its first hour, and those that are yet to hold. */
export type MeterHead = {
  readonly meter: string
  readonly current: PublishedMeter | null
  readonly upcoming: readonly PublishedMeter[]
}

/** Meters in the order of their names, as they stand at an instant; `cursor` is the last name of the page before. */
export async function listMeters(
  reader: Reader,
  now: Date,
  { cursor = '', limit }: { readonly cursor?: string; readonly limit: number },
): Promise<MeterHead[]> {
  const names = sql`select meter from meter_version where meter > ${cursor} group by meter order by meter limit ${limit}`
  const rows = await databaseOf(reader)
    .select()
    .from(meterVersion)
    .where(sql`${meterVersion.meter} in (${names})`)
    .orderBy(asc(meterVersion.meter), asc(meterVersion.version))
  const byName = Map.groupBy(rows.map(publishedOf), ({ meter }) => meter)
  return [...byName.values()].map((versions) => meterHead(versions, now))
}

/** How the versions of one meter, in any order, stand at an instant. */
export function meterHead(versions: readonly PublishedMeter[], now: Date): MeterHead {
  const toCome = versions.filter(({ effectiveFrom }) => effectiveFrom > now)
  return {
    meter: versions[0]?.meter ?? '',
    current: versionAt(versions, now),
    upcoming: toCome
      .filter((version) => versionAt(versions, version.effectiveFrom) === version)
      .sort((left, right) => left.version - right.version),
  }
}

/** How a meter and what it counts are called for people; one that nobody defined goes by its own name and counts units. */
export type MeterLabel = { readonly displayName: string; readonly unit: string }

/** The labels of meters at an instant; bulk, a label for every meter asked. */
export async function meterLabels(
  reader: Reader,
  meters: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, MeterLabel>> {
  const rows = await rowsOf<{ meter: string; definition: MeterDefinition }>(
    reader,
    sql`
    select distinct on (meter) meter, definition from meter_version
    where meter in ${among(meters)}
    order by meter, effective_from > ${now.toISOString()}::timestamptz, version desc`,
  )
  const defined = new Map(rows.map(({ meter, definition }) => [meter, definition]))
  return new Map(
    meters.map((meter) => {
      const { displayName = meter, unit = 'units' } = defined.get(meter) ?? {}
      return [meter, { displayName, unit }]
    }),
  )
}

type VersionRow = typeof meterVersion.$inferSelect

function publishedOf(row: VersionRow): PublishedMeter {
  const { definition, version, effectiveFrom, serial, publishedAt, publishedBy } = row
  return { ...definition, version, effectiveFrom, serial, publishedAt, publishedBy }
}
