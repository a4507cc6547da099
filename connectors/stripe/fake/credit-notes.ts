import type * as z from 'zod'
import { endpoint, list, mergeMetadata, mustExist, sliceList } from './api.ts'
import type { Invoice } from './billing-rows.ts'
import { creditLines, netOfCredit, totalOf } from './credit-note-lines.ts'
import { creditNoteLineWire, creditNoteWire } from './credit-note-wire.ts'
import { moveBalance } from './customer-balance.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import { remaining } from './invoice-pay.ts'
import { markPaid } from './invoice-settle.ts'
import { nothing, plainList } from './params-customer.ts'
import * as params from './params-money.ts'
import type { Charge, CreditNote, CreditNoteLine, Refund } from './payment-rows.ts'
import { invalidRequest } from './refusal.ts'
import { refundCharge } from './refunds.ts'
import type { Customer } from './rows.ts'
import type { World } from './world.ts'

type CreateInput = z.output<typeof params.creditNoteCreate>

/** How a credit note is settled: against what is owed, then by refund, credit balance or past Stripe. */
type Settlement = {
  readonly prePayment: bigint
  readonly refund: bigint
  readonly linked: readonly Refund[]
  readonly balance: bigint
  readonly outOfBand: bigint
}

function createCreditNote(world: World, input: CreateInput): Wire {
  const invoice = mustExist(world.invoices.get(input.invoice), 'invoice', input.invoice, 'invoice')
  if (invoice.status !== 'open' && invoice.status !== 'paid')
    throw invalidRequest(`You cannot credit an invoice that is ${invoice.status}.`, {
      code: 'invoice_not_editable',
      param: 'invoice',
    })
  const lines = creditLines(world, invoice, input.lines, amountAsked(input))
  const sum = (amountOf: (line: CreditNoteLine) => bigint) =>
    lines.reduce((total, line) => total + amountOf(line), 0n)
  const totalMinor = sum(totalOf)
  refuseTooMuch(invoice, totalMinor)
  const settlement = settlementOf(world, invoice, input, totalMinor)
  const refundIds = refundsFor(world, invoice, settlement)
  const id = world.newId('cn')
  const row: CreditNote = {
    id,
    created: world.seconds(),
    invoiceId: invoice.id,
    customerId: invoice.customerId,
    currency: invoice.currency,
    number: `${invoice.number}-CN-${String(++invoice.creditNoteCount).padStart(2, '0')}`,
    lines,
    memo: input.memo ?? null,
    reason: input.reason ?? null,
    subtotalMinor: sum(({ amountMinor }) => amountMinor),
    discountMinor: sum((line) => line.amountMinor - netOfCredit(line)),
    taxMinor: sum(({ taxes }) => taxes.reduce((total, { amountMinor }) => total + amountMinor, 0n)),
    totalMinor,
    prePaymentMinor: settlement.prePayment,
    postPaymentMinor: totalMinor - settlement.prePayment,
    outOfBandMinor: settlement.outOfBand,
    balanceMinor: settlement.balance,
    balanceTransactionId: creditBalance(world, invoice, settlement.balance, id),
    refundIds,
    metadata: mergeMetadata({}, input.metadata),
    voidedAt: null,
  }
  world.creditNotes.insert(row)
  applyCredit(world, invoice, row, 1n)
  emit(world, 'credit_note.created', creditNoteWire(world, row))
  note(world, row, 'credit-note-issued')
  if (invoice.status === 'open' && remaining(invoice) === 0n) markPaid(world, invoice)
  return creditNoteWire(world, row)
}

/** The amount meant: the total, or what its parts add up to. */
function amountAsked(input: CreateInput): bigint | undefined {
  const parts = [input.refund_amount, input.credit_amount, input.out_of_band_amount].filter(
    (part) => part !== undefined,
  )
  const linked = (input.refunds ?? []).map(({ amount_refunded: amount }) => amount ?? 0n)
  const given = [...parts, ...linked]
  return input.amount ?? (given.length === 0 ? undefined : given.reduce((sum, part) => sum + part, 0n))
}

function refuseTooMuch(invoice: Invoice, totalMinor: bigint): void {
  const left = invoice.totalMinor - invoice.prePaymentCreditMinor - invoice.postPaymentCreditMinor
  if (totalMinor <= 0n || totalMinor > left)
    throw invalidRequest(
      `The credit note must be more than 0 and at most ${left}, what is left of the invoice.`,
      {
        param: 'amount',
      },
    )
}

