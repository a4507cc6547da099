import { Hono } from 'hono'
import type { Context } from 'hono'
import type { Portal } from './portal.ts'
import { invalid, notFound } from './refusals.ts'
import type { StoredRecord } from './records.ts'
import { modifiedProperty } from './records.ts'
import { bodyOf, isRecord } from './request-body.ts'
import { found, searchRequest } from './search.ts'
import type { RecordType } from './standard-properties.ts'
import { recordTypes } from './standard-properties.ts'

const typeIds: Readonly<Record<string, RecordType>> = {
  '0-1': 'contacts',
  '0-2': 'companies',
  '0-3': 'deals',
  '0-8': 'line_items',
}

const singulars: Readonly<Record<string, RecordType>> = {
  deal: 'deals',
  company: 'companies',
  contact: 'contacts',
  line_item: 'line_items',
}

/** The kind of record a path names: by plural, singular or type id. Throws the refusal. */
export function recordTypeOf(name: string | undefined): RecordType {
  const type = recordTypes.find((known) => known === name) ?? typeIds[name ?? ''] ?? singulars[name ?? '']
  if (type === undefined) throw invalid(`Unable to infer object type from: ${name}`)
  return type
}

const defaultProperties: Readonly<Record<RecordType, readonly string[]>> = {
  deals: ['amount', 'closedate', 'dealname', 'dealstage', 'pipeline'],
  companies: ['domain', 'name'],
  contacts: ['email', 'firstname', 'lastname'],
  line_items: ['quantity'],
}

/** A record as answered: asked properties (unknown ones are left out, empty ones null) and the three that always come. */
export function rendered(
  portal: Portal,
  type: RecordType,
  values: ReadonlyMap<string, string>,
  asked: readonly string[],
) {
  const names = [
    ...(asked.length > 0 ? asked : defaultProperties[type]),
    'createdate',
    modifiedProperty(type),
    'hs_object_id',
  ]
  const known = names.filter((name) => portal.properties.find(type, name) !== undefined)
  const id = values.get('hs_object_id') ?? ''
  return {
    id,
    properties: Object.fromEntries(known.map((name) => [name, values.get(name) ?? null])),
    createdAt: values.get('createdate') ?? '',
    updatedAt: values.get(modifiedProperty(type)) ?? '',
    archived: portal.records.find(type, id)?.archivedAt !== null,
  }
}

/** The record under an id, or the refusal. A merged one answers as the one it became. */
export function recordOf(portal: Portal, type: RecordType, id: string): StoredRecord {
  const record = portal.records.resolve(type, id)
  if (record === null) throw notFound('resource not found', [id])
  return record
}

/** Single records, listing and search: `/crm/v3/objects`. */
export function recordRoutes(portal: Portal): Hono {
  const routes = new Hono()
  routes.get('/:type', (c) => c.json(listed(portal, c)))
  routes.post('/:type', async (c) => {
    const type = recordTypeOf(c.req.param('type'))
    const body = await bodyOf(c)
    const record = portal.records.create(type, propertiesIn(body), 'INTEGRATION')
    associateAtBirth(portal, record, body['associations'])
    return c.json(rendered(portal, type, record.values, [...record.values.keys()]), 201)
  })
  routes.post('/:type/search', async (c) => c.json(searched(portal, c, await bodyOf(c))))
  routes.post('/:type/merge', async (c) => {
    const type = recordTypeOf(c.req.param('type'))
    const body = await bodyOf(c)
    const merged = mergeRecords(
      portal,
      type,
      String(body['primaryObjectId']),
      String(body['objectIdToMerge']),
    )
    return c.json(rendered(portal, type, merged.values, []))
  })
  routes.get('/:type/:id', (c) => {
    const type = recordTypeOf(c.req.param('type'))
    return c.json(rendered(portal, type, identified(portal, c, type).values, askedIn(c)))
  })
  routes.patch('/:type/:id', async (c) => {
    const type = recordTypeOf(c.req.param('type'))
    const record = identified(portal, c, type)
    const changes = propertiesIn(await bodyOf(c))
    refuseLocked(portal, record.id)
    portal.records.update(record, changes, 'INTEGRATION')
    return c.json(rendered(portal, type, record.values, Object.keys(changes)))
  })
  routes.delete('/:type/:id', (c) => {
    const type = recordTypeOf(c.req.param('type'))
    const record = portal.records.resolve(type, c.req.param('id'))
    if (record !== null) archiveRecord(portal, record)
    return c.body(null, 204)
  })
  return routes
}

