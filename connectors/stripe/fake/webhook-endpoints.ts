import { endpoint, list, mergeMetadata, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import * as params from './params-customer.ts'
import type { WebhookEndpoint } from './rows.ts'
import { apiVersion } from './settings.ts'
import type { World } from './world.ts'

function webhookEndpointWire(world: World, row: WebhookEndpoint): Wire {
  return {
    id: row.id,
    object: 'webhook_endpoint',
    api_version: row.apiVersion,
    application: null,
    created: row.created,
    description: row.description,
    enabled_events: row.enabledEvents,
    livemode: world.settings.livemode,
    metadata: row.metadata,
    status: row.enabled ? 'enabled' : 'disabled',
    url: row.url,
  }
}

const base = '/v1/webhook_endpoints'

/** Routes of webhook endpoints. The secret is told once, when the endpoint is made. */
export const webhookEndpointEndpoints = [
  endpoint('POST', base, params.webhookEndpointCreate, (world, input) => {
    const secret = world.newId('whsec')
    const row = world.webhookEndpoints.insert({
      id: world.newId('we'),
      created: world.seconds(),
      url: input.url,
      secrets: [secret],
      enabledEvents: input.enabled_events,
      enabled: true,
      description: input.description ?? null,
      metadata: mergeMetadata({}, input.metadata),
      apiVersion: input.api_version ?? apiVersion,
    })
    return { ...webhookEndpointWire(world, row), secret }
  }),
  endpoint('GET', base, params.plainList, (world, input) =>
    list(world.webhookEndpoints, 'webhook_endpoint', base, input, (row) => webhookEndpointWire(world, row)),
  ),
  endpoint('GET', `${base}/:id`, params.nothing, (world, _input, { id = '' }) =>
    webhookEndpointWire(world, mustExist(world.webhookEndpoints.get(id), 'webhook_endpoint', id)),
  ),
  endpoint('POST', `${base}/:id`, params.webhookEndpointUpdate, (world, input, { id = '' }) => {
    const row = mustExist(world.webhookEndpoints.get(id), 'webhook_endpoint', id)
    if (input.url !== undefined) row.url = input.url
    if (input.enabled_events !== undefined) row.enabledEvents = input.enabled_events
    if (input.disabled !== undefined) row.enabled = !input.disabled
    if (input.description !== undefined) row.description = input.description
    row.metadata = mergeMetadata(row.metadata, input.metadata)
    return webhookEndpointWire(world, row)
  }),
  endpoint('DELETE', `${base}/:id`, params.nothing, (world, _input, { id = '' }) => {
    const row = mustExist(world.webhookEndpoints.get(id), 'webhook_endpoint', id)
    row.enabled = false
    world.webhookEndpoints.remove(id)
    return { id, object: 'webhook_endpoint', deleted: true }
  }),
]
