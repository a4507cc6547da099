import type * as z from 'zod'
import { mergeMetadata } from './api.ts'
import { discountsAsked, soundDiscounts } from './discounts.ts'
import type * as params from './params-subscription.ts'
import type { Interval } from './periods.ts'
import { stepFrom } from './periods.ts'
import { invalidRequest } from './refusal.ts'
import type { Phase, PhaseItem, Schedule } from './schedule-rows.ts'
import { refuseUnfitTogether, soundItem } from './subscription-items.ts'
import type { World } from './world.ts'

type PhaseSent =
  | NonNullable<z.output<typeof params.scheduleCreate>['phases']>[number]
  | NonNullable<z.output<typeof params.scheduleUpdate>['phases']>[number]

/** Reads phases as sent: each begins where the one before ends. Throws the refusal for the first that cannot be. */
export function readPhases(
  world: World,
  sent: readonly PhaseSent[],
  firstStart: number,
  billingMode: Schedule['billingMode'],
): Phase[] {
  const phases: Phase[] = []
  for (const [index, phase] of sent.entries()) {
    const start = phases.at(-1)?.end ?? firstStart
    refuseGap(phase, start, index)
    phases.push(readPhase(world, phase, start, `phases[${index}]`, billingMode))
  }
  const [first] = phases
  if (first && first.end <= world.seconds())
    throw invalidRequest('The first phase must end in the future.', { param: 'phases[0][end_date]' })
  return phases
}

function refuseGap(phase: PhaseSent, start: number, index: number): void {
  const asked = 'start_date' in phase ? phase.start_date : undefined
  if (typeof asked === 'number' && asked !== start)
    throw invalidRequest(`Phase ${index} must start where the one before it ends.`, {
      param: `phases[${index}][start_date]`,
    })
}

function readPhase(
  world: World,
  sent: PhaseSent,
  start: number,
  at: string,
  billingMode: Schedule['billingMode'],
): Phase {
  const items = sent.items.map((item, index) => readItem(world, item, `${at}[items][${index}]`))
  const sound = items.map((item, index) => soundItem(world, item, null, `${at}[items][${index}]`))
  const { currency, recurring } = sound[0]?.price ?? { currency: 'usd', recurring: null }
  if (sound.some(({ price }) => price.currency !== currency))
    throw invalidRequest('All prices of a phase must have the same currency.', { param: at })
  if (sent.currency !== undefined && sent.currency.toLowerCase() !== currency)
    throw invalidRequest('The prices of a phase must be in its currency.', { param: `${at}[currency]` })
  refuseUnfitTogether(
    sound.map(({ price }) => price),
    billingMode,
  )
  const discounts = discountsAsked(sent.discounts)
  soundDiscounts(world, discounts, currency, `${at}[discounts]`)
  const end = endOf(world, sent, start, recurring?.interval ?? { unit: 'month', count: 1 }, at)
  const settings = sent.invoice_settings
  return {
    start,
    end,
    items,
    discounts,
    currency,
    prorationBehavior: sent.proration_behavior ?? 'create_prorations',
    billingCycleAnchor: sent.billing_cycle_anchor ?? null,
    collectionMethod: sent.collection_method ?? null,
    invoiceSettings: settings
      ? {
          ...(settings.custom_fields === undefined ? {} : { customFields: settings.custom_fields }),
          ...(settings.description === undefined ? {} : { description: settings.description }),
          ...(settings.footer === undefined ? {} : { footer: settings.footer }),
          ...(settings.days_until_due === undefined ? {} : { daysUntilDue: settings.days_until_due }),
        }
      : null,
    automaticTax: sent.automatic_tax?.enabled ?? null,
    description: sent.description ?? null,
    metadata: mergeMetadata({}, sent.metadata),
  }
}

function readItem(world: World, sent: PhaseSent['items'][number], at: string): PhaseItem {
  if (sent.price === undefined)
    throw invalidRequest(`Missing required param: ${at}[price].`, {
      code: 'parameter_missing',
      param: `${at}[price]`,
    })
  const metered = world.prices.get(sent.price)?.recurring?.usage === 'metered'
  return {
    priceId: sent.price,
    quantity: metered ? (sent.quantity ?? null) : (sent.quantity ?? 1n),
    discounts: discountsAsked(sent.discounts),
    metadata: mergeMetadata({}, sent.metadata),
  }
}

function endOf(world: World, sent: PhaseSent, start: number, interval: Interval, at: string): number {
  const ways = [sent.end_date, sent.duration].filter((way) => way !== undefined)
  if (ways.length > 1) throw invalidRequest('A phase takes either end_date or duration.', { param: at })
  const end =
    sent.end_date === 'now'
      ? world.seconds()
      : (sent.end_date ??
        (sent.duration
          ? stepFrom(start, { unit: sent.duration.interval, count: sent.duration.interval_count ?? 1 }, 1)
          : stepFrom(start, interval, 1)))
  if (end <= start) throw invalidRequest('A phase must end after it starts.', { param: `${at}[end_date]` })
  return end
}
