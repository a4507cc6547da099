import { widenId } from '../record-id.ts'
import type { Schema } from './schema.ts'

export type Value = string | number | boolean | null

/** A record with its fields under their own names. Instants are ISO texts that end in `Z`. */
export type StoredRecord = { readonly [field: string]: Value | undefined } & { readonly Id: string }

/** Whoever makes a change; `stampedAt` lets a test commit a change later than it was stamped. */
export type Author = { readonly userId: string; readonly stampedAt?: Date }

export type Change = {
  readonly objectType: string
  readonly before: StoredRecord | null
  readonly after: StoredRecord
}

export type RecordStore = {
  insert(objectType: string, values: Readonly<Record<string, Value>>, author: Author): StoredRecord
  update(id: string, values: Readonly<Record<string, Value>>, author: Author): StoredRecord
  /** Finds a record by id of 15 or 18 characters, in the recycle bin too. */
  find(id: string): StoredRecord | null
  typeOf(id: string): string | null
  all(objectType: string): Iterable<StoredRecord>
  /** Records of a type whose reference field names a record. */
  referring(objectType: string, field: string, id: string): readonly StoredRecord[]
  /** Records of a type in order of their last change, from a stamp on. */
  changedSince(objectType: string, stamp: string): StoredRecord[]
}

type Slot = { readonly stamp: string; readonly id: string }

/** One type's records: by id, by each reference, and in order of change, so that no request has to read them all. */
type Table = {
  readonly byId: Map<string, StoredRecord>
  readonly references: Map<string, Map<string, Set<string>>>
  order: Slot[]
  nextNumber: number
}

/** Keeps all records of the organisation. `observe` hears of each change after it is made. */
export function recordStore(schema: Schema, now: () => Date, observe: (change: Change) => void): RecordStore {
  const tables = new Map<string, Table>()
  const typeByPrefix = new Map(schema.objects.map((object) => [object.keyPrefix, object.name]))
  for (const { name } of schema.objects) tables.set(name, emptyTable(schema, name))
  const tableOf = (objectType: string) => {
    const table = tables.get(objectType)
    if (!table) throw new Error(`The fake has no object ${objectType}`)
    return table
  }
  const typeOf = (id: string) => typeByPrefix.get(id.slice(0, 3)) ?? null
  const find = (id: string) => {
    const objectType = typeOf(id)
    return objectType === null ? null : (tableOf(objectType).byId.get(widenId(id)) ?? null)
  }
  const put = (objectType: string, before: StoredRecord | null, after: StoredRecord) => {
    place(tableOf(objectType), before, after)
    observe({ objectType, before, after })
    return after
  }
  return {
    typeOf,
    find,
    all: (objectType) => tableOf(objectType).byId.values(),
    insert(objectType, values, author) {
      const table = tableOf(objectType)
      const given = values['Id']
      const id = typeof given === 'string' ? given : nextId(schema, objectType, ++table.nextNumber)
      return put(objectType, null, { ...stamped(now(), author, true), IsDeleted: false, ...values, Id: id })
    },
    update(id, values, author) {
      const before = find(id)
      const objectType = typeOf(id)
      if (!before || objectType === null) throw new Error(`The fake has no record ${id}`)
      return put(objectType, before, {
        ...before,
        ...values,
        ...stamped(now(), author, false),
        Id: before.Id,
      })
    },
    referring(objectType, field, id) {
      const { byId, references } = tableOf(objectType)
      const ids = references.get(field)?.get(widenId(id)) ?? []
      return [...ids].map((each) => byId.get(each) as StoredRecord)
    },
    changedSince: (objectType, stamp) => changedSince(tableOf(objectType), stamp),
  }
}

function emptyTable(schema: Schema, objectType: string): Table {
  const references = (schema.object(objectType)?.fields ?? []).filter(({ type }) => type === 'reference')
  return {
    byId: new Map(),
    references: new Map(references.map(({ name }) => [name, new Map()])),
    order: [],
    nextNumber: 0,
  }
}

const idAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Ids count up in base 62, so that the same story gives the same ids. `Qx` stands for the pod that made them. */
function nextId(schema: Schema, objectType: string, number: number): string {
  let digits = ''
  for (let rest = number; rest > 0; rest = Math.floor(rest / 62)) digits = idAlphabet[rest % 62] + digits
  return widenId(`${schema.object(objectType)?.keyPrefix}Qx${digits.padStart(10, '0')}`)
}

/** Salesforce keeps stamps to the second. */
function stamped(now: Date, author: Author, isNew: boolean): Record<string, Value> {
  const instant = author.stampedAt ?? now
  const stamp = new Date(Math.floor(instant.getTime() / 1000) * 1000).toISOString()
  const changed = { LastModifiedDate: stamp, LastModifiedById: author.userId, SystemModstamp: stamp }
  return isNew ? { CreatedDate: stamp, CreatedById: author.userId, ...changed } : changed
}

function place(table: Table, before: StoredRecord | null, after: StoredRecord): void {
  table.byId.set(after.Id, after)
  for (const [field, idsByTarget] of table.references) {
    if (before?.[field] === after[field]) continue
    if (typeof before?.[field] === 'string') idsByTarget.get(before[field])?.delete(after.Id)
    const target = after[field]
    if (typeof target !== 'string') continue
    const ids = idsByTarget.get(target) ?? new Set()
    idsByTarget.set(target, ids.add(after.Id))
  }
  const slot = { stamp: String(after['SystemModstamp']), id: after.Id }
  table.order.splice(positionOf(table.order, slot.stamp, 'after'), 0, slot)
  if (table.order.length > 2 * table.byId.size + 64) table.order = table.order.filter(isCurrent(table))
}

/** A record leaves its old slots behind when it changes; only the newest counts. */
function isCurrent(table: Table): (slot: Slot, index: number, all: readonly Slot[]) => boolean {
  const seen = new Set<string>()
  return ({ stamp, id }) => {
    if (table.byId.get(id)?.['SystemModstamp'] !== stamp || seen.has(id)) return false
    seen.add(id)
    return true
  }
}

function changedSince(table: Table, stamp: string): StoredRecord[] {
  const slots = table.order.slice(positionOf(table.order, stamp, 'before'))
  return slots.filter(isCurrent(table)).map(({ id }) => table.byId.get(id) as StoredRecord)
}

/** Where a stamp belongs among the slots: before or after those with the same one. */
function positionOf(order: readonly Slot[], stamp: string, side: 'before' | 'after'): number {
  let [low, high] = [0, order.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const at = order[middle]?.stamp ?? ''
    if (at < stamp || (side === 'after' && at === stamp)) low = middle + 1
    else high = middle
  }
  return low
}
