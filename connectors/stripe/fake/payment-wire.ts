import { inlineList, minor } from './api.ts'
import type { Wire } from './emit.ts'
import type { Charge, InvoicePayment, PaymentIntent } from './payment-rows.ts'
import type { World } from './world.ts'

/** A payment intent on the wire. */
export function intentWire(world: World, row: PaymentIntent): Wire {
  return {
    id: row.id,
    object: 'payment_intent',
    amount: minor(row.amountMinor),
    amount_capturable: 0,
    amount_received: minor(row.receivedMinor),
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: `${row.id}_secret`,
    confirmation_method: 'automatic',
    created: row.created,
    currency: row.currency,
    customer: row.customerId,
    customer_account: null,
    description: null,
    last_payment_error: null,
    latest_charge: row.latestChargeId,
    livemode: world.settings.livemode,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_options: {},
    payment_method_types: [row.via === 'card' ? 'card' : 'customer_balance'],
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: row.status,
    transfer_data: null,
    transfer_group: null,
  }
}

/** A charge on the wire. */
export function chargeWire(world: World, row: Charge): Wire {
  const address = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }
  return {
    id: row.id,
    object: 'charge',
    amount: minor(row.amountMinor),
    amount_captured: minor(row.amountMinor),
    amount_refunded: minor(row.refundedMinor),
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: row.balanceTransactionId,
    billing_details: { address, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: null,
    captured: true,
    created: row.created,
    currency: row.currency,
    customer: row.customerId,
    description: null,
    disputed: row.disputed,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: world.settings.livemode,
    metadata: {},
    on_behalf_of: null,
    outcome: null,
    paid: row.status === 'succeeded',
    payment_intent: row.paymentIntentId,
    payment_method: null,
    payment_method_details:
      row.via === 'card'
        ? { card: { brand: 'visa', last4: '4242' }, type: 'card' }
        : { customer_balance: {}, type: 'customer_balance' },
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: row.refundedMinor === row.amountMinor,
    review: null,
    shipping: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: row.status,
    transfer_data: null,
    transfer_group: null,
  }
}

/** A payment of an invoice on the wire. */
export function invoicePaymentWire(world: World, row: InvoicePayment): Wire {
  return {
    id: row.id,
    object: 'invoice_payment',
    amount_paid: row.status === 'paid' ? minor(row.amountMinor) : null,
    amount_requested: minor(row.amountMinor),
    created: row.created,
    currency: row.currency,
    invoice: row.invoiceId,
    is_default: true,
    livemode: world.settings.livemode,
    payment: { payment_intent: row.paymentIntentId, type: 'payment_intent' },
    status: row.status,
    status_transitions: { canceled_at: null, paid_at: row.paidAt },
  }
}

/** The payments of an invoice, for those who ask for them. */
export function paymentsOf(world: World, invoiceId: string): Wire {
  const rows = world.invoicePayments.among('invoice', invoiceId).toReversed()
  return inlineList(`/v1/invoice_payments?invoice=${invoiceId}`, rows, (row) =>
    invoicePaymentWire(world, row),
  )
}
