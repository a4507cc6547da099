import { Big } from 'big.js'
import { allocate, divide, money, roundToInteger } from '../../../src/domain/money.ts'
import type { Invoice, InvoiceLine } from './billing-rows.ts'
import { discountOf } from './invoice-totals.ts'
import type { CreditNoteLine } from './payment-rows.ts'
import { invalidRequest, noSuch } from './refusal.ts'
import type { Metadata } from './rows.ts'
import type { World } from './world.ts'

/** A line as it is asked for. Amounts are before tax and after discounts. */
export type CreditLineAsked = {
  readonly type: 'invoice_line_item' | 'custom_line_item'
  readonly invoice_line_item?: string | undefined
  readonly amount?: bigint | undefined
  readonly quantity?: bigint | undefined
  readonly unit_amount?: bigint | undefined
  readonly unit_amount_decimal?: string | undefined
  readonly description?: string | undefined
  readonly metadata?: Metadata | undefined
}

/** What of an invoice line can still be credited, net of discounts. */
export function creditable(line: InvoiceLine): bigint {
  return netOf(line) - line.creditedMinor
}

function netOf(line: InvoiceLine): bigint {
  return line.amountMinor - discountOf(line)
}

/** The lines of a credit note: as asked, or an amount including tax shared over all that was charged. */
export function creditLines(
  world: World,
  invoice: Invoice,
  asked: readonly CreditLineAsked[] | undefined,
  amountMinor: bigint | undefined,
): CreditNoteLine[] {
  if (asked !== undefined) return asked.map((one, index) => lineFrom(world, invoice, one, index))
  if (amountMinor === undefined)
    throw invalidRequest('Pass `lines` or an amount.', { code: 'parameter_missing', param: 'amount' })
  return sharedLines(world, invoice, amountMinor)
}

function lineFrom(world: World, invoice: Invoice, asked: CreditLineAsked, index: number): CreditNoteLine {
  const at = `lines[${index}]`
  const id = world.newId('cnli')
  if (asked.type === 'custom_line_item') {
    const amountMinor = customAmount(asked, at)
    return {
      id,
      invoiceLineId: null,
      description: asked.description ?? null,
      amountMinor,
      discounts: [],
      quantity: asked.quantity ?? null,
      taxes: [],
      metadata: asked.metadata ?? {},
    }
  }
  const line = invoice.lines.find((one) => one.id === asked.invoice_line_item)
  if (line === undefined) throw noSuch('line_item', asked.invoice_line_item ?? '', `${at}[invoice_line_item]`)
  const net = netOfAsked(asked, line)
  if (net <= 0n || net > creditable(line))
    throw invalidRequest(`The line can be credited by at most ${creditable(line)}.`, {
      param: `${at}[amount]`,
    })
  return creditOf(id, line, net, asked)
}

function customAmount(asked: CreditLineAsked, at: string): bigint {
  const unit = asked.unit_amount_decimal ?? asked.unit_amount?.toString()
  if (asked.amount !== undefined) return asked.amount
  if (unit === undefined)
    throw invalidRequest('A custom line needs `unit_amount` or `amount`.', { param: `${at}[unit_amount]` })
  return roundToInteger(new Big(unit).times((asked.quantity ?? 1n).toString()))
}

function netOfAsked(asked: CreditLineAsked, line: InvoiceLine): bigint {
  if (asked.amount !== undefined) return asked.amount
  if (asked.quantity === undefined) return creditable(line)
  const share = new Big(asked.quantity.toString()).div(line.quantity ?? '1')
  return roundToInteger(share.times(netOf(line).toString()))
}

/** Takes a net amount of a line back, with its share of discounts and taxes. */
function creditOf(
  id: string,
  line: InvoiceLine,
  netMinor: bigint,
  asked: Pick<CreditLineAsked, 'description' | 'quantity' | 'metadata'> = {},
): CreditNoteLine {
  const share = (amount: bigint) => (netOf(line) === 0n ? 0n : divide(amount * netMinor, netOf(line)))
  const discounts = line.discounts.map((one) => ({ ...one, amountMinor: share(one.amountMinor) }))
  const off = discounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  return {
    id,
    invoiceLineId: line.id,
    description: asked.description ?? line.description,
    amountMinor: netMinor + off,
    discounts,
    quantity: asked.quantity ?? null,
    taxes: line.taxes.map((tax) => ({
      ...tax,
      amountMinor: share(tax.amountMinor),
      taxableMinor: share(tax.taxableMinor),
    })),
    metadata: asked.metadata ?? {},
  }
}

/** Shares an amount with tax over the lines, by what each of them still bears with tax. */
function sharedLines(world: World, invoice: Invoice, grossMinor: bigint): CreditNoteLine[] {
  const open = invoice.lines.filter((line) => creditable(line) > 0n)
  const weights = open.map((line) => creditable(line) + exclusiveTaxOf(line, creditable(line)))
  if (weights.length === 0) throw invalidRequest('Nothing is left to credit on this invoice.')
  const shares = allocate(money(invoice.currency, grossMinor), weights)
  return open.flatMap((line, index) => {
    const gross = shares[index]?.amountMinor ?? 0n
    if (gross === 0n) return []
    return [exactly(creditOf(world.newId('cnli'), line, netOfGross(line, gross)), gross)]
  })
}

function exclusiveTaxOf(line: InvoiceLine, netMinor: bigint): bigint {
  const tax = line.taxes
    .filter(({ behavior }) => behavior === 'exclusive')
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  return netOf(line) === 0n ? 0n : divide(tax * netMinor, netOf(line))
}

function netOfGross(line: InvoiceLine, grossMinor: bigint): bigint {
  const whole = netOf(line) + exclusiveTaxOf(line, netOf(line))
  return whole === 0n ? 0n : divide(grossMinor * netOf(line), whole)
}

/** Puts what rounding lost into the line's first exclusive tax, so that line and tax are the share to the cent. */
function exactly(line: CreditNoteLine, grossMinor: bigint): CreditNoteLine {
  const missing = grossMinor - totalOf(line)
  if (missing === 0n) return line
  const at = line.taxes.findIndex(({ behavior, amountMinor }) => behavior === 'exclusive' && amountMinor > 0n)
  if (at < 0) return { ...line, amountMinor: line.amountMinor + missing }
  return {
    ...line,
    taxes: line.taxes.map((tax, index) =>
      index === at ? { ...tax, amountMinor: tax.amountMinor + missing } : tax,
    ),
  }
}

/** What a line of a credit note comes to: its amount less discounts, with exclusive taxes. */
export function totalOf(line: CreditNoteLine): bigint {
  return netOfCredit(line) + exclusiveTaxes(line)
}

/** A line of a credit note after discounts, before exclusive tax. */
export function netOfCredit({ amountMinor, discounts }: CreditNoteLine): bigint {
  return amountMinor - discounts.reduce((sum, one) => sum + one.amountMinor, 0n)
}

function exclusiveTaxes({ taxes }: CreditNoteLine): bigint {
  return taxes
    .filter(({ behavior }) => behavior === 'exclusive')
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
}
