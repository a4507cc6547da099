import { Hono } from 'hono'
import type { Context } from 'hono'
import type { Portal } from './portal.ts'
import type { BatchEntry } from './refusals.ts'
import { batchEntry, notFound, RefusalError } from './refusals.ts'
import {
  archiveRecord,
  propertiesIn,
  recordOf,
  recordTypeOf,
  refuseLocked,
  rendered,
} from './record-routes.ts'
import type { StoredRecord } from './records.ts'
import type { JsonObject } from './request-body.ts'
import { bodyOf, inputsOf } from './request-body.ts'
import type { RecordType } from './standard-properties.ts'

type Rendered = ReturnType<typeof rendered>

/** Batches of up to a hundred: `/crm/v3/objects/{type}/batch`. */
export function batchRoutes(portal: Portal): Hono {
  const routes = new Hono()
  routes.post('/:type/batch/read', async (c) => readBatch(portal, c, await bodyOf(c)))
  routes.post('/:type/batch/create', async (c) =>
    writeBatch(portal, c, await bodyOf(c), 201, (type, input) =>
      touched(portal, type, portal.records.create(type, propertiesIn(input), 'INTEGRATION'), input),
    ),
  )
  routes.post('/:type/batch/update', async (c) =>
    writeBatch(portal, c, await bodyOf(c), 200, (type, input) => {
      const record = target(portal, type, input)
      refuseLocked(portal, record.id)
      portal.records.update(record, propertiesIn(input), 'INTEGRATION')
      return touched(portal, type, record, input)
    }),
  )
  routes.post('/:type/batch/upsert', async (c) =>
    writeBatch(portal, c, await bodyOf(c), 200, (type, input) => upserted(portal, type, input)),
  )
  routes.post('/:type/batch/archive', async (c) => {
    const type = recordTypeOf(c.req.param('type'))
    for (const { id } of inputsOf(await bodyOf(c))) {
      const record = portal.records.resolve(type, String(id))
      if (record !== null) archiveRecord(portal, record)
    }
    return c.body(null, 204)
  })
  return routes
}

function readBatch(portal: Portal, c: Context, body: JsonObject): Response {
  const type = recordTypeOf(c.req.param('type'))
  const asked = Array.isArray(body['properties']) ? body['properties'].map(String) : []
  const idProperty = typeof body['idProperty'] === 'string' ? body['idProperty'] : undefined
  const missing: string[] = []
  const results: Rendered[] = []
  for (const { id } of inputsOf(body)) {
    const record = readable(portal, type, String(id), idProperty)
    if (record === null) missing.push(String(id))
    else if (!results.some((result) => result.id === record.id))
      results.push(rendered(portal, type, record.values, asked))
  }
  // The order of results is not the order of inputs; callers must match on the id.
  results.sort((left, right) => Number(left.id) - Number(right.id))
  return batchAnswer(portal, c, 200, results, missing.length === 0 ? [] : [missingEntry(type, missing)])
}

function readable(
  portal: Portal,
  type: RecordType,
  id: string,
  idProperty: string | undefined,
): StoredRecord | null {
  if (idProperty !== undefined) return portal.records.findByValue(type, idProperty, id) ?? null
  const record = portal.records.resolve(type, id)
  const isHidden = record?.id !== id && portal.switches.mergedInBatchRead === 'missing'
  return isHidden ? null : record
}

function missingEntry(type: RecordType, ids: readonly string[]): BatchEntry {
  const name = type.toUpperCase().replace(/IES$/, 'Y').replace(/S$/, '')
  const message = `Could not get some ${name} objects, they may be deleted or not exist. Check that ids are valid.`
  return batchEntry(notFound(message, ids).refusal)
}

function target(portal: Portal, type: RecordType, input: JsonObject): StoredRecord {
  const id = String(input['id'])
  if (typeof input['idProperty'] !== 'string') return recordOf(portal, type, id)
  const record = portal.records.findByValue(type, input['idProperty'], id)
  if (record === undefined) throw notFound('resource not found', [id])
  return record
}

function touched(portal: Portal, type: RecordType, record: StoredRecord, input: JsonObject) {
  const traceId = input['objectWriteTraceId']
  return {
    ...rendered(portal, type, record.values, Object.keys(propertiesIn(input))),
    ...(typeof traceId === 'string' ? { objectWriteTraceId: traceId } : {}),
  }
}

function upserted(portal: Portal, type: RecordType, input: JsonObject) {
  const id = String(input['id'])
  const idProperty = String(input['idProperty'])
  const known = portal.records.findByValue(type, idProperty, id)
  const properties = { ...propertiesIn(input), [idProperty]: id }
  if (known !== undefined) portal.records.update(known, properties, 'INTEGRATION')
  const record = known ?? portal.records.create(type, properties, 'INTEGRATION')
  return { ...touched(portal, type, record, input), new: known === undefined }
}

/** A missing record spoils only its own input (207). A bad value spoils the whole batch (400), unless the portal answers in parts. */
function writeBatch(
  portal: Portal,
  c: Context,
  body: JsonObject,
  status: 200 | 201,
  write: (type: RecordType, input: JsonObject) => Rendered,
): Response {
  const type = recordTypeOf(c.req.param('type'))
  const inputs = inputsOf(body)
  if (portal.switches.batchErrors === 'whole')
    for (const input of inputs) {
      portal.properties.check(type, propertiesIn(input))
      refuseLocked(portal, String(input['id']))
    }
  const results: Rendered[] = []
  const errors: BatchEntry[] = []
  for (const input of inputs) {
    try {
      results.push(write(type, input))
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error
      errors.push(batchEntry(error.refusal, traceOf(input)))
    }
  }
  return batchAnswer(portal, c, status, results.toReversed(), errors)
}

function traceOf(input: JsonObject): string | undefined {
  return typeof input['objectWriteTraceId'] === 'string' ? input['objectWriteTraceId'] : undefined
}

function batchAnswer(
  portal: Portal,
  c: Context,
  status: 200 | 201,
  results: readonly Rendered[],
  errors: readonly BatchEntry[],
): Response {
  const at = portal.now().toISOString()
  const times = { startedAt: at, completedAt: at }
  if (errors.length === 0) return c.json({ status: 'COMPLETE', results, ...times }, status)
  return c.json({ status: 'COMPLETE', results, numErrors: errors.length, errors, ...times }, 207)
}
