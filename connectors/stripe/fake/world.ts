import type { Clock } from '../../../src/ports/clock.ts'
import type { Random } from '../../../src/ports/random.ts'
import type { Agenda } from './agenda.ts'
import { createAgenda } from './agenda.ts'
import type { Invoice, InvoiceItem, Subscription, SubscriptionItem } from './billing-rows.ts'
import type { EventLog, LoggedEvent } from './event-log.ts'
import { createEventLog } from './event-log.ts'
import type { Journal } from './journal.ts'
import { createJournal } from './journal.ts'
import type { MeterBook } from './meter-book.ts'
import { createMeterBook } from './meter-book.ts'
import type { Outbox } from './outbox.ts'
import { chance, createOutbox } from './outbox.ts'
import type * as payment from './payment-rows.ts'
import type * as rows from './rows.ts'
import type { Schedule } from './schedule-rows.ts'
import type { SearchIndex } from './search-index.ts'
import { createSearchIndex } from './search-index.ts'
import type { Quirks, Settings, StripeFakeOptions } from './settings.ts'
import { calmQuirks, settingsFrom } from './settings.ts'
import type { Table } from './table.ts'
import { createTable } from './table.ts'

type Tables = {
  readonly customers: Table<rows.Customer>
  readonly taxIds: Table<rows.TaxId>
  readonly products: Table<rows.Product>
  readonly prices: Table<rows.Price>
  readonly coupons: Table<rows.Coupon>
  readonly promotionCodes: Table<rows.PromotionCode>
  readonly discounts: Table<rows.Discount>
  readonly taxRates: Table<rows.TaxRate>
  readonly paymentMethods: Table<rows.PaymentMethod>
  readonly meters: Table<rows.Meter>
  readonly testClocks: Table<rows.TestClock>
  readonly webhookEndpoints: Table<rows.WebhookEndpoint>
  readonly subscriptions: Table<Subscription>
  readonly subscriptionItems: Table<SubscriptionItem>
  readonly schedules: Table<Schedule>
  readonly invoices: Table<Invoice>
  readonly invoiceItems: Table<InvoiceItem>
  readonly paymentIntents: Table<payment.PaymentIntent>
  readonly charges: Table<payment.Charge>
  readonly invoicePayments: Table<payment.InvoicePayment>
  readonly refunds: Table<payment.Refund>
  readonly disputes: Table<payment.Dispute>
  readonly balanceTransactions: Table<payment.BalanceTransaction>
  readonly payouts: Table<payment.Payout>
  readonly creditNotes: Table<payment.CreditNote>
  readonly customerBalanceTransactions: Table<payment.CustomerBalanceTransaction>
}

/** Everything the twin knows: its objects, what is due, what it has told and what it will tell. */
export type World = Tables & {
  readonly settings: Settings
  readonly quirks: Quirks
  readonly clock: Clock
  readonly random: Random
  readonly agenda: Agenda
  readonly events: EventLog
  readonly outbox: Outbox
  readonly journal: Journal
  readonly meterBook: MeterBook
  readonly search: SearchIndex
  /** Prices by lookup key: the one thing looked up that can move from row to row. */
  readonly priceByLookupKey: Map<string, string>
  /** Invoice items of no subscription that wait for a customer's next invoice. */
  readonly pendingByCustomer: Map<string, string[]>
  /** Invoices that are open and not paid: who owes. */
  readonly openInvoiceIds: Set<string>
  /** Movements of the balance that no payout has sent yet, by currency. */
  readonly unpaidMovements: Map<string, payment.BalanceTransaction[]>
  /** Currency and day of payouts already planned. */
  readonly payoutDays: Set<string>
  /** Called with each answer to a delivery. */
  readonly deliveryListeners: ((event: LoggedEvent, accepted: boolean) => void)[]
  /** The request being served, or null when something happens by itself. */
  request: { readonly id: string; readonly idempotencyKey: string | null } | null
  /** Unix seconds of the twin's time. */
  seconds(): number
  /** Milliseconds of the twin's time. */
  milliseconds(): number
  /** Runs everything due up to an instant, in order of time, and stays there. */
  advance(milliseconds: number): void
  /** Time that passed outside since the last look has passed in here too. */
  catchUp(): void
  /** The milliseconds at which the next thing happens by itself, or null. */
  nextDueAt(): number | null
  /** Whether something with a share of chance happens now. */
  happens(share: number): boolean
  /** A new id: a prefix and 14 letters and digits. */
  newId(prefix: string): string
}

