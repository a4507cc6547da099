import type { Issue } from './issue.ts'
import { issueOf } from './sentence.ts'

/** Use of a customer and meter that the provider did not count: in how many hours, how much, and by which codes of its own. */
export type UncountedUse = {
  readonly customer: string
  readonly meter: string
  readonly hours: number
  readonly quantity: string
  readonly codes: readonly string[]
}

/** Stripe's codes in words (docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api#error-codes). */
const reasons: Readonly<Record<string, string>> = {
  archived_meter: 'the meter is archived',
  no_meter: 'no meter takes its events',
  meter_event_customer_not_found: 'Stripe does not know the customer',
  meter_event_no_customer_defined: 'the event names no customer',
  meter_event_invalid_value: 'the value is not a number',
  meter_event_value_too_many_digits: 'the value has too many digits',
  meter_event_dimension_count_too_high: 'it has too many dimensions',
  missing_dimension_payload_keys: 'it lacks a dimension',
  timestamp_in_future: 'its time is too far ahead',
  timestamp_too_far_in_past: 'it is more than 35 days old',
}

/** The one exception of a customer and meter, however many reports told of it: how much is missing, why, and what to mend first. */
export function meterRefused({ customer, meter, hours, quantity, codes }: UncountedUse): Issue {
  const why = codes.map((code) => reasons[code] ?? code).join(', or ')
  const much = `${hours} ${hours === 1 ? 'hour' : 'hours'} with ${quantity} units are not counted`
  return issueOf({
    code: 'METER_REJECTED',
    field: 'type',
    label: `Use by ${customer} of meter`,
    found: meter,
    details: { reason: why === '' ? much : `${much}, because ${why}` },
    cause: `Stripe did not count use of "${meter}"`,
  })
}
