import { sum, toDecimal, zero, type Currency, type Money } from '../../../src/domain/money.ts'
import { ratio, roundToMoney, scaled, total, writeRatio } from '../../../src/domain/rating/exact.ts'
import { totalInvoice } from '../../../src/domain/rating/invoice-total.ts'
import { selfAssess, taxOn, taxOnLine } from '../../../src/domain/tax-amount.ts'
import { checkTaxId } from '../../../src/domain/tax-id.ts'
import { inWords, type GoldenHandler } from '../../support/golden.ts'
import { cents, currencyWith, usd } from './terms.ts'

const countries = 'at be br cy de dk el es fr gb hr ie il it jp lu mt nl no nz pt se sk tr xi'.split(' ')

const taxNumbers: GoldenHandler = (given: {
  country: string
  valid_numbers: string[]
  invalid_numbers: string[]
}) => {
  const isValid = (number: string) => checkTaxId(given.country, number).kind === 'valid'
  return {
    valid: given.valid_numbers.map(isValid),
    invalid: given.invalid_numbers.map(isValid),
    rule: inWords,
  }
}

const written = (amounts: readonly Money[]): string[] => amounts.map(toDecimal)

const minor = ({ amountMinor }: Money): string => amountMinor.toString()

/** Tax numbers, and tax as arithmetic. Who taxes what is the tax engine's to say. */
export const taxHandlers: Readonly<Record<string, GoldenHandler>> = {
  ...Object.fromEntries(countries.map((country) => [`tax-id-${country}`, taxNumbers])),
  'tax-chift-selfassess': ({ net, rate_pct }: { net: string; rate_pct: string }) => {
    const { output, input, effect } = selfAssess(usd(net), rate_pct)
    return {
      output_vat: toDecimal(output),
      input_vat: toDecimal(input),
      net_effect: toDecimal(effect),
    }
  },
  'tax-meteroid-fr-reduced': ({ amount, rate_pct }: { amount: string; rate_pct: string }) => ({
    tax: toDecimal(taxOn(usd(amount), rate_pct)),
  }),
  'tax-avalara-ca': ({ amount, rate_pct }: { amount: string; rate_pct: string }) => ({
    tax: toDecimal(taxOn(usd(amount), rate_pct)),
  }),
  'tax-meteroid-qc': ({ amount, rates_pct }: { amount: string; rates_pct: string[] }) => {
    const exact = total(rates_pct.map((percent) => scaled(ratio(amount, '100'), percent)))
    return {
      total: toDecimal(taxOnLine(usd(amount), rates_pct).total),
      exact: writeRatio(exact).text,
    }
  },
  'tax-meteroid-wa': (given: { amount: string; rate_pct: string; nexus: boolean[] }) => ({
    tax: given.nexus.map((collects) =>
      toDecimal(taxOnLine(usd(given.amount), [given.rate_pct], collects ? null : 'not-collecting').total),
    ),
  }),
  'tax-avalara-sf': (given: { lines: string[]; state_pct: string; county_pct: string }) => {
    const taxes = given.lines.map((line) => taxOnLine(usd(line), [given.state_pct, given.county_pct]).total)
    return { line_tax: written(taxes), total: toDecimal(sum<Currency>('USD', taxes)) }
  },
  'tax-avalara-il': ({ amount, components_pct }: { amount: string; components_pct: string[] }) => {
    const { components, total: tax } = taxOnLine(usd(amount), components_pct)
    return { components: written(components), total: toDecimal(tax) }
  },
  'tax-avalara-exempt': ({ amount, exempt }: { amount: string; exempt: boolean }) => {
    const { total: tax, untaxed } = taxOnLine(usd(amount), ['10'], exempt ? 'customer-exempt' : null)
    return { tax: toDecimal(tax), total_exempt: toDecimal(untaxed) }
  },
  'tax-flexprice-round': ({ cases }: { cases: { amount: string; pct: string; places: number }[] }) => ({
    tax: cases.map(({ amount, pct, places }) =>
      toDecimal(taxOn(roundToMoney(amount, currencyWith(places)), pct)),
    ),
  }),
  'tax-flexprice-discount-first': (given: { amount: string; discount: string; rate_pct: string }) => {
    const reductions = { coupon: usd(given.discount), usageCredits: zero('USD'), settled: [] }
    const lines = [{ amount: usd(given.amount), taxPercent: given.rate_pct }]
    const invoice = totalInvoice(lines, reductions, 'USD')
    return { tax: toDecimal(invoice.tax), total: toDecimal(invoice.total) }
  },
  'tax-meteroid-vat20': ({ net_minor, rate_pct }: { net_minor: number; rate_pct: string }) => {
    const lines = [{ amount: cents(net_minor), taxPercent: rate_pct }]
    const nothing = { coupon: zero('USD'), usageCredits: zero('USD'), settled: [] }
    const invoice = totalInvoice(lines, nothing, 'USD')
    return { tax_minor: minor(invoice.tax), total_minor: minor(invoice.total) }
  },
}
