import type * as z from 'zod'
import { endpoint } from './api.ts'
import type { Wire } from './emit.ts'
import { emitThin } from './emit.ts'
import type { MeterFault, Received } from './meter-book.ts'
import { activeMeter } from './meters.ts'
import * as params from './params-catalogue.ts'
import { invalidRequest } from './refusal.ts'
import type { Meter } from './rows.ts'
import type { World } from './world.ts'

type EventInput = z.output<typeof params.meterEventCreate>

const day = 86_400
/** Faults are gathered this long before they are reported. */
const reportAfterSeconds = 600

function forgetOldIdentifiers(world: World): void {
  for (const [identifier, { receivedAt }] of world.meterBook.received) {
    if (receivedAt > world.seconds() - day) return
    world.meterBook.received.delete(identifier)
  }
}

/** Takes an event of the stream: nothing is looked at before it is answered, and an identifier that came before does not count again. */
export function takeStreamed(world: World, input: EventInput): void {
  forgetOldIdentifiers(world)
  const identifier = input.identifier ?? world.newId('mev')
  if (world.meterBook.received.has(identifier)) return
  const at = input.timestamp ?? world.seconds()
  const taken = count(world, input, identifier, at, faultOfTime(world, at))
  world.meterBook.received.set(identifier, taken)
}

/** Accepts an event. Accepted is not counted: meter, customer and value are looked at later. */
function receive(world: World, input: EventInput): Wire {
  forgetOldIdentifiers(world)
  const identifier = input.identifier ?? world.newId('mev')
  const at = input.timestamp ?? world.seconds()
  if (world.meterBook.received.has(identifier))
    throw invalidRequest(`An event already exists with identifier ${identifier}.`, {
      code: 'duplicate_meter_event',
      param: 'identifier',
    })
  const timeFault = faultOfTime(world, at)
  if (timeFault && !world.quirks.meterTimeCheckedLater)
    throw invalidRequest(timeFault.message, { code: timeFault.code, param: 'timestamp' })
  world.meterBook.received.set(identifier, count(world, input, identifier, at, timeFault))
  return {
    object: 'billing.meter_event',
    created: world.seconds(),
    event_name: input.event_name,
    identifier,
    livemode: world.settings.livemode,
    payload: input.payload,
    timestamp: at,
  }
}

type Fault = Omit<MeterFault, 'identifier'>

function faultOfTime(world: World, at: number): Fault | null {
  if (at > world.seconds() + 300)
    return { code: 'timestamp_in_future', message: 'The timestamp is more than five minutes ahead.' }
  if (at < world.seconds() - 35 * day)
    return { code: 'timestamp_too_far_in_past', message: 'The timestamp is more than 35 days back.' }
  return null
}

function count(
  world: World,
  input: EventInput,
  identifier: string,
  at: number,
  timeFault: Fault | null,
): Received {
  const meter = activeMeter(world, input.event_name)
  const base = { receivedAt: world.seconds(), eventName: input.event_name }
  const fault = timeFault ?? faultOf(world, meter, input)
  if (fault || meter === undefined) {
    const archived = world.meters.among('eventName', input.event_name)[0]
    noteFault(world, meter ?? archived, { identifier, ...(fault as Fault) })
    return { ...base, counted: null }
  }
  const counted = {
    identifier,
    at,
    receivedAt: world.seconds(),
    countsAt: world.seconds() + world.quirks.meterLagSeconds,
    value: input.payload[meter.valueKey] ?? '1',
    canceled: false,
  }
  world.meterBook.add(meter.id, input.payload[meter.customerKey] ?? '', counted)
  return { ...base, counted }
}

