import type { Stripe } from 'stripe'
import type { BillingStep, CouponStep, MeterStep, ProductStep } from '../../src/domain/billing-plan.ts'
import { sharedKey } from '../../src/domain/billing-plan/shared-key.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Performed, ProviderIds } from '../../src/ports/billing.ts'
import { toStripe } from './amounts.ts'
import type { Connection, StepHandler } from './connection.ts'
import { performed } from './connection.ts'
import { firstIn, readIfThere } from './paging.ts'

type Lookup<S> = (connection: Connection, step: S, ids: ProviderIds) => Promise<Answer<Performed | null>>
type Creation<S> = (connection: Connection, step: S, ids: ProviderIds) => Promise<Answer<Performed>>

/**
 * How things that contracts share are made: what is already there under our name is taken over, and when another process makes it
 * at the same moment, theirs is.
 */
export function sharedStep<S extends BillingStep>(find: Lookup<S>, create: Creation<S>): StepHandler<S> {
  return {
    find,
    async perform(connection, step, ids) {
      const found = await find(connection, step, ids)
      if (found.kind !== 'ok') return found
      if (found.value !== null) return answered(found.value)
      const created = await create(connection, step, ids)
      if (created.kind !== 'conflict' || created.code !== 'resource_already_exists') return created
      const theirs = await find(connection, step, ids)
      return theirs.kind === 'ok' && theirs.value === null ? created : (theirs as Answer<Performed>)
    },
  }
}

/** A product, under an id made from its code. */
export const productStep = sharedStep<ProductStep>(
  async ({ stripe, calls }, step) => {
    const found = await readIfThere(calls, () => stripe.products.retrieve(productIdOf(step)))
    if (found.kind !== 'ok') return found
    if (found.value === null) return answered(null)
    if (found.value.active !== false) return compareProduct(step, found.value)
    return rejected('PRICE_ARCHIVED', `The product ${found.value.id} is archived`)
  },
  async ({ stripe, calls }, step) => {
    const { name, metadata } = step
    const answer = await calls.write(step.opKey, (options) =>
      stripe.products.create({ id: productIdOf(step), name, metadata }, options),
    )
    return answer.kind === 'ok' ? compareProduct(step, answer.value) : answer
  },
)

function productIdOf({ code }: ProductStep): string {
  return `tieout-${sharedKey(code)}`
}

/** The name is the seller's to polish. */
function compareProduct(step: ProductStep, product: Stripe.Product): Answer<Performed> {
  return performed(product, 'product', { id: productIdOf(step) }, ({ id }) => ({ id }))
}

/** A meter that adds up what is sent under its event name. */
export const meterStep = sharedStep<MeterStep>(
  async ({ stripe, calls }, step) => {
    const found = await firstIn(
      calls,
      (page) => stripe.billing.meters.list(page),
      ({ event_name }) => event_name === step.eventName,
    )
    if (found.kind !== 'ok') return found
    if (found.value === null) return answered(null)
    if (found.value.status !== 'inactive') return compareMeter(step, found.value)
    return rejected('METER_REJECTED', `The meter ${found.value.id} for ${step.eventName} is inactive`)
  },
  async ({ stripe, calls }, step) => {
    const answer = await calls.write(step.opKey, (options) =>
      stripe.billing.meters.create(
        {
          event_name: step.eventName,
          display_name: step.displayName,
          default_aggregation: { formula: 'sum' },
          customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
          value_settings: { event_payload_key: 'value' },
        },
        options,
      ),
    )
    return answer.kind === 'ok' ? compareMeter(step, answer.value) : answer
  },
)

function compareMeter(step: MeterStep, meter: Stripe.Billing.Meter): Answer<Performed> {
  return performed(
    meter,
    'billing.meter',
    { eventName: step.eventName, formula: 'sum', customer: 'stripe_customer_id', value: 'value' },
    (held) => ({
      eventName: held.event_name,
      formula: held.default_aggregation.formula,
      customer: held.customer_mapping.event_payload_key,
      value: held.value_settings.event_payload_key,
    }),
  )
}

/** A coupon, under the id the plan gives it. */
export const couponStep = sharedStep<CouponStep>(
  async ({ stripe, calls }, step) => {
    const found = await readIfThere(calls, () => stripe.coupons.retrieve(step.couponId))
    if (found.kind !== 'ok') return found
    if (found.value === null) return answered(null)
    if (found.value.valid !== false) return compareCoupon(step, found.value)
    return rejected('COUPON_INVALID', `The coupon ${step.couponId} is no longer valid`)
  },
  async ({ stripe, calls }, step) => {
    const answer = await calls.write(step.opKey, (options) =>
      stripe.coupons.create(
        { id: step.couponId, name: step.name, metadata: step.metadata, ...offOf(step), ...lastingOf(step) },
        options,
      ),
    )
    return answer.kind === 'ok' ? compareCoupon(step, answer.value) : answer
  },
)

function offOf({ off }: CouponStep) {
  if ('percent' in off) return { percent_off: Number(off.percent) }
  return { amount_off: toStripe(off.amount), currency: off.amount.currency.toLowerCase() }
}

function lastingOf({ duration }: CouponStep) {
  if (duration.kind !== 'months') return { duration: duration.kind }
  return { duration: 'repeating' as const, duration_in_months: duration.months }
}

function compareCoupon(step: CouponStep, coupon: Stripe.Coupon): Answer<Performed> {
  const asked = { percent_off: null, amount_off: null, currency: null, duration_in_months: null }
  return performed(coupon, 'coupon', { ...asked, ...offOf(step), ...lastingOf(step) }, (held) => ({
    percent_off: held.percent_off,
    amount_off: held.amount_off,
    currency: held.currency,
    duration: held.duration,
    duration_in_months: held.duration_in_months,
  }))
}

/** A refusal of ours: what Stripe holds cannot be used. */
export function rejected(code: string, detail: string): Answer<never> {
  return { kind: 'rejected', code, detail, field: null }
}
