import { euVat, stdnum, type Validator } from 'stdnum'

/**
 * What a tax number's own digits tell. `valid` means they agree with each other, not that the number is registered: that the register
 * says (VIES, HMRC). `unknown` means we have no rule for the country. `normalized` is without spaces and punctuation.
 */
export type TaxIdCheck = {
  readonly kind: 'valid' | 'invalid' | 'unknown'
  readonly normalized: string
}

/** The check of one country. `leading` may stand before the number and falls away; `prefix` is put back before a valid one. */
type TaxIdRule = {
  readonly leading: RegExp
  readonly prefix: string
  readonly validators: readonly Validator[]
  /** What the library lets pass and the tax office does not. */
  readonly accepts?: RegExp
}

/**
 * Checks a tax number of a country (ISO 3166-1 alpha-2; `EL` for Greece and `XI` for Northern Ireland too), with or without its
 * prefix, by form and check digits.
 */
export function checkTaxId(country: string, value: string): TaxIdCheck {
  const compact = value.toUpperCase().replace(/[^\p{L}\p{N}&+*]/gu, '')
  const found = ruleFor(country)
  if (found === null) return { kind: 'unknown', normalized: compact }
  // A number may itself begin with the letters of its country.
  const number = validNumber(found, compact.replace(found.leading, '')) ?? validNumber(found, compact)
  if (number === null) return { kind: 'invalid', normalized: compact }
  return { kind: 'valid', normalized: found.prefix + number }
}

/** The number in full, without prefix, or null when no validator takes it. */
function validNumber({ leading, validators, accepts }: TaxIdRule, bare: string): string | null {
  for (const validator of validators) {
    const result = validator.validate(bare)
    if (!result.isValid) continue
    const number = result.compact.replace(leading, '')
    if (accepts === undefined || accepts.test(number)) return number
  }
  return null
}

function ruleFor(country: string): TaxIdRule | null {
  const code = country === 'EL' ? 'GR' : country
  const other = otherRules[code]
  if (other !== undefined) return other()
  const validators = euVat[code]
  if (validators === undefined) return null
  const accepts = unionRestrictions[code]
  const prefix = code === 'GR' ? 'EL' : code
  return { leading: leadingOf(prefix), prefix, validators, ...(accepts === undefined ? {} : { accepts }) }
}

/** Belgium has given out numbers that begin with 0 and 1; the Netherlands count a taxpayer's numbers from 01. */
const unionRestrictions: Readonly<Record<string, RegExp>> = { BE: /^[01]/, NL: /B(?!00)\d{2}$/ }

/** Countries outside the union, by the library's names of their numbers. Only the British write the country before it. */
const otherRules: Readonly<Record<string, () => TaxIdRule>> = {
  GB: () => ({ ...rule('GB', 'vat'), prefix: 'GB' }),
  XI: () => ({ ...rule('GB', 'vat'), prefix: 'XI', leading: leadingOf('XI') }),
  // An organisation number names the same company before it is registered for VAT.
  NO: () => rule('NO', 'mva', 'orgnr'),
  // The number begins with CHE itself, and the Swiss add the tax in one of three languages, or leave it out.
  CH: () => ({ ...rule('CH', 'vat', 'uid'), leading: /^(?!)/ }),
  // Registered issuers of invoices write a T before the corporate number.
  JP: () => ({ ...rule('JP', 'cn'), leading: /^(JP)?T?/ }),
  AU: () => rule('AU', 'abn'),
  BR: () => rule('BR', 'cnpj'),
  CA: () => rule('CA', 'bn'),
  IL: () => rule('IL', 'hp'),
  IN: () => rule('IN', 'gstin'),
  KR: () => rule('KR', 'brn'),
  MX: () => rule('MX', 'rfc'),
  NZ: () => rule('NZ', 'ird'),
  SG: () => rule('SG', 'uen'),
  TR: () => rule('TR', 'vkn'),
  TW: () => rule('TW', 'ubn'),
  US: () => rule('US', 'ein'),
  ZA: () => rule('ZA', 'vat'),
}

function rule(country: string, ...names: readonly string[]): TaxIdRule {
  const validators = names.flatMap((name) => stdnum[country]?.[name] ?? [])
  return { leading: leadingOf(country), prefix: '', validators }
}

function leadingOf(prefix: string): RegExp {
  return new RegExp(`^${prefix}`)
}