/** Refuses a write to a record that somebody locked. */
export function refuseLocked(portal: Portal, id: string): void {
  const reason = portal.locked.get(id)
  if (reason !== undefined) throw invalid(reason)
}

/** Archives a record and what ties it to others. */
export function archiveRecord(portal: Portal, record: StoredRecord): void {
  portal.associations.forget(record.type, record.id)
  portal.records.archive(record, 'INTEGRATION')
}

/** Two become a third with a new id; their associations go with it. */
export function mergeRecords(
  portal: Portal,
  type: RecordType,
  primaryId: string,
  otherId: string,
): StoredRecord {
  const primary = recordOf(portal, type, primaryId)
  const other = recordOf(portal, type, otherId)
  if (primary.id === other.id) throw invalid('Cannot merge an object with itself')
  const merged = portal.records.merge(primary, other)
  for (const old of [primary, other]) portal.associations.move(type, old.id, merged.id)
  return merged
}

/** The `properties` object of a write. */
export function propertiesIn(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const properties = body['properties']
  if (!isRecord(properties)) throw invalid('Some required fields were not set: [properties]')
  return properties
}

function identified(portal: Portal, c: Context, type: RecordType): StoredRecord {
  const id = c.req.param('id') ?? ''
  const idProperty = c.req.query('idProperty')
  if (idProperty === undefined) return recordOf(portal, type, id)
  const record = portal.records.findByValue(type, idProperty, id)
  if (record === undefined) throw notFound('resource not found', [id])
  return record
}

function askedIn(c: Context): string[] {
  return (c.req.queries('properties') ?? []).flatMap((list) => list.split(','))
}

function listed(portal: Portal, c: Context) {
  const type = recordTypeOf(c.req.param('type'))
  const limit = Number(c.req.query('limit') ?? 10)
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    throw invalid('The limit must be between 1 and 100')
  const after = c.req.query('after') ?? ''
  const records = portal.records
    .all(type)
    .filter(({ id, archivedAt }) => archivedAt === null && Number(id) > Number(after))
  const page = records.slice(0, limit)
  const last = page.at(-1)
  return {
    results: page.map(({ values }) => rendered(portal, type, values, askedIn(c))),
    ...(records.length > limit && last !== undefined ? { paging: { next: { after: last.id } } } : {}),
  }
}

function searched(portal: Portal, c: Context, body: Readonly<Record<string, unknown>>) {
  const type = recordTypeOf(c.req.param('type'))
  const request = searchRequest(body)
  const all = found(portal.records.indexed(type), request, type, portal.properties)
  const end = request.after + request.limit
  return {
    total: all.length,
    results: all.slice(request.after, end).map((values) => ({
      ...rendered(portal, type, values, request.properties),
      archived: false,
    })),
    ...(all.length > end ? { paging: { next: { after: String(end) } } } : {}),
  }
}

function associateAtBirth(portal: Portal, record: StoredRecord, associations: unknown): void {
  if (!Array.isArray(associations)) return
  for (const association of associations.filter(isRecord)) {
    const to = isRecord(association['to']) ? String(association['to']['id']) : ''
    const types = Array.isArray(association['types']) ? association['types'].filter(isRecord) : []
    const typeId = Number(types[0]?.['associationTypeId'])
    const toType = recordTypes.find((type) =>
      portal.associations.definitions(record.type, type).some((definition) => definition.typeId === typeId),
    )
    if (toType === undefined) throw invalid(`There is no association type ${typeId}`)
    portal.associations.associate(record.type, record.id, toType, recordOf(portal, toType, to).id)
  }
}
