import type * as z from 'zod'
import { endpoint, listWire, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import type { LoggedEvent } from './event-log.ts'
import { nothing } from './params-customer.ts'
import * as params from './params-money.ts'
import { invalidRequest, noSuch } from './refusal.ts'
import type { World } from './world.ts'

function eventWire(event: LoggedEvent): Wire {
  return { ...(JSON.parse(event.body) as Wire), pending_webhooks: event.pending }
}

function listEvents(world: World, input: z.output<typeof params.eventList>): Wire {
  if (input.type !== undefined && input.types !== undefined)
    throw invalidRequest('You may pass either `type` or `types`, not both.', { param: 'types' })
  const family = input.type?.endsWith('.*') === true ? input.type.slice(0, -1) : null
  const exact = input.types ?? (input.type === undefined || family !== null ? null : [input.type])
  const succeeded = input.delivery_success
  const page = world.events.page({
    types: exact,
    limit: input.limit ?? 10,
    startingAfter: input.starting_after,
    endingBefore: input.ending_before,
    created: input.created,
    where: (event) =>
      !event.thin &&
      (family === null || event.type.startsWith(family)) &&
      (succeeded === undefined || succeeded === (event.pending === 0 && !event.failed)),
  })
  if (page === null)
    throw noSuch('event', input.starting_after ?? input.ending_before ?? '', 'starting_after')
  return listWire('/v1/events', { rows: page.events, hasMore: page.hasMore }, eventWire)
}

function listThinEvents(world: World, input: z.output<typeof params.thinEventList>): Wire {
  const { limit = 20, page: startingAfter, object_id: objectId, types } = input
  const page = world.events.page({
    types: types ?? null,
    limit,
    startingAfter,
    where: (event) => event.thin && (objectId === undefined || event.objectId === objectId),
  })
  const events = page?.events ?? []
  const asked = [
    `limit=${limit}`,
    ...(objectId === undefined ? [] : [`object_id=${objectId}`]),
    ...(types ?? []).map((type, index) => `types[${index}]=${type}`),
    `page=${events.at(-1)?.id}`,
  ]
  return {
    data: events.map((event) => JSON.parse(event.body) as Wire),
    next_page_url: page?.hasMore === true ? `/v2/core/events?${asked.join('&')}` : null,
    previous_page_url: null,
  }
}

/** Routes of events: those of v1 with a snapshot, and thin ones of v2. */
export const eventEndpoints = [
  endpoint('GET', '/v1/events', params.eventList, listEvents),
  endpoint('GET', '/v1/events/:id', nothing, (world, _input, { id = '' }) => {
    const event = world.events.get(id)
    return eventWire(mustExist(event?.thin === true ? undefined : event, 'event', id))
  }),
  endpoint('GET', '/v2/core/events', params.thinEventList, listThinEvents),
  endpoint('GET', '/v2/core/events/:id', nothing, (world, _input, { id = '' }) => {
    const event = world.events.get(id)
    return JSON.parse(mustExist(event?.thin === true ? event : undefined, 'event', id).body) as Wire
  }),
]
