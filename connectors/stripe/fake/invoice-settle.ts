import type { Invoice } from './billing-rows.ts'
import { emit } from './emit.ts'
import { invoiceWire } from './invoice-wire.ts'
import { setSubscriptionStatus } from './subscription-status.ts'
import type { World } from './world.ts'

/** Closes an invoice on which nothing is owed any more, and tells of it twice, as Stripe does. */
export function markPaid(world: World, invoice: Invoice): void {
  invoice.status = 'paid'
  invoice.paidAt = world.seconds()
  invoice.nextAttemptAt = null
  world.openInvoiceIds.delete(invoice.id)
  world.invoices.reindex(invoice)
  emit(world, 'invoice.paid', invoiceWire(world, invoice))
  emit(world, 'invoice.payment_succeeded', invoiceWire(world, invoice))
  const subscription = world.subscriptions.get(invoice.subscriptionId ?? '')
  if (subscription?.status === 'incomplete') return setSubscriptionStatus(world, subscription, 'active')
  const owing = world.invoices
    .among('subscription', invoice.subscriptionId ?? '')
    .some(({ status, dueDate }) => status === 'open' && (dueDate ?? 0) <= world.seconds())
  if (subscription?.status === 'past_due' && !owing) setSubscriptionStatus(world, subscription, 'active')
}
