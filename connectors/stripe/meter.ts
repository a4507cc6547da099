import { Big } from 'big.js'
import type { Stripe } from 'stripe'
import type { Answer } from '../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../src/ports/answer.ts'
import type { CountedHour, MeterEvent } from '../../src/ports/billing.ts'
import type { Connection } from './connection.ts'
import { instant, seconds } from './connection.ts'
import { allOf } from './paging.ts'

/** Sends an aggregate of use. Stripe refuses a second event of one identifier: then the first one counts. */
export async function sendMeterEvent(
  { stripe, calls }: Connection,
  event: MeterEvent,
): Promise<Answer<{ sent: true }>> {
  const { identifier, meter, customerId, value, occurredAt } = event
  const answer = await calls.write(`meter-event:${identifier}`, (options) =>
    stripe.billing.meterEvents.create(
      {
        event_name: meter,
        identifier,
        payload: { stripe_customer_id: customerId, value },
        timestamp: seconds(occurredAt),
      },
      options,
    ),
  )
  if (answer.kind === 'rejected' && isDuplicate(answer.code, answer.detail)) return answered({ sent: true })
  return mapAnswer(answer, () => ({ sent: true }))
}

function isDuplicate(code: string, detail: string): boolean {
  return (
    code === 'duplicate_meter_event' ||
    /identifier .*(already|duplicate)|duplicate .*identifier/i.test(detail)
  )
}

/** What Stripe has counted so far for a customer and a meter: whole minutes, eventually consistent. */
export async function meterTotal(
  connection: Connection,
  meter: string,
  customer: string,
  from: Date,
  to: Date,
): Promise<Answer<string>> {
  const found = await meterNamed(connection, meter)
  if (found.kind !== 'ok') return found
  if (found.value === null)
    return { kind: 'rejected', code: 'METER_REJECTED', detail: `No meter for ${meter}`, field: null }
  const range = { customer, start_time: minuteBefore(from), end_time: minuteAfter(to) }
  const summaries = await summariesOf(connection, found.value.id, range)
  return mapAnswer(summaries, (all) =>
    all.reduce((total, { aggregated_value }) => total.plus(aggregated_value), new Big(0)).toFixed(),
  )
}

/** The same by the hour; none where Stripe has no such meter or customer, because then nothing was counted. */
export async function meterHours(
  connection: Connection,
  meter: string,
  customer: string,
  from: Date,
  to: Date,
): Promise<Answer<CountedHour[]>> {
  const found = await meterNamed(connection, meter)
  if (found.kind !== 'ok') return found
  if (found.value === null) return answered([])
  const summaries = await summariesOf(connection, found.value.id, {
    customer,
    start_time: seconds(from),
    end_time: seconds(to),
    value_grouping_window: 'hour',
  })
  if (summaries.kind === 'rejected' && summaries.code === 'resource_missing') return answered([])
  return mapAnswer(summaries, (all) =>
    all.map(({ start_time, aggregated_value }) => ({
      startsAt: instant(start_time),
      quantity: new Big(aggregated_value).toFixed(),
    })),
  )
}

/** The meter of an event name: the one in use, or else one that was archived. */
async function meterNamed(
  { stripe, calls }: Connection,
  name: string,
): Promise<Answer<Stripe.Billing.Meter | null>> {
  const all = await allOf(calls, (page) => stripe.billing.meters.list(page))
  return mapAnswer(all, (meters) => {
    const named = meters.filter(({ event_name }) => event_name === name)
    return named.find(({ status }) => status === 'active') ?? named[0] ?? null
  })
}

function summariesOf(
  { stripe, calls }: Connection,
  meterId: string,
  range: Stripe.Billing.MeterListEventSummariesParams,
): Promise<Answer<Stripe.Billing.MeterEventSummary[]>> {
  return allOf(calls, (page) => stripe.billing.meters.listEventSummaries(meterId, { ...range, ...page }))
}

function minuteBefore(at: Date): number {
  return Math.floor(seconds(at) / 60) * 60
}

function minuteAfter(at: Date): number {
  return Math.ceil(at.getTime() / 60_000) * 60
}