function settlementOf(world: World, invoice: Invoice, input: CreateInput, totalMinor: bigint): Settlement {
  const owed = remaining(invoice)
  const prePayment = totalMinor < owed ? totalMinor : owed
  const linked = (input.refunds ?? []).map(({ refund = '' }, index) =>
    mustExist(world.refunds.get(refund), 'refund', refund, `refunds[${index}][refund]`),
  )
  const refund = input.refund_amount ?? 0n
  const balance = input.credit_amount ?? 0n
  const outOfBand = input.out_of_band_amount ?? 0n
  const settled =
    refund + balance + outOfBand + linked.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  if (settled !== totalMinor - prePayment)
    throw invalidRequest(
      `The sum of credit amount, refund amount and out of band amount (${settled}) must equal the post payment amount (${totalMinor - prePayment}).`,
      { param: 'refund_amount' },
    )
  return { prePayment, refund, linked, balance, outOfBand }
}

function refundsFor(world: World, invoice: Invoice, { refund, linked }: Settlement): string[] {
  const ids = linked.map(({ id }) => id)
  if (refund === 0n) return ids
  const charge = invoice.paymentIds
    .map((id) => world.invoicePayments.get(id)?.paymentIntentId ?? '')
    .flatMap((intentId) => world.charges.among('intent', intentId))
    .find((one: Charge) => one.amountMinor - one.refundedMinor >= refund)
  if (charge === undefined)
    throw invalidRequest('No payment of the invoice can be refunded by that much.', {
      param: 'refund_amount',
    })
  return [...ids, refundCharge(world, charge, { amountMinor: refund }).id]
}

function creditBalance(
  world: World,
  invoice: Invoice,
  amountMinor: bigint,
  creditNoteId: string,
): string | null {
  if (amountMinor === 0n) return null
  const customer = world.customers.get(invoice.customerId) as Customer
  const cause = { type: 'credit_note' as const, currency: invoice.currency, creditNoteId }
  return moveBalance(world, customer, -amountMinor, cause).id
}

/** Takes a credit note off its invoice, or, with -1, puts it back. */
function applyCredit(world: World, invoice: Invoice, row: CreditNote, sign: 1n | -1n): void {
  invoice.prePaymentCreditMinor += sign * row.prePaymentMinor
  invoice.postPaymentCreditMinor += sign * row.postPaymentMinor
  invoice.amountDueMinor -= sign * row.prePaymentMinor
  for (const line of row.lines) {
    const credited = invoice.lines.find(({ id }) => id === line.invoiceLineId)
    if (credited) credited.creditedMinor += sign * netOfCredit(line)
  }
}

function voidCreditNote(world: World, row: CreditNote): Wire {
  const invoice = world.invoices.get(row.invoiceId) as Invoice
  if (row.voidedAt !== null || row.postPaymentMinor > 0n || invoice.status !== 'open')
    throw invalidRequest('You can only void a credit note that lowers what is owed on an open invoice.')
  row.voidedAt = world.seconds()
  applyCredit(world, invoice, row, -1n)
  emit(world, 'credit_note.voided', creditNoteWire(world, row))
  note(world, row, 'credit-note-voided')
  return creditNoteWire(world, row)
}

function note(world: World, row: CreditNote, kind: 'credit-note-issued' | 'credit-note-voided'): void {
  world.journal.add({
    at: world.seconds(),
    kind,
    objectId: row.id,
    invoiceId: row.invoiceId,
    currency: row.currency,
    amountMinor: row.totalMinor,
    taxMinor: row.taxMinor,
  })
}

function mustBeCreditNote(world: World, id: string): CreditNote {
  return mustExist(world.creditNotes.get(id), 'credit_note', id)
}

/** Routes of credit notes. */
export const creditNoteEndpoints = [
  endpoint('POST', '/v1/credit_notes', params.creditNoteCreate, createCreditNote),
  endpoint('GET', '/v1/credit_notes', params.creditNoteList, (world, input) =>
    list(world.creditNotes, 'credit_note', '/v1/credit_notes', input, (row) => creditNoteWire(world, row), {
      among:
        input.invoice !== undefined
          ? ['invoice', input.invoice]
          : input.customer === undefined
            ? undefined
            : ['customer', input.customer],
    }),
  ),
  endpoint('GET', '/v1/credit_notes/:id', nothing, (world, _input, { id = '' }) =>
    creditNoteWire(world, mustBeCreditNote(world, id)),
  ),
  endpoint('POST', '/v1/credit_notes/:id', params.creditNoteUpdate, (world, input, { id = '' }) => {
    const row = mustBeCreditNote(world, id)
    const before = creditNoteWire(world, row)
    row.metadata = mergeMetadata(row.metadata, input.metadata)
    emitChange(world, 'credit_note.updated', before, creditNoteWire(world, row))
    return creditNoteWire(world, row)
  }),
  endpoint('POST', '/v1/credit_notes/:id/void', nothing, (world, _input, { id = '' }) =>
    voidCreditNote(world, mustBeCreditNote(world, id)),
  ),
  endpoint('GET', '/v1/credit_notes/:id/lines', plainList, (world, input, { id = '' }) =>
    sliceList(
      mustBeCreditNote(world, id).lines,
      'credit_note_line_item',
      `/v1/credit_notes/${id}/lines`,
      input,
      (line) => creditNoteLineWire(world, line),
    ),
  ),
]
