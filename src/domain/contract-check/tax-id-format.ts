import { countryName } from './country-codes.ts'
import type { Fault } from './values.ts'
import { type Result, ok, refused } from '../result.ts'

/** A kind of tax number: the billing provider's name for it and its form without spaces, dots and dashes. */
type TaxIdKind = readonly [type: string, form: RegExp]

/** Member states of the European Union and the form of their VAT numbers after the prefix (Directive 2006/112/EC, 215). */
const europeanForms: Readonly<Record<string, RegExp>> = {
  AT: /^U\d{8}$/,
  BE: /^[01]?\d{9}$/,
  BG: /^\d{9,10}$/,
  CY: /^\d{8}[A-Z]$/,
  CZ: /^\d{8,10}$/,
  DE: /^\d{9}$/,
  DK: /^\d{8}$/,
  EE: /^\d{9}$/,
  ES: /^[A-Z0-9]\d{7}[A-Z0-9]$/,
  FI: /^\d{8}$/,
  FR: /^[A-Z0-9]{2}\d{9}$/,
  GR: /^\d{9}$/,
  HR: /^\d{11}$/,
  HU: /^\d{8}$/,
  IE: /^\d[A-Z0-9+*]\d{5}[A-Z]{1,2}$/,
  IT: /^\d{11}$/,
  LT: /^(\d{9}|\d{12})$/,
  LU: /^\d{8}$/,
  LV: /^\d{11}$/,
  MT: /^\d{8}$/,
  NL: /^\d{9}B\d{2}$/,
  PL: /^\d{10}$/,
  PT: /^\d{9}$/,
  RO: /^\d{2,10}$/,
  SE: /^\d{12}$/,
  SI: /^\d{8}$/,
  SK: /^\d{10}$/,
}

const otherForms: Readonly<Record<string, TaxIdKind>> = {
  AE: ['ae_trn', /^\d{15}$/],
  AU: ['au_abn', /^\d{11}$/],
  BR: ['br_cnpj', /^[A-Z0-9]{12}\d{2}$/],
  CA: ['ca_bn', /^\d{9}$/],
  CH: ['ch_vat', /^CHE\d{9}(MWST|TVA|IVA)?$/],
  GB: ['gb_vat', /^GB(\d{9}|\d{12}|GD\d{3}|HA\d{3})$/],
  IL: ['il_vat', /^\d{9}$/],
  IN: ['in_gst', /^\d{2}[A-Z0-9]{13}$/],
  IS: ['is_vat', /^\d{5,6}$/],
  JP: ['jp_trn', /^T\d{13}$/],
  KR: ['kr_brn', /^\d{10}$/],
  MX: ['mx_rfc', /^[A-Z&Ñ]{3,4}\d{6}[A-Z0-9]{3}$/],
  NO: ['no_vat', /^\d{9}MVA$/],
  NZ: ['nz_gst', /^\d{8,9}$/],
  SA: ['sa_vat', /^\d{15}$/],
  SG: ['sg_gst', /^[A-Z0-9]{9,10}$/],
  TH: ['th_vat', /^\d{13}$/],
  TR: ['tr_tin', /^\d{10}$/],
  TW: ['tw_vat', /^\d{8}$/],
  US: ['us_ein', /^\d{9}$/],
  ZA: ['za_vat', /^4\d{9}$/],
}

/** VAT numbers write Greece as EL. */
const prefixByCountry: Readonly<Record<string, string>> = { GR: 'EL' }

/**
 * Reads a tax number of a country: spaces, dots, dashes and slashes fall away, letters become capitals, a missing European prefix
 * is added. Format only: whether it is registered is the register's to say.
 */
export function readTaxId(text: string, country: string): Result<{ type: string; value: string }, Fault> {
  const compact = text.replace(/[\s./-]+/g, '').toUpperCase()
  const prefix = europeanPrefixOf(compact)
  const kind = prefix === null ? kindOf(compact, country) : kindOf(compact, prefix)
  if (kind !== null) return ok(kind)
  return refused({ code: 'TAX_ID_INVALID', found: text, details: { country: countryName(country) } })
}

/** The country a European VAT number names itself, or null: `ATU12345678` is Austrian, `EL…` Greek. */
export function europeanPrefixOf(compact: string): string | null {
  const prefix = compact.slice(0, 2) === 'EL' ? 'GR' : compact.slice(0, 2)
  return europeanForms[prefix]?.test(compact.slice(2)) === true ? prefix : null
}

function kindOf(compact: string, country: string): { type: string; value: string } | null {
  const european = europeanForms[country]
  if (european !== undefined) {
    const prefix = prefixByCountry[country] ?? country
    const rest = compact.startsWith(prefix) ? compact.slice(2) : compact
    return european.test(rest) ? { type: 'eu_vat', value: prefix + rest } : null
  }
  const [type, form] = otherForms[country] ?? []
  if (type === undefined || form === undefined) return null
  const value = country === 'GB' && !compact.startsWith('GB') ? `GB${compact}` : compact
  return form.test(value) ? { type, value } : null
}

/** The country a tax number belongs to by its type, for European numbers by their prefix; null when the type is not known. */
export function taxIdCountry(type: string, value: string): string | null {
  if (type === 'eu_vat') return europeanPrefixOf(value)
  return Object.keys(otherForms).find((country) => otherForms[country]?.[0] === type) ?? null
}
