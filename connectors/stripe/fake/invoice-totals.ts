import { Big } from 'big.js'
import { roundToInteger } from '../../../src/domain/money.ts'
import type { Invoice, InvoiceLine, UsageSlot } from './billing-rows.ts'
import { discountAmounts } from './discounts.ts'
import { amountFor, ratedParts } from './rating.ts'
import type { Customer, Meter, Price, TaxBehavior } from './rows.ts'
import { taxLocation, taxOn } from './tax.ts'
import type { World } from './world.ts'

/** A line before its id, discounts and taxes are worked out. */
export type NewLine = Omit<InvoiceLine, 'id' | 'discounts' | 'taxes' | 'creditedMinor'>

/** Works out discounts, taxes and totals of a draft from its lines. */
export function recompute(world: World, invoice: Invoice): void {
  const customer = world.customers.get(invoice.customerId) as Customer
  applyDiscounts(world, invoice)
  applyTaxes(world, invoice, customer)
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)
  const taxes = invoice.lines.flatMap((line) => line.taxes)
  invoice.subtotalMinor = sum(invoice.lines.map(({ amountMinor }) => amountMinor))
  invoice.discountMinor = sum(invoice.lines.map(discountOf))
  invoice.taxMinor = sum(taxes.map(({ amountMinor }) => amountMinor))
  invoice.exclusiveTaxMinor = sum(
    taxes.filter(({ behavior }) => behavior === 'exclusive').map(({ amountMinor }) => amountMinor),
  )
  invoice.totalMinor = invoice.subtotalMinor - invoice.discountMinor + invoice.exclusiveTaxMinor
  invoice.startingBalanceMinor = customer.balanceMinor
  const due = invoice.totalMinor + customer.balanceMinor
  invoice.amountDueMinor = due > 0n ? due : 0n
}

/** What comes off a line. */
export function discountOf({ discounts }: Pick<InvoiceLine, 'discounts'>): bigint {
  return discounts.reduce((total, { amountMinor }) => total + amountMinor, 0n)
}

function applyDiscounts(world: World, invoice: Invoice): void {
  const worked = discountAmounts(
    world,
    invoice.lines.map((line) => ({
      amountMinor: line.amountMinor,
      productId: line.pricing.productId,
      own: line.discountIds,
      open: line.discountable && line.fixedDiscounts.length === 0,
    })),
    invoice.discountIds,
  )
  invoice.lines.forEach((line, index) => {
    line.discounts = line.fixedDiscounts.length > 0 ? line.fixedDiscounts : (worked[index] ?? [])
  })
}

function applyTaxes(world: World, invoice: Invoice, customer: Customer): void {
  for (const line of invoice.lines) line.taxes = []
  if (!invoice.automaticTax) {
    invoice.taxStatus = null
    return
  }
  invoice.taxStatus = taxLocation(customer) === null ? 'requires_location_inputs' : 'complete'
  if (invoice.taxStatus !== 'complete') return
  for (const line of invoice.lines)
    line.taxes = [
      taxOn(world, customer, line.amountMinor - discountOf(line), taxBehaviorOf(world, line.taxBehavior)),
    ]
}

/** The tax behavior that counts: the line's own, or the account's default. */
export function taxBehaviorOf(world: World, behavior: TaxBehavior | null): 'exclusive' | 'inclusive' {
  if (behavior === 'inclusive' || behavior === 'exclusive') return behavior
  return world.settings.tax.defaultBehavior ?? 'exclusive'
}

/** Counts the use of a draft's metered items anew; answers whether a line changed. */
export function countUsage(world: World, invoice: Invoice): boolean {
  if (invoice.status !== 'draft' || invoice.usageSlots.length === 0) return false
  const before = new Map(
    invoice.lines.flatMap((line) => (line.usageKey === null ? [] : [[line.usageKey, line] as const])),
  )
  const fresh = invoice.usageSlots.flatMap((slot, index) => usageLines(world, invoice, slot, index))
  const same =
    fresh.length === before.size &&
    fresh.every((line) => before.get(line.usageKey ?? '')?.quantity === line.quantity)
  if (same) return false
  const kept = invoice.lines.filter(({ usageKey }) => usageKey === null)
  const counted = fresh.map((line) => withId(world, line, before.get(line.usageKey ?? '')?.id))
  invoice.lines = [...kept, ...counted]
  return true
}

/** Gives a new line an id and room for what is worked out later. */
export function withId(world: World, line: NewLine, id = world.newId('il')): InvoiceLine {
  return { ...line, id, discounts: [], taxes: [], creditedMinor: 0n }
}

/** What a customer used in a slot, of what counts by now. */
export function usageIn(world: World, customerId: string, price: Price, slot: UsageSlot): Big {
  const meter = world.meters.get(price.recurring?.meterId ?? '') as Meter
  return world.meterBook.total(meter.id, customerId, slot.period, meter.formula, world.seconds())
}

function usageLines(world: World, invoice: Invoice, slot: UsageSlot, index: number): NewLine[] {
  const price = world.prices.get(slot.priceId) as Price
  const used = usageIn(world, invoice.customerId, price, slot)
  const flexible = world.subscriptions.get(invoice.subscriptionId ?? '')?.billingMode !== 'classic'
  const perTier = world.quirks.linePerTier && price.tiersMode === 'graduated'
  const parts = perTier
    ? ratedParts(price, used).map((part) => ({
        quantity: part.quantity,
        amountMinor: roundToInteger(part.amount),
        tier: part.tierIndex,
        unitAmount: part.unitAmount,
      }))
    : [{ quantity: used, amountMinor: amountFor(price, used), tier: null, unitAmount: price.unitAmount }]
  return parts
    .filter(({ amountMinor }) => !flexible || amountMinor !== 0n)
    .map((part) => ({
      usageKey: `${index} ${part.tier ?? ''}`,
      itemId: slot.itemId,
      invoiceItemId: null,
      subscriptionId: invoice.subscriptionId,
      proration: false,
      credited: null,
      period: slot.period,
      pricing: { priceId: price.id, productId: price.productId, unitAmount: part.unitAmount },
      metadata: null,
      discountable: true,
      discountIds: slot.discountIds,
      fixedDiscounts: [],
      taxBehavior: price.taxBehavior,
      description: `${part.quantity.toFixed()} × ${productName(world, price)}${tierName(part.tier)}`,
      amountMinor: part.amountMinor,
      quantity: part.quantity.toFixed(),
    }))
}

function tierName(tier: number | null): string {
  return tier === null ? '' : ` (Tier ${tier + 1})`
}

/** The name of what a price sells. */
export function productName(world: World, price: Price): string {
  return world.products.get(price.productId)?.name ?? price.productId
}
