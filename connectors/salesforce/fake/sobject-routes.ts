import { type Context, Hono } from 'hono'
import type { ObjectDefinition } from './schema.ts'
import { Refusal } from './refusal.ts'
import type { RestApi } from './rest-api.ts'
import { createRecord, deleteRecord, notFound, updateRecord } from './saving.ts'
import { renderValue } from './soql-run.ts'
import type { StoredRecord } from './record-store.ts'

/** Single records and lists of up to 200, below the version's root. */
export function sobjectRoutes(api: RestApi): Hono {
  return new Hono()
    .post('/sobjects/:type', async (c) => {
      const object = objectOf(api, c.req.param('type'))
      const record = createRecord(api.organization, object.name, await bodyOf(c), api.saver())
      return c.json({ id: record.Id, success: true, errors: [] }, 201)
    })
    .get('/sobjects/:type/:id', (c) => readOne(c, api))
    .patch('/sobjects/:type/:id', async (c) => {
      objectOf(api, c.req.param('type'))
      updateRecord(api.organization, c.req.param('id'), await bodyOf(c), api.saver())
      return c.body(null, 204)
    })
    .delete('/sobjects/:type/:id', (c) => {
      objectOf(api, c.req.param('type'))
      deleteRecord(api.organization, c.req.param('id'), api.saver())
      return c.body(null, 204)
    })
    .patch('/sobjects/:type/:field/:value', (c) => upsert(c, api))
    .post('/composite/sobjects', (c) => saveEach(c, api, createOne))
    .patch('/composite/sobjects', (c) => saveEach(c, api, updateOne))
}

function objectOf({ organization }: RestApi, name: string): ObjectDefinition {
  const object = organization.permissions.visibleObject(name)
  if (!object) throw notFound()
  return object
}

type Fields = Readonly<Record<string, unknown>>

async function bodyOf(c: Context): Promise<Fields> {
  try {
    return (await c.req.json()) as Fields
  } catch {
    throw new Refusal(400, 'JSON_PARSER_ERROR', 'Unexpected character in the request body')
  }
}

function readOne(c: Context, api: RestApi): Response {
  const object = objectOf(api, c.req.param('type') ?? '')
  const { store, permissions } = api.organization
  const record = store.find(c.req.param('id') ?? '')
  if (!record || store.typeOf(record.Id) !== object.name) throw notFound()
  if (record['IsDeleted'] === true) throw new Refusal(404, 'ENTITY_IS_DELETED', 'entity is deleted')
  const url = `/services/data/v${api.apiVersion}/sobjects/${object.name}/${record.Id}`
  const row: Record<string, unknown> = { attributes: { type: object.name, url } }
  for (const field of object.fields)
    if (permissions.ofField(object.name, field) !== 'hidden')
      row[field.name] = renderValue(field.type, record[field.name] ?? null)
  return c.json(row)
}

async function upsert(c: Context, api: RestApi): Promise<Response> {
  const object = objectOf(api, c.req.param('type') ?? '')
  const field = api.organization.permissions.visibleField(object.name, c.req.param('field') ?? '')
  if (!field?.externalId)
    throw new Refusal(
      404,
      'NOT_FOUND',
      `Provided external ID field does not exist or is not accessible: ${c.req.param('field')}`,
    )
  const value = c.req.param('value') ?? ''
  const matches = [...api.organization.store.all(object.name)].filter(
    (record) => record['IsDeleted'] !== true && String(record[field.name] ?? '') === value,
  )
  if (matches.length > 1)
    return c.json(
      matches.map((match) => urlOf(api, object, match)),
      300,
    )
  const [match] = matches
  const fields = await bodyOf(c)
  const record = match
    ? updateRecord(api.organization, match.Id, fields, api.saver())
    : createRecord(api.organization, object.name, { ...fields, [field.name]: value }, api.saver())
  return c.json({ id: record.Id, success: true, errors: [], created: !match }, match ? 200 : 201)
}

function urlOf({ apiVersion }: RestApi, { name }: ObjectDefinition, record: StoredRecord): string {
  return `/services/data/v${apiVersion}/sobjects/${name}/${record.Id}`
}

type SaveOne = (api: RestApi, fields: Fields) => string

const createOne: SaveOne = (api, fields) => {
  const { type } = (fields['attributes'] ?? {}) as { type?: string }
  return createRecord(api.organization, objectOf(api, type ?? '').name, fields, api.saver()).Id
}

const updateOne: SaveOne = (api, fields) =>
  updateRecord(api.organization, String(fields['id'] ?? fields['Id'] ?? ''), fields, api.saver()).Id

/** Saves each record by itself. All-or-none would need a rollback, which this twin does not have: it refuses instead. */
async function saveEach(c: Context, api: RestApi, save: SaveOne): Promise<Response> {
  const { records, allOrNone } = (await bodyOf(c)) as { records?: unknown; allOrNone?: boolean }
  if (!Array.isArray(records)) throw new Refusal(400, 'JSON_PARSER_ERROR', 'records must be a list')
  if (allOrNone === true)
    throw new Refusal(400, 'FUNCTIONALITY_NOT_ENABLED', 'This twin does not model allOrNone: true')
  if (records.length > 200)
    throw new Refusal(400, 'EXCEEDED_ID_LIMIT', 'record limit reached. cannot submit more than 200 records')
  return c.json(records.map((fields) => resultOf(() => save(api, fields as Fields))))
}

function resultOf(save: () => string): object {
  try {
    return { id: save(), success: true, errors: [] }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { errorCode, message, fields } = error
    return { success: false, errors: [{ statusCode: errorCode, message, fields }] }
  }
}