/** Makes an empty world at the clock's time. */
export function createWorld(options: StripeFakeOptions): World {
  const { clock, random } = options
  const quirks = { ...calmQuirks, ...options.quirks }
  const time = createTime(clock)
  const deliveryListeners: World['deliveryListeners'] = []
  const onAnswer = (event: LoggedEvent, accepted: boolean) =>
    deliveryListeners.forEach((listen) => listen(event, accepted))
  const outbox = createOutbox({ now: time.milliseconds, deliver: options.deliver, random, quirks, onAnswer })
  return {
    ...createTables(),
    ...time,
    settings: settingsFrom(options),
    quirks,
    clock,
    random,
    events: createEventLog(time.seconds),
    outbox,
    journal: createJournal(),
    meterBook: createMeterBook(),
    search: createSearchIndex(time.seconds, quirks),
    priceByLookupKey: new Map(),
    pendingByCustomer: new Map(),
    openInvoiceIds: new Set(),
    unpaidMovements: new Map(),
    payoutDays: new Set(),
    deliveryListeners,
    request: null,
    catchUp: () => time.advance(clock.now().getTime()),
    nextDueAt: () => {
      const task = time.agenda.peek()
      const retry = outbox.nextRetryAt(time.milliseconds())
      const soonest = Math.min(task === null ? Infinity : task.at * 1000, retry ?? Infinity)
      return Number.isFinite(soonest) ? soonest : null
    },
    happens: (share) => chance(random, share),
    newId: (prefix) => `${prefix}_${letters(random, 14)}`,
  }
}

function createTime(clock: Clock): Pick<World, 'agenda' | 'seconds' | 'milliseconds' | 'advance'> {
  const agenda = createAgenda()
  let current = clock.now().getTime()
  const advance = (target: number) => {
    for (let next = agenda.peek(); next !== null && next.at * 1000 <= target; next = agenda.peek()) {
      current = Math.max(current, next.at * 1000)
      agenda.take()?.run()
    }
    current = Math.max(current, target)
  }
  return { agenda, advance, milliseconds: () => current, seconds: () => Math.floor(current / 1000) }
}

function createTables(): Tables {
  return { ...createCatalogueTables(), ...createBillingTables(), ...createMoneyTables() }
}

function createCatalogueTables() {
  return {
    customers: createTable<rows.Customer>({ email: (row) => row.email }),
    taxIds: createTable<rows.TaxId>({ customer: (row) => row.customerId }),
    products: createTable<rows.Product>(),
    prices: createTable<rows.Price>({ product: (row) => row.productId }),
    coupons: createTable<rows.Coupon>(),
    promotionCodes: createTable<rows.PromotionCode>({ code: (row) => row.code.toLowerCase() }),
    discounts: createTable<rows.Discount>(),
    taxRates: createTable<rows.TaxRate>({
      place: (row) => [row.country, row.state ?? '', row.percentage, String(row.inclusive)].join(' '),
    }),
    paymentMethods: createTable<rows.PaymentMethod>({ customer: (row) => row.customerId }),
    meters: createTable<rows.Meter>({ eventName: (row) => row.eventName }),
    testClocks: createTable<rows.TestClock>(),
    webhookEndpoints: createTable<rows.WebhookEndpoint>(),
  }
}

function createBillingTables() {
  return {
    subscriptions: createTable<Subscription>({ customer: (row) => row.customerId }),
    subscriptionItems: createTable<SubscriptionItem>({ subscription: (row) => row.subscriptionId }),
    schedules: createTable<Schedule>({ customer: (row) => row.customerId }),
    invoices: createTable<Invoice>({
      status: (row) => row.status,
      customer: (row) => row.customerId,
      subscription: (row) => row.subscriptionId,
    }),
    invoiceItems: createTable<InvoiceItem>({ customer: (row) => row.customerId }),
  }
}

function createMoneyTables() {
  return {
    paymentIntents: createTable<payment.PaymentIntent>({ customer: (row) => row.customerId }),
    charges: createTable<payment.Charge>({
      customer: (row) => row.customerId,
      intent: (row) => row.paymentIntentId,
    }),
    invoicePayments: createTable<payment.InvoicePayment>({
      invoice: (row) => row.invoiceId,
      intent: (row) => row.paymentIntentId,
    }),
    refunds: createTable<payment.Refund>({
      charge: (row) => row.chargeId,
      intent: (row) => row.paymentIntentId,
    }),
    disputes: createTable<payment.Dispute>({
      charge: (row) => row.chargeId,
      intent: (row) => row.paymentIntentId,
    }),
    balanceTransactions: createTable<payment.BalanceTransaction>({
      type: (row) => row.type,
      source: (row) => row.sourceId,
    }),
    payouts: createTable<payment.Payout>(),
    creditNotes: createTable<payment.CreditNote>({
      invoice: (row) => row.invoiceId,
      customer: (row) => row.customerId,
    }),
    customerBalanceTransactions: createTable<payment.CustomerBalanceTransaction>({
      customer: (row) => row.customerId,
    }),
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function letters(random: Random, count: number): string {
  return Array.from(random.bytes(count), (byte) => alphabet[byte % alphabet.length]).join('')
}