function faultOf(world: World, meter: Meter | undefined, input: EventInput): Fault | null {
  if (meter === undefined) {
    const archived = world.meters.among('eventName', input.event_name).length > 0
    return archived
      ? { code: 'archived_meter', message: `The meter for ${input.event_name} is archived.` }
      : { code: 'no_meter', message: `No meter takes events named ${input.event_name}.` }
  }
  const customerId = input.payload[meter.customerKey]
  if (customerId === undefined)
    return { code: 'meter_event_no_customer_defined', message: `The payload has no ${meter.customerKey}.` }
  const customer = world.customers.get(customerId)
  if (customer === undefined || customer.deleted)
    return { code: 'meter_event_customer_not_found', message: `No customer ${customerId}.` }
  return faultOfValue(meter, input.payload[meter.valueKey])
}

function faultOfValue(meter: Meter, value: string | undefined): Fault | null {
  if (meter.formula === 'count' && value === undefined) return null
  if (value === undefined || !/^-?\d+(\.\d{1,12})?$/.test(value))
    return { code: 'meter_event_invalid_value', message: `The value ${value ?? ''} is not a number.` }
  if (value.replace(/\D/g, '').length > 15)
    return { code: 'meter_event_value_too_many_digits', message: 'The value has more than 15 digits.' }
  return null
}

/** Keeps a fault for the next report of its meter; the first one plans the report. */
function noteFault(world: World, meter: Meter | undefined, fault: MeterFault): void {
  const id = meter?.id ?? ''
  const waiting = world.meterBook.faults.get(id)
  if (waiting) {
    waiting.push(fault)
    return
  }
  world.meterBook.faults.set(id, [fault])
  const start = world.seconds()
  world.agenda.add(start + reportAfterSeconds, () => report(world, id, start))
}

function report(world: World, meterId: string, start: number): void {
  const faults = world.meterBook.faults.get(meterId) ?? []
  world.meterBook.faults.delete(meterId)
  const codes = [...new Set(faults.map(({ code }) => code))]
  const data = {
    developer_message_summary: `There were ${faults.length} invalid meter events.`,
    reason: {
      error_count: faults.length,
      error_types: codes.map((code) => {
        const same = faults.filter((fault) => fault.code === code)
        // Stripe shows samples, never all of them.
        const samples = same.slice(0, 3).map(({ message, identifier }) => ({
          error_message: message,
          request: { identifier },
        }))
        return { code, error_count: same.length, sample_errors: samples }
      }),
    },
    validation_start: new Date(start * 1000).toISOString(),
    validation_end: new Date(world.seconds() * 1000).toISOString(),
  }
  if (meterId === '') return emitThin(world, 'v1.billing.meter.no_meter_found', null, { data })
  const related = { id: meterId, type: 'billing.meter', url: `/v1/billing/meters/${meterId}` }
  emitThin(world, 'v1.billing.meter.error_report_triggered', related, { data })
}

/** Takes an event back, within a day of its arrival. */
function cancel(world: World, input: z.output<typeof params.meterEventAdjustmentCreate>): Wire {
  forgetOldIdentifiers(world)
  const identifier = input.cancel?.identifier
  if (identifier === undefined)
    throw invalidRequest('Missing required param: cancel[identifier].', {
      code: 'parameter_missing',
      param: 'cancel[identifier]',
    })
  const received = world.meterBook.received.get(identifier)
  if (received?.eventName !== input.event_name || received.counted === null)
    throw invalidRequest(`No event with identifier ${identifier} was received in the last 24 hours.`, {
      code: 'resource_missing',
      param: 'cancel[identifier]',
    })
  received.counted.canceled = true
  return {
    object: 'billing.meter_event_adjustment',
    cancel: { identifier },
    event_name: input.event_name,
    livemode: world.settings.livemode,
    status: 'pending',
    type: 'cancel',
  }
}

/** Routes of meter events. */
export const meterEventEndpoints = [
  endpoint('POST', '/v1/billing/meter_events', params.meterEventCreate, receive),
  endpoint('POST', '/v1/billing/meter_event_adjustments', params.meterEventAdjustmentCreate, cancel),
]
