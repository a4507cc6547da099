import { invalidRequest, noSuch } from './refusal.ts'
import { readParameters } from './decode.ts'
import { closeDispute, openDispute } from './disputes.ts'
import { payOutOfBand, receivePayment } from './invoice-pay.ts'
import type { Invoice } from './billing-rows.ts'
import type { JournalFact } from './journal.ts'
import { subscriptionUpdate } from './params-subscription.ts'
import type { Charge } from './payment-rows.ts'
import { refundCharge } from './refunds.ts'
import type { Quirks, WebhookSettings } from './settings.ts'
import { updateSubscription } from './subscription-update.ts'
import { mustBeSubscription } from './subscriptions.ts'
import type { Truth } from './truth.ts'
import { truthOf } from './truth.ts'
import type { World } from './world.ts'

export type PayVia = 'bank_transfer' | 'card' | 'out_of_band'

/** Which payment is meant: a charge, or the first charge of an invoice. */
export type PaymentChoice = {
  readonly chargeId?: string | undefined
  readonly invoiceId?: string | undefined
}

/** What actors do to the twin that the hub does not: customers who pay, banks that take back, people at the dashboard. */
export interface Controls {
  /** A customer pays: all that is owed, or a part. Answers the id of the invoice payment, null when it went past Stripe. */
  payInvoice(invoiceId: string, how: { via: PayVia; amountMinor?: bigint }): string | null
  /** Every open invoice that is due by an instant is paid in full. Answers how many. */
  payDueInvoices(asOf: Date, how?: { via: PayVia }): number
  /** Money goes back. `fails` lets the bank return it three days later. Answers the refund's id. */
  refund(choice: PaymentChoice & { amountMinor?: bigint; fails?: boolean }): string
  /** A customer's bank takes a payment back. Answers the dispute's id. */
  openDispute(choice: PaymentChoice & { amountMinor?: bigint }): string
  closeDispute(disputeId: string, outcome: 'won' | 'lost'): void
  /** Somebody changes a subscription at the dashboard, with the API's own parameters. */
  editInDashboard(subscriptionId: string, change: Readonly<Record<string, unknown>>): void
  /** Adds a webhook endpoint and answers its id. */
  addWebhook(settings: WebhookSettings): string
  /** Switches an endpoint, named by id or address, off or on: what happens while it is off is never sent to it. */
  setWebhookEnabled(endpoint: string, enabled: boolean): void
  /** Sets the secrets that sign: two while one is rolled. */
  setWebhookSecrets(endpoint: string, secrets: readonly string[]): void
  setQuirks(quirks: Partial<Quirks>): void
  /** Totals of every kind of object, as they truly are. */
  truth(): Truth
  /** Everything that happened to money, in order. */
  journal(): readonly JournalFact[]
}

/** Makes the controls of a world. */
export function createControls(world: World): Controls {
  return {
    ...paymentControls(world),
    ...webhookControls(world),
    editInDashboard: (subscriptionId, change) => {
      const input = readParameters(subscriptionUpdate, asForm(change) as Record<string, unknown>)
      updateSubscription(world, mustBeSubscription(world, subscriptionId), input)
    },
    setQuirks: (quirks) => void Object.assign(world.quirks, quirks),
    truth: () => truthOf(world),
    journal: () => world.journal.facts(),
  }
}

function paymentControls(world: World) {
  const pay = (invoice: Invoice, via: PayVia, amountMinor?: bigint): string | null => {
    if (via !== 'out_of_band') return receivePayment(world, invoice, via, amountMinor).id
    payOutOfBand(world, invoice)
    return null
  }
  return {
    payInvoice: (invoiceId: string, how: { via: PayVia; amountMinor?: bigint }) =>
      pay(mustBeInvoice(world, invoiceId), how.via, how.amountMinor),
    payDueInvoices: (asOf: Date, how: { via: PayVia } = { via: 'bank_transfer' }) => {
      const due = [...world.openInvoiceIds]
        .map((id) => mustBeInvoice(world, id))
        .filter(({ dueDate, created }) => (dueDate ?? created) * 1000 <= asOf.getTime())
      for (const invoice of due) pay(invoice, how.via)
      return due.length
    },
    refund: (choice: PaymentChoice & { amountMinor?: bigint; fails?: boolean }) =>
      refundCharge(world, chargeOf(world, choice), {
        amountMinor: choice.amountMinor,
        fails: choice.fails ?? false,
      }).id,
    openDispute: (choice: PaymentChoice & { amountMinor?: bigint }) =>
      openDispute(world, chargeOf(world, choice), choice.amountMinor).id,
    closeDispute: (disputeId: string, outcome: 'won' | 'lost') => {
      const row = world.disputes.get(disputeId)
      if (row === undefined) throw noSuch('dispute', disputeId)
      closeDispute(world, row, outcome === 'won')
    },
  }
}

function mustBeInvoice(world: World, id: string): Invoice {
  const row = world.invoices.get(id)
  if (row === undefined) throw noSuch('invoice', id)
  return row
}

function chargeOf(world: World, { chargeId, invoiceId }: PaymentChoice): Charge {
  const [paymentId] = invoiceId === undefined ? [] : mustBeInvoice(world, invoiceId).paymentIds
  const intentId = world.invoicePayments.get(paymentId ?? '')?.paymentIntentId
  const id = chargeId ?? world.paymentIntents.get(intentId ?? '')?.latestChargeId ?? ''
  const charge = world.charges.get(id)
  if (charge === undefined)
    throw invalidRequest(`Nothing was paid through Stripe for ${chargeId ?? invoiceId ?? 'nothing'}`)
  return charge
}

function webhookControls(world: World) {
  const mustBeEndpoint = (id: string) => {
    const row =
      world.webhookEndpoints.get(id) ?? [...world.webhookEndpoints.all()].find(({ url }) => url === id)
    if (row === undefined) throw noSuch('webhook endpoint', id)
    return row
  }
  return {
    addWebhook: ({ url, secrets, enabledEvents }: WebhookSettings) =>
      world.webhookEndpoints.insert({
        id: world.newId('we'),
        created: world.seconds(),
        url,
        secrets,
        enabledEvents: enabledEvents ?? ['*'],
        enabled: true,
        description: null,
        metadata: {},
        apiVersion: null,
      }).id,
    setWebhookEnabled: (id: string, enabled: boolean) => {
      mustBeEndpoint(id).enabled = enabled
    },
    setWebhookSecrets: (id: string, secrets: readonly string[]) => {
      mustBeEndpoint(id).secrets = secrets
    },
  }
}

/** Values as a form would carry them. */
function asForm(value: unknown): unknown {
  if (value === null) return ''
  if (Array.isArray(value)) return value.map(asForm)
  if (typeof value !== 'object') return String(value)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asForm(one)]))
}
