import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Crm, StatusUpdate, StatusWritten } from '../../src/ports/crm.ts'
import type { Connection } from './connection.ts'
import type { KnownProperties } from './known-properties.ts'
import type { RecordValues } from './read-records.ts'
import { readDealsByAnyId } from './read-records.ts'

export type WriteOptions = { readonly connection: Connection; readonly known: KnownProperties }

/** The deal properties we write; an administrator creates them once. */
export const statusProperties = ['tieout_status', 'tieout_message', 'tieout_link'] as const

type StatusValues = Readonly<Record<(typeof statusProperties)[number], string>>

/** Values to write to one deal, under the id it has today. */
type Write = { readonly dealId: string; readonly values: StatusValues }

/** Why deals refused, by id; a deal not in it took the values. */
type Refusals = ReadonlyMap<string, string>

/** Writes statuses: the `writeStatuses` of the port. A deal that says the same already is left alone, so that no echo comes back. */
export function statusWriter(options: WriteOptions): Crm['writeStatuses'] {
  return async (updates) => {
    const lacking = await lackingProperties(options)
    if (lacking.kind !== 'ok') return lacking
    if (lacking.value.length > 0) return refusedFor(lacking.value)
    const ids = updates.map(({ dealId }) => dealId)
    const deals = await readDealsByAnyId(options.connection, ids, statusProperties)
    if (deals.kind !== 'ok') return deals
    const writes = new Map<string, Write>()
    for (const update of updates) {
      const deal = deals.value.get(update.dealId)
      if (deal) writes.set(deal.dealId, { dealId: deal.dealId, values: valuesOf(update) })
      if (deal && isSame(deal.values, valuesOf(update))) writes.delete(deal.dealId)
    }
    const refusals = await writeAll(options.connection, [...writes.values()])
    if (refusals.kind !== 'ok') return refusals
    return answered(
      updates.map(({ dealId }): StatusWritten => {
        const deal = deals.value.get(dealId)
        const refusal = deal ? refusals.value.get(deal.dealId) : 'HubSpot no longer has this deal'
        return { dealId, refusal: refusal ?? null }
      }),
    )
  }
}

async function lackingProperties({ known }: WriteOptions): Promise<Answer<string[]>> {
  const names = await known('deals', statusProperties)
  if (names.kind !== 'ok') return names
  return answered(statusProperties.filter((name) => !names.value.has(name)))
}

function refusedFor(lacking: readonly string[]): Answer<never> {
  const detail = `The portal has no deal property ${lacking.join(', ')}: create it, then statuses are written`
  return { kind: 'rejected', code: 'PROPERTY_DOESNT_EXIST', detail, field: lacking[0] ?? null }
}

function valuesOf({ status, message, link }: StatusUpdate): StatusValues {
  return { tieout_status: status, tieout_message: message, tieout_link: link }
}

function isSame(current: RecordValues, values: StatusValues): boolean {
  return statusProperties.every((name) => (current[name] ?? '') === values[name])
}

const batchSize = 100

async function writeAll(connection: Connection, writes: readonly Write[]): Promise<Answer<Refusals>> {
  const refusals = new Map<string, string>()
  for (let start = 0; start < writes.length; start += batchSize) {
    const batch = await writeBatch(connection, writes.slice(start, start + batchSize))
    if (batch.kind !== 'ok') return batch
    for (const [dealId, refusal] of batch.value) refusals.set(dealId, refusal)
  }
  return answered(refusals)
}

/** One bad value may make HubSpot refuse a whole batch: then its halves are tried, so that one deal does not stop the others. */
async function writeBatch(connection: Connection, writes: readonly Write[]): Promise<Answer<Refusals>> {
  const inputs = writes.map(({ dealId, values }) => ({
    id: dealId,
    properties: { ...values },
    objectWriteTraceId: dealId,
  }))
  const reply = await connection.call(() => connection.records.update('deals', { inputs }))
  if (reply.kind === 'ok') return answered(refusalsIn(writes, reply.value))
  if (reply.kind !== 'rejected' && reply.kind !== 'conflict' && reply.kind !== 'locked') return reply
  const [only] = writes
  if (writes.length === 1 && only !== undefined) return answered(new Map([[only.dealId, reply.detail]]))
  const middle = Math.ceil(writes.length / 2)
  const left = await writeBatch(connection, writes.slice(0, middle))
  if (left.kind !== 'ok') return left
  const right = await writeBatch(connection, writes.slice(middle))
  if (right.kind !== 'ok') return right
  return answered(new Map([...left.value, ...right.value]))
}

type BatchReply = {
  readonly results?: readonly { readonly id: string }[]
  readonly errors?: readonly BatchError[]
}

type BatchError = {
  readonly message: string
  readonly context?: Readonly<Record<string, readonly string[]>>
}

/** A deal is written only when HubSpot says so; an error that names nobody goes to all that are not confirmed. */
function refusalsIn(writes: readonly Write[], reply: BatchReply): Refusals {
  const confirmed = new Set((reply.results ?? []).map(({ id }) => id))
  const named = new Map(
    (reply.errors ?? []).flatMap((error) => idsIn(error).map((id) => [id, error.message] as const)),
  )
  const unnamed = (reply.errors ?? []).find((error) => idsIn(error).length === 0)
  const open = writes.filter(({ dealId }) => !confirmed.has(dealId))
  const reason = (dealId: string) =>
    named.get(dealId) ?? unnamed?.message ?? 'HubSpot did not confirm the update'
  return new Map(open.map(({ dealId }) => [dealId, reason(dealId)]))
}

function idsIn({ context = {} }: BatchError): readonly string[] {
  return [...(context['ids'] ?? []), ...(context['objectWriteTraceId'] ?? [])]
}
