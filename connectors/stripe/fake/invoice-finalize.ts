import { rank } from './agenda.ts'
import type { Invoice } from './billing-rows.ts'
import { moveBalance } from './customer-balance.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import { planFinalization } from './invoice-draft.ts'
import { attemptPayment } from './invoice-pay.ts'
import { markPaid } from './invoice-settle.ts'
import { countUsage, recompute } from './invoice-totals.ts'
import { customerCopy, invoiceWire } from './invoice-wire.ts'
import { invalidRequest } from './refusal.ts'
import type { Customer } from './rows.ts'
import { setSubscriptionStatus } from './subscription-status.ts'
import { taxLocation } from './tax.ts'
import type { World } from './world.ts'

const hour = 3600
const day = 86_400

/** Plans the end of a draft's hour. */
export function finalizeLater(world: World, invoice: Invoice, at: number): void {
  planFinalization(world, invoice, at, (draft) => finalizeInvoice(world, draft))
}

/** Plans what happens to a new draft: sent invoices stay open to change for an hour, charged first invoices do not. */
export function launch(world: World, invoice: Invoice): void {
  const { billingReason, collectionMethod } = invoice
  if (!invoice.autoAdvance) return
  const atOnce = billingReason === 'subscription_create' || billingReason === 'subscription_update'
  if (atOnce && collectionMethod === 'charge_automatically') return finalizeInvoice(world, invoice)
  finalizeLater(world, invoice, world.seconds() + hour)
}

/** Hears how `invoice.created` fares: while an endpoint fails, the draft waits, an hour past success or 72 hours at most. */
export function hearInvoiceCreated(world: World, invoiceId: string, accepted: boolean): void {
  const invoice = world.invoices.get(invoiceId)
  if (!invoice || invoice.createdDelivery === 'delivered') return
  if (!accepted) {
    invoice.createdDelivery = 'failing'
    return
  }
  const failed = invoice.createdDelivery === 'failing'
  invoice.createdDelivery = 'delivered'
  invoice.webhooksDeliveredAt = world.seconds()
  if (failed && invoice.status === 'draft' && invoice.autoAdvance)
    finalizeLater(world, invoice, Math.max(invoice.created, world.seconds()) + hour)
}

/** Brings a draft up to date with the use that has been counted since. */
export function refreshDraft(world: World, invoice: Invoice): void {
  if (countUsage(world, invoice)) recompute(world, invoice)
}

/** Closes a draft: number, due date, balance, tax ids, and then payment or the wait for it. */
export function finalizeInvoice(world: World, invoice: Invoice): void {
  if (invoice.status !== 'draft')
    throw invalidRequest('This invoice is already finalized, you can’t re-finalize a non-draft invoice.', {
      code: 'invoice_not_editable',
    })
  if (invoice.finalizeTask) invoice.finalizeTask.canceled = true
  invoice.finalizeTask = null
  const customer = world.customers.get(invoice.customerId) as Customer
  countUsage(world, invoice)
  disableTaxWhereImpossible(world, invoice, customer)
  recompute(world, invoice)
  invoice.status = 'open'
  invoice.finalizedAt = world.seconds()
  invoice.finalizesAt = null
  invoice.number = `${customer.invoicePrefix}-${String(customer.nextInvoiceSequence++).padStart(4, '0')}`
  if (invoice.daysUntilDue !== null) invoice.dueDate = invoice.finalizedAt + invoice.daysUntilDue * day
  invoice.frozenCustomer = customerCopy(world, customer.id)
  invoice.customerTaxIds = world.taxIds
    .among('customer', customer.id)
    .map(({ type, value }) => ({ type, value }))
  world.invoices.reindex(invoice)
  applyBalance(world, invoice, customer)
  noteFinalized(world, invoice)
  emit(world, 'invoice.finalized', invoiceWire(world, invoice))
  awaitPayment(world, invoice)
}

function disableTaxWhereImpossible(world: World, invoice: Invoice, customer: Customer): void {
  if (!invoice.automaticTax) return
  if (world.quirks.taxSystemFails) invoice.taxDisabledReason = 'finalization_system_error'
  else if (taxLocation(customer) === null) invoice.taxDisabledReason = 'finalization_requires_location_inputs'
  else return
  invoice.automaticTax = false
  const subscription = world.subscriptions.get(invoice.subscriptionId ?? '')
  if (subscription && invoice.taxDisabledReason === 'finalization_requires_location_inputs')
    subscription.taxDisabledReason = 'requires_location_inputs'
}

/** Settles the invoice against the customer's credit balance; a negative total adds to it. */
function applyBalance(world: World, invoice: Invoice, customer: Customer): void {
  const owed = invoice.totalMinor + customer.balanceMinor
  const moved = owed > 0n ? -customer.balanceMinor : invoice.totalMinor
  if (moved !== 0n)
    moveBalance(world, customer, moved, {
      type: 'applied_to_invoice',
      currency: invoice.currency,
      invoiceId: invoice.id,
    })
  invoice.endingBalanceMinor = customer.balanceMinor
}

