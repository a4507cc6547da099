import type { Random } from '../../../src/ports/random.ts'
import { fraction } from '../../../src/ports/random.ts'
import { derivedValues } from './derived-values.ts'
import type { Pipelines } from './pipelines.ts'
import type { Properties, PropertyChanges } from './properties.ts'
import { invalidProperties, RefusalError } from './refusals.ts'
import type { RecordType } from './standard-properties.ts'
import { recordTypes } from './standard-properties.ts'

/** A record as the search index knows it from an instant on; `values` null means it is gone. */
type IndexedVersion = {
  readonly visibleAt: number
  readonly values: ReadonlyMap<string, string> | null
}

export type StoredRecord = {
  readonly type: RecordType
  readonly id: string
  readonly createdAt: Date
  updatedAt: Date
  archivedAt: Date | null
  /** The record this one was merged into. */
  mergedInto: string | null
  values: ReadonlyMap<string, string>
  versions: IndexedVersion[]
}

/** Who changed a record, as webhooks tell it. */
export type ChangeSource = 'CRM_UI' | 'INTEGRATION' | 'IMPORT'

export type RecordChange = {
  readonly kind: 'creation' | 'deletion' | 'merge' | 'propertyChange'
  readonly record: StoredRecord
  readonly source: ChangeSource
  readonly property?: { readonly name: string; readonly value: string }
  readonly mergedIds?: readonly string[]
}

/** The records of a portal. Refusals are thrown as `RefusalError`. */
export type Records = {
  all(type: RecordType): StoredRecord[]
  /** The record under exactly this id, archived and merged ones too. */
  find(type: RecordType, id: string): StoredRecord | undefined
  /** The record that answers to an id: a merged one answers as the one it became. Null when archived or never there. */
  resolve(type: RecordType, id: string): StoredRecord | null
  findByValue(type: RecordType, name: string, value: string): StoredRecord | undefined
  create(type: RecordType, values: Readonly<Record<string, unknown>>, source: ChangeSource): StoredRecord
  update(record: StoredRecord, values: Readonly<Record<string, unknown>>, source: ChangeSource): void
  archive(record: StoredRecord, source: ChangeSource): void
  /** Makes the record that two others become. */
  merge(primary: StoredRecord, other: StoredRecord): StoredRecord
  /** What a search sees now, which is late by the lag of the index. */
  indexed(type: RecordType): ReadonlyMap<string, string>[]
}

export type RecordsOptions = {
  readonly portalId: number
  readonly now: () => Date
  readonly random: Random
  readonly properties: Properties
  readonly pipelines: Pipelines
  readonly searchLagMilliseconds: () => number
  readonly onChange: (change: RecordChange) => void
}

/** The property that says when a record last changed. */
export function modifiedProperty(type: RecordType): string {
  return type === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate'
}

/** Starts with no record. */
export function createRecords(options: RecordsOptions): Records {
  const stored = new Map(recordTypes.map((type) => [type, new Map<string, StoredRecord>()]))
  const of = (type: RecordType) => stored.get(type) ?? new Map<string, StoredRecord>()
  const nextId = idsOf(options.random)
  const records: Records = {
    all: (type) => [...of(type).values()],
    find: (type, id) => of(type).get(id),
    resolve: (type, id) => {
      const record = of(type).get(id)
      if (record?.mergedInto) return records.resolve(type, record.mergedInto)
      return record === undefined || record.archivedAt !== null ? null : record
    },
    findByValue: (type, name, value) =>
      records.all(type).find((record) => record.archivedAt === null && record.values.get(name) === value),
    create: (type, values, source) => {
      const changes = complete(type, options.properties.check(type, values), options)
      refuseTaken(records, options, type, changes)
      const record = emptyRecord(type, nextId(), options.now())
      write(record, { ...changes, ...identity(record) }, options)
      of(type).set(record.id, record)
      options.onChange({ kind: 'creation', record, source })
      return record
    },
    update: (record, values, source) => {
      const changes = options.properties.check(record.type, values)
      refuseTaken(records, options, record.type, changes, record.id)
      for (const property of write(record, changes, options))
        options.onChange({ kind: 'propertyChange', record, source, property })
    },
    archive: (record, source) => {
      remove(record, options)
      options.onChange({ kind: 'deletion', record, source })
    },
    merge: (primary, other) => {
      const merged = emptyRecord(primary.type, nextId(), options.now())
      of(primary.type).set(merged.id, merged)
      const mergedIds = { hs_merged_object_ids: `${primary.id};${other.id}` }
      const values = Object.fromEntries([...other.values, ...primary.values])
      write(merged, { ...values, ...mergedIds, ...identity(merged) }, options)
      for (const old of [primary, other]) {
        remove(old, options)
        old.mergedInto = merged.id
      }
      const ids = [primary.id, other.id]
      options.onChange({ kind: 'merge', record: merged, source: 'CRM_UI', mergedIds: ids })
      return merged
    },
    indexed: (type) => records.all(type).flatMap((record) => indexedValues(record, options.now()) ?? []),
  }
  return records
}

