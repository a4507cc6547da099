import type * as z from 'zod'
import { endpoint, list, mergeMetadata, mustExist } from './api.ts'
import type { Subscription } from './billing-rows.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import { nothing } from './params-customer.ts'
import * as params from './params-subscription.ts'
import { creditRest } from './proration.ts'
import { invalidRequest } from './refusal.ts'
import { readPhases } from './schedule-phases.ts'
import type { Phase, Schedule } from './schedule-rows.ts'
import { enterPhase, planNextPhase, refuseUnsoundSchedule, release, startSchedule } from './schedule-run.ts'
import { currentPhase, scheduleWire } from './schedule-wire.ts'
import { endSubscription } from './subscription-cycle.ts'
import { isMetered } from './subscription-lines.ts'
import { changeSubscription } from './subscription-status.ts'
import {
  billableCustomer,
  mergeInvoiceSettings,
  mustBeSubscription,
  noInvoiceSettings,
} from './subscriptions.ts'
import type { World } from './world.ts'

type CreateInput = z.output<typeof params.scheduleCreate>

function createSchedule(world: World, input: CreateInput): Wire {
  if (input.from_subscription !== undefined) return scheduleFrom(world, input)
  const customer = billableCustomer(world, input.customer ?? '')
  if (input.phases === undefined)
    throw invalidRequest('Missing required param: phases.', { code: 'parameter_missing', param: 'phases' })
  const start = typeof input.start_date === 'number' ? input.start_date : world.seconds()
  const billingMode = input.billing_mode?.type ?? 'flexible'
  const row: Schedule = {
    ...blankSchedule(world, customer.id),
    billingMode,
    prorationDiscounts: input.billing_mode?.flexible?.proration_discounts ?? 'included',
    endBehavior: input.end_behavior ?? 'release',
    phases: readPhases(world, input.phases, start, billingMode),
    defaults: mergeDefaults(noDefaults, input.default_settings),
    metadata: mergeMetadata({}, input.metadata),
  }
  refuseUnsoundSchedule(world, row)
  world.schedules.insert(row)
  startSchedule(world, row)
  emit(world, 'subscription_schedule.created', scheduleWire(world, row))
  return scheduleWire(world, row)
}

const noDefaults: Schedule['defaults'] = {
  collectionMethod: null,
  invoiceSettings: noInvoiceSettings,
  daysUntilDue: null,
  billingCycleAnchor: 'automatic',
  automaticTax: false,
  defaultPaymentMethod: null,
  description: null,
}

function blankSchedule(world: World, customerId: string) {
  return {
    id: world.newId('sub_sched'),
    created: world.seconds(),
    customerId,
    status: 'not_started' as const,
    subscriptionId: null,
    releasedSubscriptionId: null,
    canceledAt: null,
    completedAt: null,
    releasedAt: null,
    task: null,
  }
}

function mergeDefaults(
  current: Schedule['defaults'],
  sent: CreateInput['default_settings'],
): Schedule['defaults'] {
  if (sent === undefined) return current
  return {
    collectionMethod: sent.collection_method ?? current.collectionMethod,
    invoiceSettings: mergeInvoiceSettings(current.invoiceSettings, sent.invoice_settings),
    daysUntilDue: sent.invoice_settings?.days_until_due ?? current.daysUntilDue,
    billingCycleAnchor: sent.billing_cycle_anchor ?? current.billingCycleAnchor,
    automaticTax: sent.automatic_tax?.enabled ?? current.automaticTax,
    defaultPaymentMethod: sent.default_payment_method ?? current.defaultPaymentMethod,
    description: sent.description === undefined ? current.description : sent.description,
  }
}

/** Puts a running subscription under a schedule with one phase: the period it is in. */
function scheduleFrom(world: World, input: CreateInput): Wire {
  const other = Object.keys(input).find((key) => key !== 'from_subscription')
  if (other !== undefined)
    throw invalidRequest('`from_subscription` cannot be combined with other parameters.', { param: other })
  const subscription = mustBeSubscription(world, input.from_subscription ?? '')
  if (subscription.scheduleId !== null)
    throw invalidRequest('The subscription is under a schedule already.', { param: 'from_subscription' })
  const row = world.schedules.insert({
    ...blankSchedule(world, subscription.customerId),
    status: 'active',
    billingMode: subscription.billingMode,
    prorationDiscounts: subscription.prorationDiscounts,
    endBehavior: 'release',
    phases: [phaseFrom(world, subscription)],
    defaults: {
      collectionMethod: subscription.collectionMethod,
      invoiceSettings: subscription.invoiceSettings,
      daysUntilDue: subscription.daysUntilDue,
      billingCycleAnchor: 'automatic',
      automaticTax: subscription.automaticTax,
      defaultPaymentMethod: subscription.defaultPaymentMethod,
      description: subscription.description,
    },
    metadata: {},
    subscriptionId: subscription.id,
  })
  changeSubscription(world, subscription, () => {
    subscription.scheduleId = row.id
  })
  planNextPhase(world, row)
  emit(world, 'subscription_schedule.created', scheduleWire(world, row))
  return scheduleWire(world, row)
}

