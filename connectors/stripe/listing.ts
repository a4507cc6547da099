import type { Stripe } from 'stripe'
import type { BillingFact } from '../../src/domain/fact.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../src/ports/answer.ts'
import type {
  Page,
  ProviderBalanceChange,
  ProviderInvoice,
  ProviderSubscription,
} from '../../src/ports/billing.ts'
import { fromStripe } from './amounts.ts'
import type { Connection } from './connection.ts'
import { idIn, instant, seconds } from './connection.ts'
import { balanceFacts } from './facts/balance-facts.ts'
import { billedLineOf, contractOf, linesOf } from './facts/invoice-lines.ts'
import { heardEventTypes } from './facts/read-facts.ts'
import { meterReportTypes } from './meter-report.ts'
import { pageOf } from './paging.ts'
import { metadataKeys } from './subscription-terms.ts'

const thinFrom = 'thin:'

type ListedDelivery = { deliveryId: string; type: string; occurredAt: Date; body: string }

/** Stripe's own record of the events we listen to, newest first, thirty days back; after those with a snapshot come the thin ones. */
export async function listDeliveries(
  connection: Connection,
  since: Date,
  cursor: string | null,
): Promise<Answer<Page<ListedDelivery>>> {
  if (cursor === thinFrom) return listThinDeliveries(connection, since)
  const { stripe, calls } = connection
  const created = { gte: seconds(since) }
  const page = await pageOf(
    calls,
    (asked) => stripe.events.list({ ...asked, created, types: heardEventTypes }),
    cursor,
  )
  return mapAnswer(page, ({ items, cursor: next }) => ({
    cursor: next ?? thinFrom,
    items: items.map((event) => ({
      deliveryId: event.id,
      type: event.type,
      occurredAt: instant(event.created),
      body: JSON.stringify(event),
    })),
  }))
}

/** Reports of meters are few, so they are one page, read until they are older than asked. */
async function listThinDeliveries(
  { stripe, calls }: Connection,
  since: Date,
): Promise<Answer<Page<ListedDelivery>>> {
  const found = await calls.read(async () => {
    const items: ListedDelivery[] = []
    for await (const event of stripe.v2.core.events.list({ types: [...meterReportTypes] })) {
      const occurredAt = new Date(event.created)
      if (occurredAt < since) break
      items.push({ deliveryId: event.id, type: event.type, occurredAt, body: JSON.stringify(event) })
    }
    return items
  })
  return mapAnswer(found, (items) => ({ items, cursor: null }))
}

/** All invoices, newest first, each with all its lines. */
export async function listInvoices(
  connection: Connection,
  cursor: string | null,
): Promise<Answer<Page<ProviderInvoice>>> {
  const { stripe, calls } = connection
  const page = await pageOf(calls, (asked) => stripe.invoices.list(asked), cursor)
  if (page.kind !== 'ok') return page
  const items: ProviderInvoice[] = []
  for (const invoice of page.value.items) {
    const lines = await linesOf(connection, invoice)
    if (lines.kind !== 'ok') return lines
    items.push(providerInvoice(invoice, lines.value))
  }
  return answered({ items, cursor: page.value.cursor })
}

function providerInvoice(invoice: Stripe.Invoice, lines: readonly Stripe.InvoiceLineItem[]): ProviderInvoice {
  const { finalized_at } = invoice.status_transitions
  return {
    invoiceId: invoice.id,
    contractId: contractOf(invoice),
    status: invoiceStatus(invoice.status),
    total: fromStripe(invoice.currency, invoice.total),
    amountPaid: fromStripe(invoice.currency, invoice.amount_paid),
    amountOpen: fromStripe(invoice.currency, invoice.status === 'open' ? invoice.amount_remaining : 0),
    finalizedAt: finalized_at === null ? null : instant(finalized_at),
    lines: lines.map((line) => {
      const { lineId, net, quantity } = billedLineOf(invoice, line)
      return { lineId, net, quantity }
    }),
  }
}

const invoiceStatuses = ['draft', 'open', 'paid', 'void', 'uncollectible'] as const

function invoiceStatus(status: string | null): ProviderInvoice['status'] {
  return invoiceStatuses.find((known) => known === status) ?? 'draft'
}

/** Every movement of the balance, newest first. */
export async function listBalanceChanges(
  { stripe, calls }: Connection,
  cursor: string | null,
): Promise<Answer<Page<ProviderBalanceChange>>> {
  const page = await pageOf(calls, (asked) => stripe.balanceTransactions.list(asked), cursor)
  return mapAnswer(page, ({ items, cursor: next }) => ({
    cursor: next,
    items: items.map(({ id, type, amount, fee, currency, source }) => ({
      balanceTransactionId: id,
      type,
      amount: fromStripe(currency, amount),
      fee: fromStripe(currency, fee),
      sourceId: idIn(source),
    })),
  }))
}

/** The facts of the movements since a day; a page may hold none. */
export async function readBalanceFacts(
  { stripe, calls }: Connection,
  since: Date,
  cursor: string | null,
): Promise<Answer<Page<BillingFact>>> {
  const created = { gte: seconds(since) }
  const page = await pageOf(calls, (asked) => stripe.balanceTransactions.list({ ...asked, created }), cursor)
  return mapAnswer(page, ({ items, cursor: next }) => ({ items: items.flatMap(balanceFacts), cursor: next }))
}

const schedulesFrom = 'schedules:'

/** All subscriptions in every status, and after them the schedules that have made none yet. */
export async function listSubscriptions(
  { stripe, calls }: Connection,
  cursor: string | null,
): Promise<Answer<Page<ProviderSubscription>>> {
  if (cursor === null || !cursor.startsWith(schedulesFrom)) {
    const page = await pageOf(
      calls,
      (asked) => stripe.subscriptions.list({ ...asked, status: 'all' }),
      cursor,
    )
    return mapAnswer(page, ({ items, cursor: next }) => ({
      items: items.map(({ id, metadata, status }) => ({
        subscriptionId: id,
        contractId: contractIn(metadata),
        status,
      })),
      cursor: next ?? schedulesFrom,
    }))
  }
  const after = cursor.slice(schedulesFrom.length)
  const page = await pageOf(
    calls,
    (asked) => stripe.subscriptionSchedules.list(asked),
    after === '' ? null : after,
  )
  return mapAnswer(page, ({ items, cursor: next }) => ({
    items: items
      .filter(
        ({ subscription, released_subscription: released }) => subscription === null && released === null,
      )
      .map(({ id, metadata, status }) => ({ subscriptionId: id, contractId: contractIn(metadata), status })),
    cursor: next === null ? null : `${schedulesFrom}${next}`,
  }))
}

function contractIn(metadata: Stripe.Metadata | null): string | null {
  return metadata?.[metadataKeys.contract] ?? null
}