/** Ids grow, with gaps, as in a real portal. */
function idsOf(random: Random): () => string {
  let last = 20_400_000_000
  return () => String((last += 1 + Math.floor(fraction(random) * 40)))
}

function emptyRecord(type: RecordType, id: string, now: Date): StoredRecord {
  const times = { createdAt: now, updatedAt: now, archivedAt: null }
  return { type, id, ...times, mergedInto: null, values: new Map(), versions: [] }
}

function identity(record: StoredRecord): PropertyChanges {
  return { hs_object_id: record.id, createdate: record.createdAt.toISOString() }
}

/** A new deal lies in the first stage of the default pipeline unless it says otherwise. */
function complete(type: RecordType, changes: PropertyChanges, options: RecordsOptions): PropertyChanges {
  if (type !== 'deals') return changes
  const pipeline = changes['pipeline'] ?? 'default'
  const first = options.pipelines.all.find(({ id }) => id === pipeline)?.stages[0]?.id ?? null
  return { ...changes, pipeline, dealstage: changes['dealstage'] ?? first }
}

/** Writes values and what follows from them; answers the properties whose value is another now. */
function write(record: StoredRecord, changes: PropertyChanges, options: RecordsOptions) {
  const now = options.now()
  const before = record.values
  const given = applied(before, changes)
  refuseUnknownStage(record.type, given, options)
  const derived = derivedValues(record.type, given, changes, options.pipelines, now)
  const after = applied(given, { ...derived, [modifiedProperty(record.type)]: now.toISOString() })
  record.values = after
  record.updatedAt = now
  index(record, after, options)
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name) && name !== modifiedProperty(record.type))
    .map((name) => ({ name, value: after.get(name) ?? '' }))
}

function applied(values: ReadonlyMap<string, string>, changes: PropertyChanges): Map<string, string> {
  const after = new Map(values)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) after.delete(name)
    else after.set(name, value)
  }
  return after
}

function remove(record: StoredRecord, options: RecordsOptions): void {
  record.archivedAt = options.now()
  record.updatedAt = record.archivedAt
  index(record, null, options)
}

function index(record: StoredRecord, values: IndexedVersion['values'], options: RecordsOptions): void {
  const now = options.now().getTime()
  const lag = Math.floor(fraction(options.random) * options.searchLagMilliseconds())
  const visibleAt = Math.max(now + lag, record.versions.at(-1)?.visibleAt ?? 0)
  const lastSeen = record.versions.findLastIndex((version) => version.visibleAt <= now)
  record.versions = [...record.versions.slice(Math.max(0, lastSeen)), { visibleAt, values }]
}

function indexedValues(record: StoredRecord, now: Date): ReadonlyMap<string, string> | null {
  return record.versions.findLast(({ visibleAt }) => visibleAt <= now.getTime())?.values ?? null
}

function refuseUnknownStage(
  type: RecordType,
  values: ReadonlyMap<string, string>,
  options: RecordsOptions,
): void {
  const stage = values.get('dealstage')
  if (type !== 'deals' || options.pipelines.stage(values.get('pipeline'), stage) !== undefined) return
  const message = `${stage} was not a valid stage of pipeline ${values.get('pipeline')}.`
  throw invalidProperties(options.portalId, [{ name: 'dealstage', error: 'INVALID_OPTION', message }])
}

function refuseTaken(
  records: Records,
  options: RecordsOptions,
  type: RecordType,
  changes: PropertyChanges,
  ownId?: string,
): void {
  for (const [name, value] of Object.entries(changes)) {
    const isUnique = options.properties.find(type, name)?.hasUniqueValue === true
    if (value === null || (!isUnique && !(type === 'contacts' && name === 'email'))) continue
    const taken = records.findByValue(type, name, value)
    if (taken === undefined || taken.id === ownId) continue
    const message = `A record with ${name} ${value} already exists. Existing ID: ${taken.id}`
    throw new RefusalError({ status: 409, category: 'CONFLICT', message })
  }
}