function phaseFrom(world: World, subscription: Subscription): Phase {
  const discountOf = (id: string) => ({ discount: id, coupon: world.discounts.get(id)?.coupon.id })
  return {
    start: Math.min(...subscription.items.map(({ period }) => period.start)),
    end: Math.max(...subscription.items.map(({ period }) => period.end)),
    items: subscription.items.map((item) => ({
      priceId: item.priceId,
      quantity: item.quantity,
      discounts: item.discountIds.map(discountOf),
      metadata: item.metadata,
    })),
    discounts: subscription.discountIds.map(discountOf),
    prorationBehavior: 'create_prorations',
    billingCycleAnchor: null,
    collectionMethod: null,
    invoiceSettings: null,
    automaticTax: null,
    description: null,
    metadata: {},
    currency: subscription.currency,
  }
}

function updateSchedule(world: World, row: Schedule, input: z.output<typeof params.scheduleUpdate>): Wire {
  refuseEnded(row)
  const before = scheduleWire(world, row)
  const current = currentPhase(world, row)
  const phases =
    input.phases === undefined
      ? row.phases
      : [...past(world, row), ...readPhases(world, input.phases, startOf(world, row, input), row.billingMode)]
  const changed: Schedule = {
    ...row,
    phases,
    endBehavior: input.end_behavior ?? row.endBehavior,
    defaults: mergeDefaults(row.defaults, input.default_settings),
    metadata: mergeMetadata(row.metadata, input.metadata),
  }
  if (row.status === 'not_started') refuseUnsoundSchedule(world, changed)
  Object.assign(row, changed)
  if (row.task) row.task.canceled = true
  if (row.status === 'not_started') startSchedule(world, row)
  else {
    const phase = currentPhase(world, row)
    const touches = input.phases ?? input.default_settings ?? input.end_behavior
    if (phase && current && touches !== undefined) enterPhase(world, row, phase, input.proration_behavior)
    planNextPhase(world, row)
  }
  emitChange(world, 'subscription_schedule.updated', before, scheduleWire(world, row))
  return scheduleWire(world, row)
}

/** Phases that are over stay as they were. */
function past(world: World, row: Schedule): Phase[] {
  return row.status === 'active' ? row.phases.filter(({ end }) => end <= world.seconds()) : []
}

function startOf(world: World, row: Schedule, input: z.output<typeof params.scheduleUpdate>): number {
  const current = currentPhase(world, row)
  const asked = input.phases?.[0]?.start_date
  if (current) {
    if (typeof asked === 'number' && asked !== current.start)
      throw invalidRequest('The current phase must be sent again with its own start.', {
        param: 'phases[0][start_date]',
      })
    return current.start
  }
  return typeof asked === 'number' ? asked : (row.phases[0]?.start ?? world.seconds())
}

function refuseEnded(row: Schedule): void {
  if (row.status !== 'not_started' && row.status !== 'active')
    throw invalidRequest(`You cannot change a schedule that is ${row.status}.`)
}

function cancelSchedule(world: World, row: Schedule, input: z.output<typeof params.scheduleCancel>): Wire {
  refuseEnded(row)
  if (row.task) row.task.canceled = true
  const subscription = world.subscriptions.get(row.subscriptionId ?? '')
  row.status = 'canceled'
  row.canceledAt = world.seconds()
  if (subscription) {
    if (input.prorate !== false)
      for (const item of subscription.items)
        if (!isMetered(world, item)) creditRest(world, subscription, item, world.seconds())
    endSubscription(world, subscription, {
      final: input.invoice_now !== false,
      reason: 'cancellation_requested',
    })
  }
  emit(world, 'subscription_schedule.canceled', scheduleWire(world, row))
  return scheduleWire(world, row)
}

function mustBeSchedule(world: World, id: string): Schedule {
  return mustExist(world.schedules.get(id), 'subscription_schedule', id)
}

const base = '/v1/subscription_schedules'

/** Routes of subscription schedules. */
export const scheduleEndpoints = [
  endpoint('POST', base, params.scheduleCreate, createSchedule),
  endpoint('GET', base, params.scheduleList, (world, input) =>
    list(world.schedules, 'subscription_schedule', base, input, (row) => scheduleWire(world, row), {
      among: input.customer === undefined ? undefined : ['customer', input.customer],
    }),
  ),
  endpoint('GET', `${base}/:id`, nothing, (world, _input, { id = '' }) =>
    scheduleWire(world, mustBeSchedule(world, id)),
  ),
  endpoint('POST', `${base}/:id`, params.scheduleUpdate, (world, input, { id = '' }) =>
    updateSchedule(world, mustBeSchedule(world, id), input),
  ),
  endpoint('POST', `${base}/:id/cancel`, params.scheduleCancel, (world, input, { id = '' }) =>
    cancelSchedule(world, mustBeSchedule(world, id), input),
  ),
  endpoint('POST', `${base}/:id/release`, params.scheduleRelease, (world, input, { id = '' }) => {
    const row = mustBeSchedule(world, id)
    refuseEnded(row)
    release(world, row, input.preserve_cancel_date)
    return scheduleWire(world, row)
  }),
]
