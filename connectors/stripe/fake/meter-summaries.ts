import type * as z from 'zod'
import { endpoint, mustExist, sliceList } from './api.ts'
import type { Wire } from './emit.ts'
import * as params from './params-catalogue.ts'
import type { Period } from './periods.ts'
import { invalidRequest } from './refusal.ts'
import type { World } from './world.ts'

type SummaryInput = z.output<typeof params.meterSummaryList>
type Summary = { readonly id: string; readonly period: Period; readonly value: number }

const windowSeconds = { day: 86_400, hour: 3600 } as const

/** What a customer used, in windows of an hour or a day or in one sum; lags behind what was sent. */
function summaries(world: World, meterId: string, input: SummaryInput): Summary[] {
  const meter = mustExist(world.meters.get(meterId), 'meter', meterId)
  mustExist(world.customers.get(input.customer), 'customer', input.customer, 'customer')
  const grouping = input.value_grouping_window
  refuseUnalignedTimes(input, grouping === undefined ? 60 : windowSeconds[grouping])
  const whole = { start: input.start_time, end: input.end_time }
  const periods = grouping === undefined ? [whole] : windowsOf(whole, windowSeconds[grouping])
  return periods.toReversed().flatMap((period) => {
    const known = world.meterBook
      .eventsIn(meter.id, input.customer, period)
      .some(({ countsAt }) => countsAt <= world.seconds())
    if (!known) return []
    const total = world.meterBook.total(meter.id, input.customer, period, meter.formula, world.seconds())
    return [{ id: `mtrusg_${meter.id.slice(4)}${period.start}`, period, value: total.toNumber() }]
  })
}

function refuseUnalignedTimes({ start_time: start, end_time: end }: SummaryInput, step: number): void {
  if (start % step !== 0 || end % step !== 0)
    throw invalidRequest(`Times must lie on borders of ${step} seconds.`, { param: 'start_time' })
  if (end <= start) throw invalidRequest('end_time must be after start_time.', { param: 'end_time' })
}

function windowsOf({ start, end }: Period, step: number): Period[] {
  return Array.from({ length: (end - start) / step }, (_none, index) => ({
    start: start + index * step,
    end: start + (index + 1) * step,
  }))
}

/** Routes of what meters counted. */
export const meterSummaryEndpoints = [
  endpoint(
    'GET',
    '/v1/billing/meters/:id/event_summaries',
    params.meterSummaryList,
    (world, input, { id = '' }) =>
      sliceList(
        summaries(world, id, input),
        'meter_event_summary',
        `/v1/billing/meters/${id}/event_summaries`,
        input,
        (row): Wire => ({
          id: row.id,
          object: 'billing.meter_event_summary',
          aggregated_value: row.value,
          end_time: row.period.end,
          livemode: world.settings.livemode,
          meter: id,
          start_time: row.period.start,
        }),
      ),
  ),
]
