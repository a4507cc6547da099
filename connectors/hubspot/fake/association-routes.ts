import { Hono } from 'hono'
import type { Context } from 'hono'
import type { Associated } from './associations.ts'
import type { Portal } from './portal.ts'
import { batchEntry, invalid } from './refusals.ts'
import { recordOf, recordTypeOf } from './record-routes.ts'
import { inputsOf, bodyOf, isRecord } from './request-body.ts'
import type { RecordType } from './standard-properties.ts'

/** Most associations of one page of a batch read. */
const pageSize = 500

/** Who belongs to whom: `/crm/v4`. */
export function associationRoutes(portal: Portal): Hono {
  const routes = new Hono()
  routes.post('/associations/:from/:to/batch/read', (c) => readBatch(portal, c))
  routes.post('/associations/:from/:to/batch/create', (c) => createBatch(portal, c))
  routes.post('/associations/:from/:to/batch/associate/default', (c) => createBatch(portal, c))
  routes.get('/associations/:from/:to/labels', (c) => {
    const { from, to } = pairOf(c)
    return c.json({ results: portal.associations.definitions(from, to) })
  })
  routes.get('/objects/:from/:id/associations/:to', (c) => {
    const { from, to } = pairOf(c)
    return c.json({ results: portal.associations.of(from, c.req.param('id'), to).map(rendered) })
  })
  routes.put('/objects/:from/:id/associations/default/:to/:toId', (c) => associate(portal, c, []))
  routes.put('/objects/:from/:id/associations/:to/:toId', async (c) => {
    const types: unknown = await c.req.json().catch(() => undefined)
    if (!Array.isArray(types)) throw invalid('Invalid input JSON')
    return associate(portal, c, typeIdsIn(types))
  })
  routes.delete('/objects/:from/:id/associations/:to/:toId', (c) => {
    const { from, to } = pairOf(c)
    portal.associations.remove(from, c.req.param('id'), to, c.req.param('toId'))
    return c.body(null, 204)
  })
  return routes
}

function pairOf(c: Context): { from: RecordType; to: RecordType } {
  return { from: recordTypeOf(c.req.param('from')), to: recordTypeOf(c.req.param('to')) }
}

function rendered({ toId, types }: Associated) {
  return { toObjectId: Number(toId), associationTypes: types }
}

function typeIdsIn(types: readonly unknown[]): number[] {
  return types.filter(isRecord).map((type) => Number(type['associationTypeId']))
}

function associate(portal: Portal, c: Context, typeIds: readonly number[]): Response {
  const { from, to } = pairOf(c)
  const fromId = recordOf(portal, from, c.req.param('id') ?? '').id
  const toId = recordOf(portal, to, c.req.param('toId') ?? '').id
  portal.associations.associate(from, fromId, to, toId, typeIds)
  return c.json({
    fromObjectTypeId: from,
    fromObjectId: Number(fromId),
    toObjectTypeId: to,
    toObjectId: Number(toId),
  })
}

/** A record without associations is an error entry of the batch (207), not an empty list. */
async function readBatch(portal: Portal, c: Context): Promise<Response> {
  const { from, to } = pairOf(c)
  const inputs = inputsOf(await bodyOf(c))
  const read = inputs.map((input) => {
    const id = String(input['id'])
    const all = portal.associations.of(from, id, to)
    const after = Number(input['after'] ?? 0)
    return { id, total: all.length, after, page: all.slice(after, after + pageSize) }
  })
  const results = read
    .filter(({ total }) => total > 0)
    .map(({ id, total, after, page }) => ({
      from: { id },
      to: page.map(rendered),
      ...(total > after + pageSize ? { paging: { next: { after: String(after + pageSize) } } } : {}),
    }))
  const errors = read.filter(({ total }) => total === 0).map(({ id }) => noneFound(from, id, to))
  const at = portal.now().toISOString()
  const answer = { status: 'COMPLETE', results, startedAt: at, completedAt: at }
  return errors.length === 0 ? c.json(answer) : c.json({ ...answer, numErrors: errors.length, errors }, 207)
}

function noneFound(from: RecordType, id: string, to: RecordType) {
  return batchEntry({
    status: 404,
    category: 'OBJECT_NOT_FOUND',
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
    message: `No ${to} is associated with ${from} ${id}.`,
    context: { fromObjectId: [id], fromObjectType: [from], toObjectType: [to] },
  })
}

async function createBatch(portal: Portal, c: Context): Promise<Response> {
  const { from, to } = pairOf(c)
  const results = inputsOf(await bodyOf(c)).map((input) => {
    const fromId = recordOf(portal, from, endOf(input, 'from')).id
    const toId = recordOf(portal, to, endOf(input, 'to')).id
    const types = Array.isArray(input['types']) ? input['types'] : []
    portal.associations.associate(from, fromId, to, toId, typeIdsIn(types))
    return { fromObjectId: Number(fromId), toObjectId: Number(toId), labels: [] }
  })
  return c.json({ status: 'COMPLETE', results }, 201)
}

function endOf(input: Readonly<Record<string, unknown>>, end: 'from' | 'to'): string {
  const value = input[end]
  if (!isRecord(value)) throw invalid(`Some required fields were not set: [${end}]`)
  return String(value['id'])
}
