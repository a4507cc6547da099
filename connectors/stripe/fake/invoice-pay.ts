import type { Invoice } from './billing-rows.ts'
import { feeFor, moveMoney } from './balance.ts'
import { emit } from './emit.ts'
import { invoiceWire } from './invoice-wire.ts'
import { markPaid } from './invoice-settle.ts'
import { chargeWire, intentWire, invoicePaymentWire } from './payment-wire.ts'
import type { Charge, InvoicePayment, PaymentIntent, PaymentVia } from './payment-rows.ts'
import { StripeRefusal, invalidRequest } from './refusal.ts'
import type { PaymentMethod } from './rows.ts'
import { setSubscriptionStatus } from './subscription-status.ts'
import type { World } from './world.ts'

const day = 86_400
/** Days after a failed attempt until the next. The real ones are chosen by a model of Stripe's. */
const retryDays = [3, 5, 7]

/** What is still owed on an invoice. */
export function remaining(invoice: Invoice): bigint {
  return invoice.amountDueMinor - invoice.amountPaidMinor
}

function refuseUnpayable(invoice: Invoice): void {
  if (invoice.status === 'paid') throw invalidRequest('Invoice is already paid')
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible')
    throw invalidRequest(`You cannot pay an invoice that is ${invoice.status}.`)
}

/** Receives money on an invoice: all that is owed, or a part. */
export function receivePayment(
  world: World,
  invoice: Invoice,
  via: PaymentVia,
  amountMinor = remaining(invoice),
): InvoicePayment {
  refuseUnpayable(invoice)
  if (amountMinor <= 0n || amountMinor > remaining(invoice))
    throw invalidRequest('The amount must be positive and at most what is owed.', { param: 'amount' })
  const { intent, charge } = takeMoney(world, invoice, via, amountMinor)
  const payment = world.invoicePayments.insert({
    id: world.newId('inpay'),
    created: world.seconds(),
    invoiceId: invoice.id,
    currency: invoice.currency,
    amountMinor,
    paymentIntentId: intent.id,
    status: 'paid',
    paidAt: world.seconds(),
  })
  invoice.paymentIds.push(payment.id)
  invoice.amountPaidMinor += amountMinor
  invoice.attemptCount++
  emit(world, 'charge.succeeded', chargeWire(world, charge))
  emit(world, 'payment_intent.succeeded', intentWire(world, intent))
  emit(world, 'invoice_payment.paid', invoicePaymentWire(world, payment))
  note(world, invoice, 'invoice-paid', payment.id, amountMinor)
  if (remaining(invoice) === 0n) markPaid(world, invoice)
  return payment
}

function takeMoney(
  world: World,
  invoice: Invoice,
  via: PaymentVia,
  amountMinor: bigint,
): { intent: PaymentIntent; charge: Charge } {
  const [intentId, chargeId] = [world.newId('pi'), world.newId(via === 'card' ? 'ch' : 'py')]
  const movement = moveMoney(world, {
    type: via === 'card' ? 'charge' : 'payment',
    currency: invoice.currency,
    amountMinor,
    feeMinor: feeFor(via, amountMinor, invoice.currency),
    sourceId: chargeId,
    description: `Invoice ${invoice.number ?? invoice.id}`,
  })
  const common = {
    created: world.seconds(),
    customerId: invoice.customerId,
    invoiceId: invoice.id,
    currency: invoice.currency,
    amountMinor,
    via,
  }
  const intent = world.paymentIntents.insert({
    ...common,
    id: intentId,
    status: 'succeeded',
    receivedMinor: amountMinor,
    latestChargeId: chargeId,
  })
  const charge = world.charges.insert({
    ...common,
    id: chargeId,
    paymentIntentId: intentId,
    status: 'succeeded',
    balanceTransactionId: movement.id,
    refundedMinor: 0n,
    disputed: false,
  })
  return { intent, charge }
}

function note(
  world: World,
  invoice: Invoice,
  kind: 'invoice-paid' | 'invoice-paid-off-stripe',
  objectId: string,
  amountMinor: bigint,
): void {
  world.journal.add({
    at: world.seconds(),
    kind,
    objectId,
    invoiceId: invoice.id,
    currency: invoice.currency,
    amountMinor,
    taxMinor: 0n,
  })
}

/** Notes that the rest was paid outside of Stripe: no charge, no movement of the balance, no invoice payment. */
export function payOutOfBand(world: World, invoice: Invoice): void {
  refuseUnpayable(invoice)
  const amountMinor = remaining(invoice)
  invoice.offStripeMinor += amountMinor
  invoice.amountPaidMinor += amountMinor
  note(world, invoice, 'invoice-paid-off-stripe', invoice.id, amountMinor)
  markPaid(world, invoice)
}

/** The payment method an invoice would be charged on, or null. */
export function methodFor(world: World, invoice: Invoice): PaymentMethod | null {
  const subscription = world.subscriptions.get(invoice.subscriptionId ?? '')
  const customer = world.customers.get(invoice.customerId)
  const id =
    invoice.defaultPaymentMethod ?? subscription?.defaultPaymentMethod ?? customer?.defaultPaymentMethod
  return world.paymentMethods.get(id ?? '') ?? null
}

/** Tries to charge an open invoice by itself; a failure is told, counted, and tried again some days later. */
export function attemptPayment(world: World, invoice: Invoice): void {
  const { billingReason, subscriptionId, status } = invoice
  const held = world.subscriptions.get(subscriptionId ?? '')?.paymentHeld === true
  if (status !== 'open' || (held && billingReason === 'subscription_create')) return
  const method = methodFor(world, invoice)
  if (method !== null && !method.declines) {
    receivePayment(world, invoice, viaOf(method))
    return
  }
  failPayment(world, invoice)
}

function failPayment(world: World, invoice: Invoice): void {
  const wait = retryDays[invoice.attemptCount]
  invoice.attemptCount++
  invoice.nextAttemptAt = wait === undefined ? null : world.seconds() + wait * day
  const due = invoice.nextAttemptAt
  if (due !== null)
    world.agenda.add(due, () => {
      if (invoice.nextAttemptAt === due) attemptPayment(world, invoice)
    })
  emit(world, 'invoice.payment_failed', invoiceWire(world, invoice))
  const subscription = world.subscriptions.get(invoice.subscriptionId ?? '')
  if (subscription?.status === 'active') setSubscriptionStatus(world, subscription, 'past_due')
}

/** Charges an invoice because somebody asks for it; throws the refusal of the card. */
export function payNow(world: World, invoice: Invoice, method: PaymentMethod | null): void {
  refuseUnpayable(invoice)
  if (method === null)
    throw invalidRequest(
      'This customer has no attached payment source or default payment method. Please add one.',
      { code: 'resource_missing' },
    )
  if (method.declines) {
    failPayment(world, invoice)
    throw declined()
  }
  receivePayment(world, invoice, viaOf(method))
}

/** What a declined card answers. */
export function declined(): StripeRefusal {
  return new StripeRefusal(402, 'card_error', 'Your card was declined.', {
    code: 'card_declined',
    declineCode: 'generic_decline',
  })
}

function viaOf(method: PaymentMethod): PaymentVia {
  return method.type === 'card' ? 'card' : 'bank_transfer'
}
