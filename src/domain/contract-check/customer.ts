import type { Address, CustomerTerms } from '../contract.ts'
import type { Finding } from '../sentence.ts'
import { countryName, isCountryCode } from './country-codes.ts'
import { readTaxId, taxIdCountry } from './tax-id-format.ts'
import { zipFault } from './united-states.ts'
import { emailFault, textFault } from './values.ts'

/** Name, billing e-mail, address and tax numbers of the buyer. */
export function customerFindings(customer: CustomerTerms): Finding[] {
  const { name, billingEmail, address } = customer
  const email = billingEmail === null ? null : emailFault(billingEmail)
  return [
    ...nameFindings(name),
    ...(email === null ? [] : [{ ...email, field: 'customer.billingEmail' }]),
    ...(address === null ? [] : addressFindings(address)),
    ...taxIdFindings(customer),
  ]
}

/** What looks odd about the buyer and does not stop the deal. */
export function customerWarnings({ name, address, taxIds }: CustomerTerms): Finding[] {
  const warnings: Finding[] = []
  if (/\p{Cf}/u.test(name) || mixesScripts(name))
    warnings.push({
      code: 'DUPLICATE_SUSPECT',
      field: 'customer.name',
      found: name,
      details: { reason: 'the name holds invisible or look-alike characters' },
    })
  for (const taxId of taxIds) {
    const country = taxIdCountry(taxId)
    if (country !== null && address !== null && country !== address.country)
      warnings.push({
        code: 'TAX_ID_UNVERIFIED',
        field: 'customer.taxIds',
        found: taxId.value,
        details: {
          reason: `: it is of ${countryName(country)}, the address lies in ${countryName(address.country)}`,
        },
      })
  }
  return warnings
}

/** Latin letters beside Cyrillic or Greek ones: the way look-alike names are made. */
function mixesScripts(name: string): boolean {
  return /\p{Script=Latin}/u.test(name) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(name)
}

function nameFindings(name: string): Finding[] {
  const field = 'customer.name'
  if (name.trim() === '') return [{ code: 'INCOMPLETE', field, found: name }]
  const fault = textFault(name, { characters: 255 })
  return fault === null ? [] : [{ ...fault, field }]
}

function addressFindings(address: Address): Finding[] {
  const field = 'customer.address.country'
  if (!isCountryCode(address.country)) return [{ code: 'COUNTRY', field, found: address.country }]
  const texts = Object.entries(address).flatMap(([part, text]): Finding[] => {
    const fault = textFault(text ?? '', { characters: 500 })
    return fault === null ? [] : [{ ...fault, field: `customer.address.${part}` }]
  })
  return [...texts, ...(address.country === 'US' ? unitedStatesFindings(address) : [])]
}

/**
 * Tax in the United States needs the place: a ZIP code of five digits and the state it lies in. An address of the country alone is
 * kept as it is: it claims no place.
 */
function unitedStatesFindings(address: Address): Finding[] {
  const { line1, city, postalCode, state } = address
  if ([line1, city, postalCode, state].every((part) => part === undefined)) return []
  const field = 'customer.address.postalCode'
  const label = 'the billing address'
  if (postalCode === undefined || state === undefined) {
    const missing = postalCode === undefined ? 'the ZIP code' : 'the state'
    return [{ code: 'ADDRESS', field, label, found: null, details: { reason: `${missing} is missing` } }]
  }
  const reason = zipFault(postalCode, state)
  return reason === null ? [] : [{ code: 'ADDRESS', field, label, found: postalCode, details: { reason } }]
}

function taxIdFindings({ taxIds, address }: CustomerTerms): Finding[] {
  return taxIds.flatMap((taxId): Finding[] => {
    const read = readTaxId(taxId.value, taxIdCountry(taxId) ?? address?.country ?? '')
    if (read.ok && read.value.type === taxId.type) return []
    const country = address === null ? 'a country we know' : countryName(address.country)
    return [{ code: 'TAX_ID_INVALID', field: 'customer.taxIds', found: taxId.value, details: { country } }]
  })
}
