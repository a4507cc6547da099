import type { Stripe } from 'stripe'
import type { Answer } from '../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../src/ports/answer.ts'
import type { MeterReport } from '../../src/ports/billing.ts'
import type { Connection } from './connection.ts'

/** Thin events by which Stripe tells that it could not count what it had accepted; an event destination must send both. */
export const meterReportTypes = [
  'v1.billing.meter.error_report_triggered',
  'v1.billing.meter.no_meter_found',
] as const

/** Whether an event tells of use that was not counted. */
export function isMeterReport(type: string): boolean {
  return meterReportTypes.some((known) => known === type)
}

type ReportEvent =
  | Stripe.Events.V1BillingMeterErrorReportTriggeredEvent
  | Stripe.Events.V1BillingMeterNoMeterFoundEvent

/**
 * Fetches what a thin event of refused use tells (docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api#handle-meter-event-errors).
 * Its errors are samples: Stripe shows some of each kind.
 */
export async function readMeterReport(
  { stripe, calls }: Connection,
  reportId: string,
): Promise<Answer<MeterReport>> {
  const read = await calls.read(() => stripe.v2.core.events.retrieve(reportId))
  if (read.kind !== 'ok') return read
  if (!isMeterReport(read.value.type) || !('data' in read.value)) {
    return { kind: 'broken', detail: `The event ${reportId} is ${read.value.type} and reports no meter` }
  }
  const event = read.value as ReportEvent
  if (event.type === 'v1.billing.meter.no_meter_found') return answered(reportOf(event, null))
  const meter = await calls.read(() => stripe.billing.meters.retrieve(event.related_object.id))
  return mapAnswer(meter, ({ event_name: name }) => reportOf(event, name))
}

function reportOf({ data }: ReportEvent, meter: string | null): MeterReport {
  return {
    meter,
    from: new Date(data.validation_start),
    to: new Date(data.validation_end),
    errors: data.reason.error_types.map(({ code, error_count: count, sample_errors: samples }) => ({
      code,
      count,
      identifiers: samples.map(({ request }) => request.identifier),
    })),
  }
}
