import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Connection } from './connection.ts'
import type { RecordKind } from './known-properties.ts'

/** The values of a record, all text, under HubSpot's names. */
export type RecordValues = Readonly<Record<string, string | null>>

/** Records by id. One that is not there, or archived, is not in it. */
export type RecordsById = ReadonlyMap<string, RecordValues>

const batchSize = 100

/** Reads records in batches of a hundred. Results are matched by id: their order is not that of the request. */
export async function readRecords(
  connection: Connection,
  kind: RecordKind,
  ids: readonly string[],
  properties: readonly string[],
): Promise<Answer<RecordsById>> {
  const unique = [...new Set(ids)]
  const records = new Map<string, RecordValues>()
  for (let start = 0; start < unique.length; start += batchSize) {
    const inputs = unique.slice(start, start + batchSize).map((id) => ({ id }))
    const reply = await connection.call(() =>
      connection.records.read(
        kind,
        { inputs, properties: [...properties], propertiesWithHistory: [] },
        false,
      ),
    )
    if (reply.kind !== 'ok') return reply
    if (!Array.isArray(reply.value.results)) return { kind: 'broken', detail: `No ${kind} in the answer` }
    for (const { id, properties: values, archived } of reply.value.results)
      if (archived !== true) records.set(id, values)
  }
  return answered(records)
}

/** Which deal answers to each id asked. Null: none any more. */
export type ResolvedDeals = ReadonlyMap<
  string,
  { readonly dealId: string; readonly values: RecordValues } | null
>

/**
 * Reads deals also by ids that were merged away. A batch may answer such an id under the new one or not at all, so every id without
 * a record of its own is asked for alone: the answer bears the id of the deal it became. Source: changelog "Deals now support
 * merging".
 */
export async function readDealsByAnyId(
  connection: Connection,
  askedIds: readonly string[],
  properties: readonly string[],
): Promise<Answer<ResolvedDeals>> {
  const possible = askedIds.filter((id) => /^\d{1,18}$/.test(id))
  const direct = await readRecords(connection, 'deals', possible, properties)
  if (direct.kind !== 'ok') return direct
  const renamed = new Map<string, string>()
  for (const askedId of new Set(possible.filter((id) => !direct.value.has(id)))) {
    const current = await currentId(connection, askedId)
    if (current.kind !== 'ok') return current
    if (current.value !== null) renamed.set(askedId, current.value)
  }
  const merged = await readRecords(connection, 'deals', [...renamed.values()], properties)
  if (merged.kind !== 'ok') return merged
  const resolve = (askedId: string) => {
    const dealId = renamed.get(askedId) ?? askedId
    const values = direct.value.get(dealId) ?? merged.value.get(dealId)
    return values === undefined ? null : { dealId, values }
  }
  return answered(new Map(askedIds.map((askedId) => [askedId, resolve(askedId)])))
}

/** The id a deal answers under today, or null when there is none. */
async function currentId(connection: Connection, askedId: string): Promise<Answer<string | null>> {
  const reply = await connection.call(() => connection.record.getById('deals', askedId, ['hs_object_id']))
  if (reply.kind === 'rejected' && reply.code === 'OBJECT_NOT_FOUND') return answered(null)
  if (reply.kind !== 'ok') return reply
  if (typeof reply.value.id !== 'string') return { kind: 'broken', detail: `Deal ${askedId} has no id` }
  return answered(reply.value.archived === true ? null : reply.value.id)
}
