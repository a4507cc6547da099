import type { Stripe } from 'stripe'
import type { ScheduleStep } from '../../src/domain/billing-plan.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Performed, ProviderIds } from '../../src/ports/billing.ts'
import type { StepHandler } from './connection.ts'
import { idIn, idOf, ourKeys, performed, seconds } from './connection.ts'
import { firstIn } from './paging.ts'
import {
  belongsTo,
  collectionOf,
  couponsOf,
  customFieldsOf,
  itemsOf,
  metadataOf,
} from './subscription-terms.ts'

/** The schedule of a contract, which makes its subscription when the first phase begins. */
export const scheduleStep: StepHandler<ScheduleStep> = {
  async perform({ stripe, calls }, step, ids) {
    const answer = await calls.write(step.opKey, (options) =>
      stripe.subscriptionSchedules.create(paramsOf(step, ids), options),
    )
    return answer.kind === 'ok' ? compare(step, ids, answer.value) : answer
  },

  async find({ stripe, calls }, step, ids) {
    const customer = idOf(ids, step.customerRef)
    const found = await firstIn(
      calls,
      (page) => stripe.subscriptionSchedules.list({ ...page, customer }),
      ({ metadata }) => belongsTo(step, metadata),
    )
    if (found.kind !== 'ok') return found
    return found.value === null ? answered(null) : compare(step, ids, found.value)
  },
}

function paramsOf(step: ScheduleStep, ids: ProviderIds): Stripe.SubscriptionScheduleCreateParams {
  const [first] = step.phases
  if (first === undefined) throw new RangeError(`The schedule ${step.opKey} has no phase`)
  const { collection_method, ...due } = collectionOf(step)
  return {
    customer: idOf(ids, step.customerRef),
    start_date: seconds(first.startsAt),
    end_behavior: step.endBehavior,
    billing_mode: { type: 'flexible' },
    metadata: step.metadata,
    default_settings: {
      collection_method,
      automatic_tax: { enabled: step.automaticTax },
      invoice_settings: { ...due, custom_fields: customFieldsOf(step) },
    },
    phases: step.phases.map((phase, index) => phaseOf(step, phase, index, ids)),
  }
}

/**
 * Only the first phase may have begun: it is anchored on its start and bills the time since. Later phases begin on an anniversary, where
 * nothing is left to prorate.
 */
function phaseOf(
  step: ScheduleStep,
  phase: ScheduleStep['phases'][number],
  index: number,
  ids: ProviderIds,
): Stripe.SubscriptionScheduleCreateParams.Phase {
  return {
    currency: step.currency.toLowerCase(),
    end_date: seconds(phase.endsAt),
    items: itemsOf(step, phase.items, ids),
    metadata: metadataOf(step, phase.items, ids),
    ...(phase.couponRefs.length === 0 ? {} : { discounts: couponsOf(phase.couponRefs, ids) }),
    ...(index === 0
      ? { billing_cycle_anchor: 'phase_start', proration_behavior: 'create_prorations' }
      : { proration_behavior: 'none' }),
  }
}

function compare(
  step: ScheduleStep,
  ids: ProviderIds,
  schedule: Stripe.SubscriptionSchedule,
): Answer<Performed> {
  const asked = paramsOf(step, ids)
  return performed(
    schedule,
    'subscription_schedule',
    {
      customer: asked.customer,
      endBehavior: asked.end_behavior,
      metadata: step.metadata,
      collectionMethod: asked.default_settings?.collection_method,
      daysUntilDue: asked.default_settings?.invoice_settings?.days_until_due,
      customFields: customFieldsOf(step),
      automaticTax: step.automaticTax,
      phases: step.phases.map(({ startsAt, endsAt }, index) => [
        seconds(startsAt),
        seconds(endsAt),
        (asked.phases?.[index]?.items ?? []).map((item) => [
          item.price,
          item.quantity ?? null,
          item.discounts?.length ?? 0,
        ]),
      ]),
      status: 'live',
    },
    heldIn(step),
  )
}

function heldIn(step: ScheduleStep) {
  return ({ default_settings: defaults, ...schedule }: Stripe.SubscriptionSchedule) => ({
    customer: idIn(schedule.customer),
    endBehavior: schedule.end_behavior,
    metadata: ourKeys(schedule.metadata, step.metadata),
    collectionMethod: defaults.collection_method,
    daysUntilDue: defaults.invoice_settings.days_until_due,
    customFields: (defaults.invoice_settings.custom_fields ?? []).map(({ name, value }) => ({ name, value })),
    automaticTax: defaults.automatic_tax?.enabled ?? false,
    phases: schedule.phases.map(({ start_date, end_date, items }) => [
      start_date,
      end_date,
      items.map((item) => [idIn(item.price), item.quantity ?? null, item.discounts.length]),
    ]),
    status: schedule.status === 'canceled' ? 'canceled' : 'live',
  })
}
