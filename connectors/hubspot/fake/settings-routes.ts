import { Hono } from 'hono'
import type { Pipeline, Stage } from './pipelines.ts'
import type { Portal } from './portal.ts'
import { invalid, notFound } from './refusals.ts'
import { recordTypeOf } from './record-routes.ts'
import type { JsonObject } from './request-body.ts'
import { bodyOf, isRecord } from './request-body.ts'
import type { PropertyDefinition } from './standard-properties.ts'

/** How the portal is set up: its properties, pipelines and account details. */
export function settingsRoutes(portal: Portal): Hono {
  const routes = new Hono()
  routes.get('/crm/v3/properties/:type', (c) =>
    c.json({ results: portal.properties.list(recordTypeOf(c.req.param('type'))).map(renderedProperty) }),
  )
  routes.get('/crm/v3/properties/:type/:name', (c) => {
    const { type, name } = c.req.param()
    const property = portal.properties.find(recordTypeOf(type), name)
    if (property === undefined) throw notFound(`Property ${name} does not exist`)
    return c.json(renderedProperty(property))
  })
  routes.post('/crm/v3/properties/:type', async (c) => {
    const definition = definitionIn(await bodyOf(c))
    portal.properties.create(recordTypeOf(c.req.param('type')), definition)
    return c.json(renderedProperty(definition), 201)
  })
  routes.get('/crm/v3/pipelines/:type', (c) => {
    const isOfDeals = recordTypeOf(c.req.param('type')) === 'deals'
    return c.json({ results: isOfDeals ? portal.pipelines.all.map((each) => rendered(portal, each)) : [] })
  })
  routes.get('/account-info/v3/details', (c) =>
    c.json({
      portalId: portal.portalId,
      accountType: 'STANDARD',
      timeZone: portal.timeZone,
      companyCurrency: portal.currency,
      additionalCurrencies: ['EUR', 'GBP', 'JPY', 'KWD'].filter((code) => code !== portal.currency),
      uiDomain: portal.uiDomain,
      dataHostingLocation: 'na1',
    }),
  )
  return routes
}

function renderedProperty(property: PropertyDefinition) {
  return {
    name: property.name,
    label: property.label,
    type: property.type,
    fieldType: property.type === 'enumeration' ? 'select' : 'text',
    description: '',
    groupName: 'dealinformation',
    hasUniqueValue: property.hasUniqueValue,
    options: property.options.map((value, displayOrder) => ({
      label: value,
      value,
      displayOrder,
      hidden: false,
    })),
    modificationMetadata: { readOnlyValue: property.readOnly, archivable: true, readOnlyDefinition: false },
  }
}

const types = ['string', 'number', 'date', 'datetime', 'enumeration', 'bool'] as const

function definitionIn(body: JsonObject): PropertyDefinition {
  const type = types.find((known) => known === body['type'])
  if (typeof body['name'] !== 'string' || type === undefined) throw invalid('Invalid input JSON: name, type')
  const options = Array.isArray(body['options']) ? body['options'].filter(isRecord) : []
  return {
    name: body['name'],
    label: String(body['label'] ?? body['name']),
    type,
    options: options.map(({ value }) => String(value)),
    hasUniqueValue: body['hasUniqueValue'] === true,
    readOnly: false,
  }
}

function rendered(portal: Portal, pipeline: Pipeline) {
  const at = new Date(0).toISOString()
  const times = { createdAt: at, updatedAt: at, archived: false }
  const renderedStage = ({ id, label, displayOrder, isClosed, probability }: Stage) => ({
    id,
    label,
    displayOrder,
    metadata: { isClosed: String(isClosed), probability },
    ...times,
  })
  const { id, label, displayOrder } = pipeline
  return { id, label, displayOrder, stages: pipeline.stages.map(renderedStage), ...times }
}
