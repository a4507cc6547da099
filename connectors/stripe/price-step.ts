import { Big } from 'big.js'
import type { Stripe } from 'stripe'
import type { PriceStep, PriceTier } from '../../src/domain/billing-plan.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Performed, ProviderIds } from '../../src/ports/billing.ts'
import { toStripe, toStripeDecimal } from './amounts.ts'
import { rejected, sharedStep } from './catalogue-step.ts'
import { idIn, idOf, performed } from './connection.ts'

/** A recurring price, known by its lookup key. Amounts never change: another amount is another key. */
export const priceStep = sharedStep<PriceStep>(
  async ({ stripe, calls }, step, ids) => {
    const expand = ['data.tiers']
    const answer = await calls.read(() => stripe.prices.list({ lookup_keys: [step.lookupKey], expand }))
    if (answer.kind !== 'ok') return answer
    const [price] = answer.value.data
    if (price === undefined) return answered(null)
    if (price.active !== false) return comparePrice(step, ids, price)
    return rejected('PRICE_ARCHIVED', `The price ${price.id} (${step.lookupKey}) is archived`)
  },
  async ({ stripe, calls }, step, ids) => {
    const answer = await calls.write(step.opKey, (options) =>
      stripe.prices.create({ ...paramsOf(step, ids), expand: ['tiers'] }, options),
    )
    return answer.kind === 'ok' ? comparePrice(step, ids, answer.value) : answer
  },
)

function paramsOf(step: PriceStep, ids: ProviderIds): Stripe.PriceCreateParams {
  const { usage, lookupKey, metadata } = step
  const currency = step.currency.toLowerCase()
  const product = idOf(ids, step.productRef)
  // Without a behavior automatic tax refuses the line; prices between companies are net.
  const shared = { currency, product, lookup_key: lookupKey, metadata, tax_behavior: 'exclusive' as const }
  if (usage.kind === 'licensed') {
    return {
      ...shared,
      recurring: { ...intervalOf(step), usage_type: 'licensed' },
      unit_amount_decimal: toStripeDecimal(step.currency, usage.unitAmountMinor),
    }
  }
  return {
    ...shared,
    recurring: { ...intervalOf(step), usage_type: 'metered', meter: idOf(ids, usage.meterRef) },
    billing_scheme: 'tiered',
    tiers_mode: usage.tiersMode,
    tiers: usage.tiers.map((tier) => tierOf(step.currency, tier)),
  }
}

function intervalOf({ intervalMonths }: PriceStep): { interval: 'month' | 'year'; interval_count: number } {
  return intervalMonths === 12
    ? { interval: 'year', interval_count: 1 }
    : { interval: 'month', interval_count: intervalMonths }
}

function tierOf(currency: string, tier: PriceTier): Stripe.PriceCreateParams.Tier {
  const unitAmount = toStripeDecimal(currency, tier.unitAmountMinor)
  const flat =
    tier.flatAmountMinor === null
      ? {}
      : { flat_amount: toStripe({ currency, amountMinor: tier.flatAmountMinor }) }
  return { up_to: tier.upTo === null ? 'inf' : Number(tier.upTo), unit_amount_decimal: unitAmount, ...flat }
}

function comparePrice(step: PriceStep, ids: ProviderIds, price: Stripe.Price): Answer<Performed> {
  const asked = paramsOf(step, ids)
  return performed(
    price,
    'price',
    {
      currency: asked.currency,
      product: asked.product,
      recurring: { meter: null, ...asked.recurring },
      unitAmount: decimal(asked.unit_amount_decimal),
      tiersMode: asked.tiers_mode,
      tiers: asked.tiers?.map(({ up_to, unit_amount_decimal, flat_amount }) => [
        up_to === 'inf' ? null : up_to,
        decimal(unit_amount_decimal),
        flat_amount ?? 0,
      ]),
    },
    (held) => ({
      currency: held.currency,
      product: idIn(held.product),
      recurring: recurringOf(held),
      unitAmount: held.billing_scheme === 'tiered' ? null : decimal(held.unit_amount_decimal),
      tiersMode: held.tiers_mode,
      tiers: held.tiers?.map(({ up_to, unit_amount_decimal, flat_amount }) => [
        up_to,
        decimal(unit_amount_decimal) ?? '0',
        flat_amount ?? 0,
      ]),
    }),
  )
}

function recurringOf({ recurring }: Stripe.Price) {
  if (recurring === null) return null
  const { meter, interval, interval_count, usage_type } = recurring
  return { meter, interval, interval_count, usage_type }
}

/** One text for equal decimals: Stripe writes `0.00032`, and whole numbers without a point. */
function decimal(value: { toString(): string } | null | undefined): string | null {
  return value === null || value === undefined ? null : new Big(value.toString()).toFixed()
}
