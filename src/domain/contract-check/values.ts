import type { Money } from '../money.ts'
import type { Finding } from '../sentence.ts'
import { isActiveCurrency } from './currency-codes.ts'

/** What is wrong with one value; where it stands is known to the caller. */
export type Fault = Omit<Finding, 'field' | 'label' | 'place'>

/** The largest amount in minor units: 10^13, a hundred billion dollars. */
export const largestAmountMinor = 10n ** 13n

const largestQuantity = 1_000_000n
const longestTextCharacters = 5_000

/** Limits of a text: characters counted as people count them, and the code when there are more. */
export type TextLimit = {
  readonly characters: number
  readonly tooLong?: 'FIELD_TOO_LONG' | 'PO_TOO_LONG'
  readonly lines?: 'one' | 'many'
}

/** A text on one line, at most `limit.characters` long; HTML, emoji and right-to-left text are kept as they are. */
export function textFault(text: string, limit: TextLimit): Fault | null {
  const refused = limit.lines === 'many' ? /[\p{Cc}--[\n\r\t]]/v : /[\p{Cc}\u2028\u2029]/u
  if (refused.test(text) || !text.isWellFormed()) return { code: 'TEXT_INVALID', found: text }
  const characters = Math.min(limit.characters, longestTextCharacters)
  if ([...text].length <= characters) return null
  return {
    code: limit.tooLong ?? 'FIELD_TOO_LONG',
    found: text,
    details: { limit: characters.toLocaleString('en-US') },
  }
}

/** An amount between zero and 10^13 minor units; negative amounts are refused, credits are not sold. */
export function amountFault(amount: Money, allow: 'zero' | 'positive' = 'zero'): Fault | null {
  const smallest = allow === 'zero' ? 0n : 1n
  if (amount.amountMinor >= smallest && amount.amountMinor <= largestAmountMinor) return null
  const allowed = allow === 'zero' ? ' from zero to 100 billion' : ': it must be more than zero'
  return { code: 'AMOUNT_RANGE', found: amountText(amount), details: { allowed } }
}

/** A whole quantity of 1 to 1,000,000. */
export function quantityFault(quantity: bigint): Fault | null {
  if (quantity >= 1n && quantity <= largestQuantity) return null
  return { code: 'QUANTITY', found: quantity.toString(), details: { allowed: ' from 1 to 1,000,000' } }
}

/** A currency in use, in capitals. */
export function currencyFault(code: string): Fault | null {
  return isActiveCurrency(code) ? null : { code: 'CURRENCY_UNKNOWN', found: code }
}

/** A day from 1990 to 2090. */
export function dateFault(date: string): Fault | null {
  return date >= '1990-01-01' && date <= '2090-12-31' ? null : { code: 'DATE_RANGE', found: date }
}

/**
 * One e-mail address: a local part, one @ and a domain of labels, each in any script (RFC 6531). Several addresses, spaces inside
 * and names in angle brackets are refused.
 */
export function emailFault(text: string): Fault | null {
  const [local = '', domain = '', ...more] = text.split('@')
  const isAddress =
    more.length === 0 &&
    text.length <= 254 &&
    /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~.-]{1,64}$/u.test(local) &&
    !/^\.|\.$|\.\./.test(local) &&
    /^([\p{L}\p{N}\p{M}]([\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?\.)+[\p{L}\p{N}\p{M}-]{2,63}$/u.test(
      domain,
    )
  return isAddress ? null : { code: 'EMAIL', found: text }
}

/** Whether a text is the error a CRM formula or spreadsheet shows instead of a value. */
export function isFormulaError(text: string): boolean {
  return /^#(error!?|n\/a|name\?|value!|ref!|div\/0!|num!|null!|too_big!?)$/i.test(text.trim())
}

function amountText(amount: Money): string {
  return `${amount.amountMinor} minor units of ${amount.currency}`
}
