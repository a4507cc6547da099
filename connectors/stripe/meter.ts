import { Big } from 'big.js'
import type { Answer } from '../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../src/ports/answer.ts'
import type { MeterEvent } from '../../src/ports/billing.ts'
import type { Connection } from './connection.ts'
import { seconds } from './connection.ts'
import { allOf, firstIn } from './paging.ts'

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
  { stripe, calls }: Connection,
  meter: string,
  customer: string,
  from: Date,
  to: Date,
): Promise<Answer<string>> {
  const found = await firstIn(
    calls,
    (page) => stripe.billing.meters.list(page),
    ({ event_name }) => event_name === meter,
  )
  if (found.kind !== 'ok') return found
  const { value } = found
  if (value === null)
    return { kind: 'rejected', code: 'METER_REJECTED', detail: `No meter for ${meter}`, field: null }
  const range = { customer, start_time: minuteBefore(from), end_time: minuteAfter(to) }
  const summaries = await allOf(calls, (page) =>
    stripe.billing.meters.listEventSummaries(value.id, { ...range, ...page }),
  )
  return mapAnswer(summaries, (all) =>
    all.reduce((total, { aggregated_value }) => total.plus(aggregated_value), new Big(0)).toFixed(),
  )
}

function minuteBefore(at: Date): number {
  return Math.floor(seconds(at) / 60) * 60
}

function minuteAfter(at: Date): number {
  return Math.ceil(at.getTime() / 60_000) * 60
}