function noteFinalized(world: World, invoice: Invoice): void {
  world.journal.add({
    at: world.seconds(),
    kind: 'invoice-finalized',
    objectId: invoice.id,
    invoiceId: invoice.id,
    currency: invoice.currency,
    amountMinor: invoice.totalMinor,
    taxMinor: invoice.taxMinor,
  })
}

function awaitPayment(world: World, invoice: Invoice): void {
  if (invoice.amountDueMinor === 0n) return markPaid(world, invoice)
  world.openInvoiceIds.add(invoice.id)
  if (invoice.collectionMethod === 'send_invoice') {
    if (invoice.autoAdvance) emit(world, 'invoice.sent', invoiceWire(world, invoice))
    if (invoice.dueDate !== null)
      world.agenda.add(invoice.dueDate, () => becomeOverdue(world, invoice), rank.invoice)
    return
  }
  if (invoice.autoAdvance) attemptPayment(world, invoice)
}

function becomeOverdue(world: World, invoice: Invoice): void {
  if (invoice.status !== 'open') return
  emit(world, 'invoice.overdue', invoiceWire(world, invoice))
  const subscription = world.subscriptions.get(invoice.subscriptionId ?? '')
  if (subscription?.status === 'active') setSubscriptionStatus(world, subscription, 'past_due')
}

/** Takes a finalized invoice back: nothing of it is owed any more. */
export function voidInvoice(world: World, invoice: Invoice): Wire {
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible')
    throw invalidRequest(`You can only void open or uncollectible invoices, this one is ${invoice.status}.`)
  if (invoice.amountPaidMinor > 0n)
    throw invalidRequest('You cannot void an invoice that has been partly paid.')
  closeInvoice(world, invoice, 'void')
  invoice.voidedAt = world.seconds()
  giveBackBalance(world, invoice)
  emit(world, 'invoice.voided', invoiceWire(world, invoice))
  noteClosed(world, invoice, 'invoice-voided')
  return invoiceWire(world, invoice)
}

function giveBackBalance(world: World, invoice: Invoice): void {
  const applied = invoice.startingBalanceMinor - (invoice.endingBalanceMinor ?? invoice.startingBalanceMinor)
  const customer = world.customers.get(invoice.customerId) as Customer
  if (applied !== 0n)
    moveBalance(world, customer, applied, {
      type: 'unapplied_from_invoice',
      currency: invoice.currency,
      invoiceId: invoice.id,
    })
}

/** Gives up on an invoice; it may still be paid or voided. */
export function markUncollectible(world: World, invoice: Invoice): Wire {
  if (invoice.status !== 'open')
    throw invalidRequest(`You can only mark open invoices uncollectible, this one is ${invoice.status}.`)
  closeInvoice(world, invoice, 'uncollectible')
  invoice.uncollectibleAt = world.seconds()
  emit(world, 'invoice.marked_uncollectible', invoiceWire(world, invoice))
  noteClosed(world, invoice, 'invoice-marked-uncollectible')
  return invoiceWire(world, invoice)
}

function closeInvoice(world: World, invoice: Invoice, status: 'void' | 'uncollectible'): void {
  invoice.status = status
  invoice.nextAttemptAt = null
  world.openInvoiceIds.delete(invoice.id)
  world.invoices.reindex(invoice)
}

function noteClosed(
  world: World,
  invoice: Invoice,
  kind: 'invoice-voided' | 'invoice-marked-uncollectible',
): void {
  world.journal.add({
    at: world.seconds(),
    kind,
    objectId: invoice.id,
    invoiceId: invoice.id,
    currency: invoice.currency,
    amountMinor: invoice.amountDueMinor - invoice.amountPaidMinor,
    taxMinor: invoice.taxMinor,
  })
}

/** Removes a draft that nobody needs; its invoice items wait again. */
export function deleteDraft(world: World, invoice: Invoice): Wire {
  if (invoice.status !== 'draft') throw invalidRequest('You can only delete draft invoices.')
  if (invoice.subscriptionId !== null)
    throw invalidRequest('You cannot delete an invoice of a subscription; void it after it is finalized.')
  for (const line of invoice.lines) {
    const item = world.invoiceItems.get(line.invoiceItemId ?? '')
    if (!item) continue
    item.invoiceId = null
    world.pendingByCustomer.set(item.customerId, [
      ...(world.pendingByCustomer.get(item.customerId) ?? []),
      item.id,
    ])
  }
  if (invoice.finalizeTask) invoice.finalizeTask.canceled = true
  world.invoices.remove(invoice.id)
  emit(world, 'invoice.deleted', invoiceWire(world, invoice))
  return { id: invoice.id, object: 'invoice', deleted: true }
}

/** Tells of a changed invoice. */
export function tellChange(world: World, invoice: Invoice, before: Wire): Wire {
  const after = invoiceWire(world, invoice)
  emitChange(world, 'invoice.updated', before, after)
  return after
}
