import { type Result, ok, refused } from '../result.ts'
import { checkTaxId } from '../tax-id.ts'
import { countryName } from './country-codes.ts'
import type { Fault } from './values.ts'

/** Countries whose VAT numbers the billing provider knows by one name; XI is Northern Ireland. */
const europeanCountries = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI'.split(' '),
)

/** The billing provider's name for the tax number of a country. */
const typeByCountry: Readonly<Record<string, string>> = {
  AE: 'ae_trn',
  AU: 'au_abn',
  BR: 'br_cnpj',
  CA: 'ca_bn',
  CH: 'ch_vat',
  GB: 'gb_vat',
  IL: 'il_vat',
  IN: 'in_gst',
  IS: 'is_vat',
  JP: 'jp_cn',
  KR: 'kr_brn',
  MX: 'mx_rfc',
  NO: 'no_vat',
  NZ: 'nz_gst',
  SA: 'sa_vat',
  SG: 'sg_uen',
  TH: 'th_vat',
  TR: 'tr_tin',
  TW: 'tw_vat',
  US: 'us_ein',
  ZA: 'za_vat',
}

/** Where there are no check digits to go by, the form has to do. */
const formByCountry: Readonly<Record<string, RegExp>> = {
  AE: /^\d{15}$/,
  IS: /^\d{5,6}$/,
  SA: /^3\d{13}3$/,
  TH: /^\d{13}$/,
}

/** A tax number as the contract keeps it. */
export type TaxId = { readonly type: string; readonly value: string }

/**
 * Reads a tax number of a customer in a country: without spaces and punctuation, with its prefix, checked by form and check digits.
 * A European number with a prefix of its own is judged by that: a customer may be registered in another country.
 */
export function readTaxId(text: string, country: string): Result<TaxId, Fault> {
  const own = europeanPrefixOf(text) ?? country
  const found = taxIdOf(text, own)
  if (found !== null) return ok(found)
  const details = { country: country === '' ? 'a country we know' : countryName(own) }
  return refused({ code: 'TAX_ID_INVALID', found: text, details })
}

/** The country a tax number belongs to by its type, for European numbers by their prefix; null when the type is not known. */
export function taxIdCountry({ type, value }: TaxId): string | null {
  if (type === 'eu_vat') return europeanPrefixOf(value)
  return Object.keys(typeByCountry).find((country) => typeByCountry[country] === type) ?? null
}

/** The country a European number names itself, or null: `ATU12345678` is Austrian, `EL…` Greek. */
function europeanPrefixOf(text: string): string | null {
  const letters = /^\s*([a-z]{2})/i.exec(text)?.[1]?.toUpperCase()
  const country = letters === 'EL' ? 'GR' : letters
  if (country === undefined || !europeanCountries.has(country)) return null
  return checkTaxId(country, text).kind === 'valid' ? country : null
}

function taxIdOf(text: string, country: string): TaxId | null {
  const type = europeanCountries.has(country) ? 'eu_vat' : typeByCountry[country]
  const { kind, normalized } = checkTaxId(country, text)
  if (type === undefined || kind === 'invalid') return null
  const isInForm = kind === 'valid' || formByCountry[country]?.test(normalized) === true
  return isInForm ? { type, value: asRegistered(normalized, country) } : null
}

/** Norwegian numbers carry the tax behind them. */
function asRegistered(normalized: string, country: string): string {
  return country === 'NO' && !normalized.endsWith('MVA') ? `${normalized}MVA` : normalized
}
