import { inlineList, minor } from './api.ts'
import type { DiscountAmount, Invoice, InvoiceItem, InvoiceLine, TaxLine } from './billing-rows.ts'
import type { Wire } from './emit.ts'
import type { Metadata } from './rows.ts'
import type { World } from './world.ts'

/** An invoice on the wire. Its payments come only when asked for. */
export function invoiceWire(world: World, row: Invoice): Wire {
  return {
    ...identityOf(world, row),
    ...amountsOf(row),
    ...termsOf(row),
    lines: inlineList(`/v1/invoices/${row.id}/lines`, row.lines, (line) => lineWire(world, row, line)),
    total_discount_amounts: summedDiscounts(row.lines),
    total_pretax_credit_amounts: summedDiscounts(row.lines).map(asPretaxCredit),
    total_taxes: summedTaxes(row.lines.flatMap(({ taxes }) => taxes)),
  }
}

function identityOf(world: World, row: Invoice): Wire {
  const final = row.finalizedAt !== null
  return {
    ...(row.frozenCustomer ?? customerCopy(world, row.customerId)),
    id: row.id,
    object: 'invoice',
    account_country: world.settings.tax.headOfficeCountry,
    account_name: null,
    account_tax_ids: null,
    application: null,
    created: row.created,
    currency: row.currency,
    customer: row.customerId,
    customer_account: null,
    customer_tax_ids: row.customerTaxIds,
    hosted_invoice_url: final ? `https://invoice.stripe.example/i/${row.id}` : null,
    invoice_pdf: final ? `https://invoice.stripe.example/i/${row.id}/pdf` : null,
    livemode: world.settings.livemode,
    metadata: row.metadata,
    number: row.number,
    parent: parentOf(row),
    receipt_number: null,
    status: row.status,
    status_transitions: {
      finalized_at: row.finalizedAt,
      marked_uncollectible_at: row.uncollectibleAt,
      paid_at: row.paidAt,
      voided_at: row.voidedAt,
    },
    test_clock: world.customers.get(row.customerId)?.testClock ?? null,
  }
}

/** What an invoice copies from its customer. */
export function customerCopy(world: World, customerId: string): Wire {
  const customer = world.customers.get(customerId)
  return {
    customer_address: customer?.address ?? null,
    customer_email: customer?.email ?? null,
    customer_name: customer?.name ?? null,
    customer_phone: customer?.phone ?? null,
    customer_shipping: customer?.shipping ?? null,
    customer_tax_exempt: customer?.taxExempt ?? 'none',
  }
}

function parentOf(row: Invoice): Wire | null {
  if (row.subscriptionId === null) return null
  const details = { metadata: row.subscriptionMetadata, subscription: row.subscriptionId }
  return { quote_details: null, subscription_details: details, type: 'subscription_details' }
}

function amountsOf(row: Invoice): Wire {
  const remaining = row.amountDueMinor - row.amountPaidMinor
  return {
    amount_due: minor(row.amountDueMinor),
    amount_overpaid: minor(row.amountOverpaidMinor),
    amount_paid: minor(row.amountPaidMinor),
    amount_paid_off_stripe: minor(row.offStripeMinor),
    amount_remaining: minor(remaining > 0n ? remaining : 0n),
    amount_shipping: 0,
    ending_balance: row.endingBalanceMinor === null ? null : minor(row.endingBalanceMinor),
    post_payment_credit_notes_amount: minor(row.postPaymentCreditMinor),
    pre_payment_credit_notes_amount: minor(row.prePaymentCreditMinor),
    starting_balance: minor(row.startingBalanceMinor),
    subtotal: minor(row.subtotalMinor),
    subtotal_excluding_tax: minor(row.subtotalMinor - (row.taxMinor - row.exclusiveTaxMinor)),
    total: minor(row.totalMinor),
    total_excluding_tax: minor(row.totalMinor - row.taxMinor),
  }
}

function termsOf(row: Invoice): Wire {
  return {
    attempt_count: row.attemptCount,
    attempted: row.attemptCount > 0,
    auto_advance: row.autoAdvance,
    automatic_tax: {
      disabled_reason: row.taxDisabledReason,
      enabled: row.automaticTax,
      liability: row.automaticTax ? { type: 'self' } : null,
      provider: row.automaticTax ? 'stripe' : null,
      status: row.taxStatus,
    },
    automatically_finalizes_at: row.status === 'draft' && row.autoAdvance ? row.finalizesAt : null,
    billing_reason: row.billingReason,
    collection_method: row.collectionMethod,
    custom_fields: row.customFields,
    default_payment_method: row.defaultPaymentMethod,
    default_source: null,
    default_tax_rates: [],
    description: row.description,
    discounts: row.discountIds,
    due_date: row.dueDate,
    effective_at: row.finalizedAt,
    footer: row.footer,
    from_invoice: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    next_payment_attempt: row.nextAttemptAt,
    on_behalf_of: null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: row.period.end,
    period_start: row.period.start,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    statement_descriptor: null,
    webhooks_delivered_at: row.webhooksDeliveredAt,
  }
}

