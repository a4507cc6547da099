import { inlineList, minor } from './api.ts'
import type { Wire } from './emit.ts'
import { summedDiscounts, summedTaxes, taxWire } from './invoice-wire.ts'
import type { CreditNote, CreditNoteLine } from './payment-rows.ts'
import type { World } from './world.ts'

/** A credit note on the wire. */
export function creditNoteWire(world: World, row: CreditNote): Wire {
  const discounts = summedDiscounts(row.lines)
  const mixed = row.prePaymentMinor > 0n && row.postPaymentMinor > 0n
  return {
    id: row.id,
    object: 'credit_note',
    amount: minor(row.totalMinor),
    amount_shipping: 0,
    created: row.created,
    currency: row.currency,
    customer: row.customerId,
    customer_account: null,
    customer_balance_transaction: row.balanceTransactionId,
    discount_amount: minor(row.discountMinor),
    discount_amounts: discounts,
    effective_at: row.created,
    invoice: row.invoiceId,
    lines: inlineList(`/v1/credit_notes/${row.id}/lines`, row.lines, (line) =>
      creditNoteLineWire(world, line),
    ),
    livemode: world.settings.livemode,
    memo: row.memo,
    metadata: row.metadata,
    number: row.number,
    out_of_band_amount: row.outOfBandMinor === 0n ? null : minor(row.outOfBandMinor),
    pdf: `https://pay.stripe.example/credit_notes/${row.id}/pdf`,
    post_payment_amount: minor(row.postPaymentMinor),
    pre_payment_amount: minor(row.prePaymentMinor),
    pretax_credit_amounts: discounts.map((one) => ({ ...one, type: 'discount' })),
    reason: row.reason,
    refunds: row.refundIds.map((id) => ({
      amount_refunded: minor(world.refunds.get(id)?.amountMinor ?? 0n),
      payment_record_refund: null,
      refund: id,
      type: 'refund',
    })),
    shipping_cost: null,
    status: row.voidedAt === null ? 'issued' : 'void',
    subtotal: minor(row.subtotalMinor),
    subtotal_excluding_tax: minor(row.totalMinor - row.taxMinor + row.discountMinor),
    total: minor(row.totalMinor),
    total_excluding_tax: minor(row.totalMinor - row.taxMinor),
    total_taxes: summedTaxes(row.lines.flatMap(({ taxes }) => taxes)),
    type: mixed ? 'mixed' : row.postPaymentMinor > 0n ? 'post_payment' : 'pre_payment',
    voided_at: row.voidedAt,
  }
}

/** A line of a credit note on the wire. */
export function creditNoteLineWire(world: World, line: CreditNoteLine): Wire {
  const off = line.discounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  const amounts = summedDiscounts([line])
  return {
    id: line.id,
    object: 'credit_note_line_item',
    amount: minor(line.amountMinor),
    description: line.description,
    discount_amount: minor(off),
    discount_amounts: amounts,
    ...(line.invoiceLineId === null ? {} : { invoice_line_item: line.invoiceLineId }),
    livemode: world.settings.livemode,
    metadata: line.metadata,
    pretax_credit_amounts: amounts.map((one) => ({ ...one, type: 'discount' })),
    quantity: line.quantity === null ? null : minor(line.quantity),
    tax_rates: [],
    taxes: line.taxes.map(taxWire),
    type: line.invoiceLineId === null ? 'custom_line_item' : 'invoice_line_item',
    unit_amount: null,
    unit_amount_decimal: null,
  }
}
