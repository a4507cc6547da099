import type { LoggedEvent } from './event-log.ts'
import type { World } from './world.ts'

/** An object as it goes over the wire. */
export type Wire = Record<string, unknown>

/**
 * Raises an event with the object as it is now, and queues it for the endpoints that want it. A quirk makes two Event objects of
 * one change, as Stripe says may happen.
 */
export function emit(world: World, type: string, object: Wire, previous?: Wire): LoggedEvent {
  const event = raise(world, type, object, previous)
  if (world.happens(world.quirks.doubledEventShare)) raise(world, type, object, previous)
  if (world.quirks.thinTwins) emitThin(world, `v1.${type}`, relatedTo(object), {})
  return event
}

/** What a thin event says of its object. */
export type Related = { readonly id: string; readonly type: string; readonly url: string }

function relatedTo(object: Wire): Related {
  const [id, type] = [String(object['id']), String(object['object'])]
  return { id, type, url: `/v1/${type.replace('.', '/')}s/${id}` }
}

/** Raises an `…updated` event that names what changed; nothing when nothing did. */
export function emitChange(world: World, type: string, before: Wire, after: Wire): void {
  const previous = difference(before, after)
  if (Object.keys(previous).length > 0) emit(world, type, after, previous)
}

function raise(world: World, type: string, object: Wire, previous: Wire | undefined): LoggedEvent {
  const id = world.newId('evt')
  const created = world.seconds()
  const endpoints = [...world.webhookEndpoints.all()].filter(({ enabled }) => enabled)
  const body = JSON.stringify({
    id,
    object: 'event',
    api_version: world.quirks.eventVersion,
    created,
    data: previous === undefined ? { object } : { object, previous_attributes: previous },
    livemode: world.settings.livemode,
    pending_webhooks: endpoints.length,
    request: { id: world.request?.id ?? null, idempotency_key: world.request?.idempotencyKey ?? null },
    type,
  })
  return deliverable(world, { id, type, created, body, thin: false, objectId: String(object['id'] ?? '') })
}

/** Raises a thin event of v2: it names its object and leaves the rest to be fetched. `extra` is what fetching adds. */
export function emitThin(world: World, type: string, related: Related | null, extra: Wire): void {
  const id = world.newId('evt_65')
  const created = world.seconds()
  const thin = {
    id,
    object: 'v2.core.event',
    type,
    livemode: world.settings.livemode,
    created: new Date(created * 1000).toISOString(),
    context: null,
    reason: null,
    related_object: related,
  }
  const stored = {
    id,
    type,
    created,
    body: JSON.stringify({ ...thin, ...extra }),
    objectId: related?.id ?? '',
  }
  const whole = world.events.add({ ...stored, thin: true, pending: 0, failed: false })
  world.outbox.send({ ...whole, body: JSON.stringify(thin) }, world.webhookEndpoints.all())
}

function deliverable(
  world: World,
  event: Pick<LoggedEvent, 'id' | 'type' | 'created' | 'body' | 'thin' | 'objectId'>,
): LoggedEvent {
  const logged = world.events.add({ ...event, pending: 0, failed: false })
  world.outbox.send(logged, world.webhookEndpoints.all())
  return logged
}

/** The fields of `before` that read otherwise in `after`. */
function difference(before: Wire, after: Wire): Wire {
  return Object.fromEntries(
    Object.entries(before).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(after[key])),
  )
}