/** A line of an invoice on the wire. */
export function lineWire(world: World, invoice: Invoice, line: InvoiceLine): Wire {
  const { priceId, productId, unitAmount } = line.pricing
  return {
    id: line.id,
    object: 'line_item',
    amount: minor(line.amountMinor),
    currency: invoice.currency,
    description: line.description,
    discount_amounts: line.discounts.map(asDiscountAmount),
    discountable: line.discountable,
    discounts: line.discountIds,
    invoice: invoice.id,
    livemode: world.settings.livemode,
    metadata: lineMetadata(world, line),
    parent: lineParent(line),
    period: line.period,
    pretax_credit_amounts: line.discounts.map(asDiscountAmount).map(asPretaxCredit),
    pricing:
      priceId === null
        ? null
        : {
            price_details: { price: priceId, product: productId },
            type: 'price_details',
            unit_amount_decimal: unitAmount,
          },
    quantity: line.quantity === null ? null : Math.trunc(Number(line.quantity)),
    quantity_decimal: line.quantity,
    subscription: line.subscriptionId,
    subtotal: minor(line.amountMinor),
    taxes: line.taxes.map(taxWire),
  }
}

/** A line of a subscription shows the metadata the subscription has now, unless the line was given its own. */
export function lineMetadata(world: World, line: InvoiceLine): Metadata {
  return line.metadata ?? world.subscriptions.get(line.subscriptionId ?? '')?.metadata ?? {}
}

function lineParent(line: InvoiceLine): Wire {
  const credited = line.credited && {
    invoice: line.credited.invoiceId,
    invoice_line_items: line.credited.lineIds,
  }
  const common = {
    proration: line.proration,
    proration_details: line.proration ? { credited_items: credited } : null,
    subscription: line.subscriptionId,
  }
  if (line.itemId === null)
    return {
      invoice_item_details: { invoice_item: line.invoiceItemId, ...common },
      subscription_item_details: null,
      type: 'invoice_item_details',
    }
  return {
    invoice_item_details: null,
    subscription_item_details: {
      invoice_item: line.invoiceItemId,
      subscription_item: line.itemId,
      ...common,
    },
    type: 'subscription_item_details',
  }
}

/** A tax amount on the wire. */
export function taxWire(tax: TaxLine): Wire {
  return {
    amount: minor(tax.amountMinor),
    tax_behavior: tax.behavior,
    tax_rate_details: tax.taxRateId === null ? null : { tax_rate: tax.taxRateId },
    taxability_reason: tax.reason,
    taxable_amount: minor(tax.taxableMinor),
    type: 'tax_rate_details',
  }
}

/** Taxes added up by rate, behavior and reason. */
export function summedTaxes(taxes: readonly TaxLine[]): Wire[] {
  const sums = new Map<string, TaxLine>()
  for (const tax of taxes) {
    const key = [tax.taxRateId, tax.behavior, tax.reason].join(' ')
    const sum = sums.get(key)
    sums.set(key, {
      ...tax,
      amountMinor: tax.amountMinor + (sum?.amountMinor ?? 0n),
      taxableMinor: tax.taxableMinor + (sum?.taxableMinor ?? 0n),
    })
  }
  return [...sums.values()].map(taxWire)
}

function asDiscountAmount({ discountId, amountMinor }: DiscountAmount): { amount: number; discount: string } {
  return { amount: minor(amountMinor), discount: discountId }
}

function asPretaxCredit(one: { amount: number; discount: string }): Wire {
  return { ...one, type: 'discount' }
}

/** Discounts added up over lines or their like. */
export function summedDiscounts(
  lines: readonly { readonly discounts: readonly DiscountAmount[] }[],
): { amount: number; discount: string }[] {
  const sums = new Map<string, bigint>()
  for (const { discountId, amountMinor } of lines.flatMap(({ discounts }) => discounts))
    sums.set(discountId, (sums.get(discountId) ?? 0n) + amountMinor)
  return [...sums].map(([discountId, amountMinor]) => asDiscountAmount({ discountId, amountMinor }))
}

/** An invoice item on the wire. */
export function invoiceItemWire(world: World, row: InvoiceItem): Wire {
  const { priceId, productId, unitAmount } = row.pricing
  return {
    id: row.id,
    object: 'invoiceitem',
    amount: minor(row.amountMinor),
    currency: row.currency,
    customer: row.customerId,
    customer_account: null,
    date: row.created,
    description: row.description,
    discountable: row.discountable,
    discounts: row.discountIds,
    invoice: row.invoiceId,
    livemode: world.settings.livemode,
    metadata: row.metadata,
    parent: itemParent(row),
    period: row.period,
    pricing:
      priceId === null
        ? null
        : {
            price_details: { price: priceId, product: productId },
            type: 'price_details',
            unit_amount_decimal: unitAmount,
          },
    proration: row.proration,
    quantity: Math.trunc(Number(row.quantity)),
    quantity_decimal: row.quantity,
    tax_rates: [],
    test_clock: world.customers.get(row.customerId)?.testClock ?? null,
  }
}

function itemParent({ subscriptionId, subscriptionItemId }: InvoiceItem): Wire | null {
  if (subscriptionId === null) return null
  const item = subscriptionItemId === null ? {} : { subscription_item: subscriptionItemId }
  return { subscription_details: { subscription: subscriptionId, ...item }, type: 'subscription_details' }
}
