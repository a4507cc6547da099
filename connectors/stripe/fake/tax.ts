import { Big } from 'big.js'
import { roundToInteger } from '../../../src/domain/money.ts'
import type { TaxLine } from './billing-rows.ts'
import type { Customer, TaxRate } from './rows.ts'
import type { World } from './world.ts'

/** Where Stripe places a customer for tax. */
export type TaxLocation = { readonly country: string; readonly state: string | null }

const euCountries = new Set(
  'AT BE BG HR CY CZ DE DK EE ES FI FR GR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
)

/** Standard rates of value-added and goods-and-services tax, in percent, used unless a registration says otherwise. */
const standardRates: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'AT 20, BE 21, BG 20, HR 25, CY 19, CZ 21, DE 19, DK 25, EE 24, ES 21, FI 25.5, FR 20, GR 24, HU 27, IE 23',
    'IT 22, LT 21, LU 17, LV 21, MT 18, NL 21, PL 23, PT 23, RO 21, SE 25, SI 22, SK 23',
    'GB 20, CH 8.1, NO 25, AU 10, NZ 15, JP 10, SG 9, IN 18, CA 5',
  ].flatMap((row) => row.split(', ').map((entry) => entry.split(' '))),
)

/**
 * The place tax is worked out for: the shipping address, else the billing address. The United States need a
 * five-digit zip, Canada a province or postal code, others only the country. Null when that does not suffice.
 */
export function taxLocation(customer: Customer): TaxLocation | null {
  const address = customer.shipping?.address ?? customer.address
  const country = address?.country?.toUpperCase()
  if (!address || country === undefined || !/^[A-Z]{2}$/.test(country) || country === 'ZZ') return null
  const state = address.state?.toUpperCase() ?? null
  if (country === 'US' && !/^\d{5}(-\d{4})?$/.test(address.postal_code ?? '')) return null
  if (country === 'CA' && state === null && address.postal_code === null) return null
  return { country, state }
}

/** What Stripe says of a customer's tax state (`customer.tax.automatic_tax`). */
export function taxState(
  world: World,
  customer: Customer,
): 'supported' | 'not_collecting' | 'unrecognized_location' {
  const location = taxLocation(customer)
  if (location === null) return 'unrecognized_location'
  return percentageAt(world, location) === null ? 'not_collecting' : 'supported'
}

/** The tax on an amount after discounts, in minor units, rounded half up once. */
export function taxOn(
  world: World,
  customer: Customer,
  amountMinor: bigint,
  behavior: 'exclusive' | 'inclusive',
): TaxLine {
  const location = taxLocation(customer)
  const percentage = location === null ? null : percentageAt(world, location)
  if (location === null || percentage === null) return untaxed(amountMinor, behavior, null, 'not_collecting')
  const rate = rateAt(world, location, percentage, behavior === 'inclusive')
  const reason = exemption(world, customer, location)
  if (reason !== null) return untaxed(amountMinor, behavior, rate.id, reason)
  const base = new Big(amountMinor.toString())
  const divisor = behavior === 'inclusive' ? new Big(100).plus(percentage) : new Big(100)
  // Minor units are whole, so the exact product is rounded once by the dividing step.
  const taxMinor = roundToInteger(exactQuotient(base.times(percentage), divisor))
  const taxableMinor = behavior === 'inclusive' ? amountMinor - taxMinor : amountMinor
  return { amountMinor: taxMinor, taxableMinor, behavior, taxRateId: rate.id, reason: 'standard_rated' }
}

function exactQuotient(numerator: Big, denominator: Big): Big {
  const precise = Big()
  precise.DP = 40
  return new precise(numerator).div(denominator)
}

function untaxed(
  taxableMinor: bigint,
  behavior: 'exclusive' | 'inclusive',
  taxRateId: string | null,
  reason: string,
): TaxLine {
  return { amountMinor: 0n, taxableMinor, behavior, taxRateId, reason }
}

function percentageAt(world: World, { country, state }: TaxLocation): string | null {
  const { registrations } = world.settings.tax
  const exact = registrations.find((place) => place.country === country && place.state === state)
  const national = registrations.find((place) => place.country === country && place.state === null)
  return exact?.percentage ?? national?.percentage ?? standardRates[country] ?? null
}

/** Why nothing is due: the customer is exempt, or accounts for the tax itself. */
function exemption(world: World, customer: Customer, { country }: TaxLocation): string | null {
  if (customer.taxExempt === 'exempt') return 'customer_exempt'
  if (customer.taxExempt === 'reverse') return 'reverse_charge'
  if (country === world.settings.tax.headOfficeCountry) return null
  const type = euCountries.has(country) ? 'eu_vat' : country === 'GB' ? 'gb_vat' : null
  const ids = world.taxIds.among('customer', customer.id)
  return ids.some((id) => id.type === type && id.status === 'verified') ? 'reverse_charge' : null
}

function rateAt(
  world: World,
  { country, state }: TaxLocation,
  percentage: string,
  inclusive: boolean,
): TaxRate {
  const key = [country, country === 'US' ? (state ?? '') : '', percentage, String(inclusive)].join(' ')
  const known = world.taxRates.among('place', key)[0]
  if (known) return known
  return world.taxRates.insert({
    id: world.newId('txr'),
    created: world.seconds(),
    country,
    state: country === 'US' ? state : null,
    percentage,
    inclusive,
    taxType: country === 'US' ? 'sales_tax' : 'vat',
    displayName: country === 'US' ? 'Sales tax' : 'VAT',
  })
}
