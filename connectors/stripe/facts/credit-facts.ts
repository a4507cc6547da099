import type { Stripe } from 'stripe'
import type { BilledLine, BillingFact, CreditNoteIssued } from '../../../src/domain/fact.ts'
import type { Money } from '../../../src/domain/money.ts'
import { allocate, zero } from '../../../src/domain/money.ts'
import type { Answer } from '../../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../../src/ports/answer.ts'
import { fromStripe } from '../amounts.ts'
import type { Connection } from '../connection.ts'
import { idIn, instant } from '../connection.ts'
import { allOf } from '../paging.ts'
import { billedLineOf, contractOf, inclusive, linesOf, total } from './invoice-lines.ts'
import { taxesOf } from './taxes.ts'

/** Part of an invoice was given back. Its lines take contract line and service from the invoice lines they credit. */
export async function creditNoteFacts(
  connection: Connection,
  note: Stripe.CreditNote,
): Promise<Answer<BillingFact[]>> {
  const { stripe, calls } = connection
  const invoice = await calls.read(() => stripe.invoices.retrieve(idIn(note.invoice) ?? ''))
  if (invoice.kind !== 'ok') return invoice
  const invoiced = await linesOf(connection, invoice.value)
  if (invoiced.kind !== 'ok') return invoiced
  const credited = await creditedLinesOf(connection, note)
  if (credited.kind !== 'ok') return credited
  const taxes = await taxesOf(connection, note.currency, note.total_taxes)
  const billed = invoiced.value.map((line) => billedLineOf(invoice.value, line))
  return mapAnswer(taxes, (amounts) => {
    const fact: CreditNoteIssued = {
      kind: 'credit-note-issued',
      factKey: `stripe:credit-note:${note.id}`,
      occurredAt: instant(note.created),
      creditNoteId: note.id,
      invoiceId: invoice.value.id,
      total: fromStripe(note.currency, note.total),
      lines:
        credited.value.length === 0
          ? shared(note, billed, total(note.total_taxes))
          : credited.value.map((line) => lineOf(note, line, billed, contractOf(invoice.value))),
      taxes: amounts,
      settlement: settlementOf(note),
    }
    return [fact]
  })
}

async function creditedLinesOf(
  { stripe, calls }: Connection,
  { id, lines }: Stripe.CreditNote,
): Promise<Answer<Stripe.CreditNoteLineItem[]>> {
  if (!lines.has_more) return answered(lines.data)
  return allOf(calls, (page) => stripe.creditNotes.listLineItems(id, page))
}

function lineOf(
  note: Stripe.CreditNote,
  line: Stripe.CreditNoteLineItem,
  billed: readonly BilledLine[],
  contractId: string | null,
): BilledLine {
  const net = line.amount - line.discount_amount - total(inclusive(line.taxes))
  const credited = billed.find(({ billedLineId }) => billedLineId === line.invoice_line_item)
  const day = instant(note.created).toISOString().slice(0, 10)
  return {
    billedLineId: line.id,
    contractId: credited?.contractId ?? contractId,
    lineId: credited?.lineId ?? null,
    description: line.description ?? credited?.description ?? '',
    net: fromStripe(note.currency, net),
    quantity: line.quantity?.toString() ?? null,
    service: credited?.service ?? { startsOn: day, endsBefore: day },
  }
}

/** A credit note over an amount alone takes from every line of the invoice its share. */
function shared(note: Stripe.CreditNote, billed: readonly BilledLine[], tax: number): BilledLine[] {
  const charged = billed.filter(({ net }) => net.amountMinor > 0n)
  if (charged.length === 0) return []
  const net = fromStripe(note.currency, note.total - tax)
  const shares = allocate(
    net,
    charged.map((line) => line.net.amountMinor),
  )
  return charged.map((line, index) => ({
    ...line,
    billedLineId: `${note.id}:${line.billedLineId}`,
    net: shares[index] ?? zero(net.currency),
    quantity: null,
  }))
}

function settlementOf(note: Stripe.CreditNote): CreditNoteIssued['settlement'] {
  const { currency, pre_payment_amount, post_payment_amount, out_of_band_amount, refunds } = note
  const refunded = refunds.reduce((sum, { amount_refunded }) => sum + amount_refunded, 0)
  const offStripe = out_of_band_amount ?? 0
  const money = (amount: number): Money => fromStripe(currency, amount)
  return {
    againstInvoice: money(pre_payment_amount),
    customerBalance: money(post_payment_amount - refunded - offStripe),
    refunded: money(refunded),
    offStripe: money(offStripe),
  }
}

/** A credit note was taken back. */
export function creditNoteVoidedFacts({ id, voided_at, created }: Stripe.CreditNote): BillingFact[] {
  const occurredAt = instant(voided_at ?? created)
  const factKey = `stripe:credit-note:${id}:voided`
  return [{ kind: 'credit-note-voided', factKey, occurredAt, creditNoteId: id }]
}
