import { endpoint, list, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import * as params from './params-catalogue.ts'
import { nothing } from './params-customer.ts'
import { invalidRequest } from './refusal.ts'
import type { Meter } from './rows.ts'
import type { World } from './world.ts'

/** A meter on the wire. */
export function meterWire(world: World, row: Meter): Wire {
  return {
    id: row.id,
    object: 'billing.meter',
    created: row.created,
    customer_mapping: { event_payload_key: row.customerKey, type: 'by_id' },
    default_aggregation: { formula: row.formula },
    display_name: row.displayName,
    event_name: row.eventName,
    event_time_window: row.eventTimeWindow,
    livemode: world.settings.livemode,
    status: row.deactivatedAt === null ? 'active' : 'inactive',
    status_transitions: { deactivated_at: row.deactivatedAt },
    updated: row.updated,
    value_settings: { event_payload_key: row.valueKey },
  }
}

/** The meter that takes events of a name now. */
export function activeMeter(world: World, eventName: string): Meter | undefined {
  return world.meters.among('eventName', eventName).find(({ deactivatedAt }) => deactivatedAt === null)
}

function setActive(world: World, id: string, active: boolean): Wire {
  const row = mustExist(world.meters.get(id), 'meter', id)
  const before = meterWire(world, row)
  if (active === (row.deactivatedAt === null))
    throw invalidRequest(`The meter is already ${active ? 'active' : 'inactive'}.`)
  if (active && activeMeter(world, row.eventName)) refuseTakenName(row.eventName)
  row.deactivatedAt = active ? null : world.seconds()
  row.updated = world.seconds()
  emitChange(world, `billing.meter.${active ? 'reactivated' : 'deactivated'}`, before, meterWire(world, row))
  return meterWire(world, row)
}

function refuseTakenName(eventName: string): never {
  throw invalidRequest(`An active meter already takes the event name ${eventName}.`, {
    code: 'resource_already_exists',
    param: 'event_name',
  })
}

/** Routes of meters. */
export const meterEndpoints = [
  endpoint('POST', '/v1/billing/meters', params.meterCreate, (world, input) => {
    if (activeMeter(world, input.event_name)) refuseTakenName(input.event_name)
    const row = world.meters.insert({
      id: world.newId('mtr'),
      created: world.seconds(),
      updated: world.seconds(),
      displayName: input.display_name,
      eventName: input.event_name,
      formula: input.default_aggregation.formula,
      customerKey: input.customer_mapping?.event_payload_key ?? 'stripe_customer_id',
      valueKey: input.value_settings?.event_payload_key ?? 'value',
      eventTimeWindow: input.event_time_window ?? null,
      deactivatedAt: null,
    })
    emit(world, 'billing.meter.created', meterWire(world, row))
    return meterWire(world, row)
  }),
  endpoint('GET', '/v1/billing/meters', params.meterList, (world, input) =>
    list(world.meters, 'meter', '/v1/billing/meters', input, (row) => meterWire(world, row), {
      where: (row) =>
        input.status === undefined || (row.deactivatedAt === null) === (input.status === 'active'),
    }),
  ),
  endpoint('GET', '/v1/billing/meters/:id', nothing, (world, _input, { id = '' }) =>
    meterWire(world, mustExist(world.meters.get(id), 'meter', id)),
  ),
  endpoint('POST', '/v1/billing/meters/:id', params.meterUpdate, (world, input, { id = '' }) => {
    const row = mustExist(world.meters.get(id), 'meter', id)
    const before = meterWire(world, row)
    if (input.display_name !== undefined) row.displayName = input.display_name
    row.updated = world.seconds()
    emitChange(world, 'billing.meter.updated', before, meterWire(world, row))
    return meterWire(world, row)
  }),
  endpoint('POST', '/v1/billing/meters/:id/deactivate', nothing, (world, _input, { id = '' }) =>
    setActive(world, id, false),
  ),
  endpoint('POST', '/v1/billing/meters/:id/reactivate', nothing, (world, _input, { id = '' }) =>
    setActive(world, id, true),
  ),
]
