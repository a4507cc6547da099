import type { BillingStep } from '../../src/domain/billing-plan.ts'
import type { Answer } from '../../src/ports/answer.ts'
import type { Billing, BillingNotices, Performed, ProviderIds } from '../../src/ports/billing.ts'
import { customerEmailStep, invoiceReferencesStep } from './amendment-step.ts'
import { callsOf } from './calls.ts'
import { couponStep, meterStep, productStep } from './catalogue-step.ts'
import { charge, findCharge } from './charge.ts'
import type { ClientOptions } from './client.ts'
import { openClient } from './client.ts'
import type { Connection, StepHandler } from './connection.ts'
import { customerStep, taxIdStep } from './customer-step.ts'
import { readNotices } from './facts/notices.ts'
import { readFacts } from './facts/read-facts.ts'
import * as listing from './listing.ts'
import { meterStreamOf } from './meter-stream.ts'
import { readMeterReport } from './meter-report.ts'
import { meterHours, meterTotal, sendMeterEvent } from './meter.ts'
import { priceStep } from './price-step.ts'
import { scheduleStep } from './schedule-step.ts'
import { compareSubscription } from './subscription-drift.ts'
import { subscriptionEnd } from './subscription-end.ts'
import { subscriptionStep } from './subscription-step.ts'

/** How each kind of step is carried out. */
const handlers: { readonly [K in BillingStep['kind']]: StepHandler<Extract<BillingStep, { kind: K }>> } = {
  customer: customerStep,
  'tax-id': taxIdStep,
  product: productStep,
  meter: meterStep,
  price: priceStep,
  coupon: couponStep,
  subscription: subscriptionStep,
  schedule: scheduleStep,
  'customer-email': customerEmailStep,
  'invoice-references': invoiceReferencesStep,
}

function handlerOf(step: BillingStep): StepHandler<BillingStep> {
  return handlers[step.kind] as unknown as StepHandler<BillingStep>
}

/** Connects to one Stripe account through its official client. Nothing is sent before the first call. */
export function createStripeBilling(options: ClientOptions): Billing & BillingNotices {
  const connection: Connection = { stripe: openClient(options), calls: callsOf(), clock: options.clock }
  const perform = (step: BillingStep, ids: ProviderIds): Promise<Answer<Performed>> =>
    handlerOf(step).perform(connection, step, ids)
  const find = (step: BillingStep, ids: ProviderIds): Promise<Answer<Performed | null>> =>
    handlerOf(step).find(connection, step, ids)
  return {
    perform,
    find,
    compareSubscription: (plan, ids, subscriptionId) =>
      compareSubscription(connection, plan, ids, subscriptionId),
    subscriptionEnd: (subscriptionId) => subscriptionEnd(connection, subscriptionId),
    charge: (own, target) => charge(connection, own, target),
    findCharge: (own, target) => findCharge(connection, own, target.customerId),
    sendMeterEvents: meterStreamOf(connection),
    sendMeterEvent: (event) => sendMeterEvent(connection, event),
    meterTotal: (meter, customerId, from, to) => meterTotal(connection, meter, customerId, from, to),
    meterHours: (meter, customerId, from, to) => meterHours(connection, meter, customerId, from, to),
    readMeterReport: (reportId) => readMeterReport(connection, reportId),
    readFacts: (delivery) => readFacts(connection, delivery),
    readNotices,
    listDeliveries: (since, cursor) => listing.listDeliveries(connection, since, cursor),
    listInvoices: (cursor) => listing.listInvoices(connection, cursor),
    listBalanceChanges: (cursor) => listing.listBalanceChanges(connection, cursor),
    readBalanceFacts: (since, cursor) => listing.readBalanceFacts(connection, since, cursor),
    listSubscriptions: (cursor) => listing.listSubscriptions(connection, cursor),
  }
}
