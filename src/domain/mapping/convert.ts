import { Big } from 'big.js'
import { isCalendarDate } from '../calendar.ts'
import {
  type Fault,
  currencyFault,
  dateFault,
  emailFault,
  isFormulaError,
  largestAmountMinor,
  textFault,
} from '../contract-check/values.ts'
import { countryCodeOf } from '../contract-check/country-codes.ts'
import type { IssueCode } from '../issue.ts'
import { type Currency, type Money, decimalsOf, fromDecimal, money } from '../money.ts'
import { type Result, ok, refused } from '../result.ts'
import { decimalText, numberText, plainDecimal } from './decimal-value.ts'
import type { Row, Scalar } from './language.ts'

/** A value that fits its target: text, exact decimal, whole number, money, or a truth value. */
export type Converted = string | bigint | boolean | number | Money

type Present = Exclude<Scalar, null>

/** Currency is null while it is not known; amounts are then judged by their form alone. */
export type ConversionContext = { readonly currency: Currency | null }

/**
 * Turns a value into what its target takes, or says why it cannot: nothing is guessed, cut or rounded. Texts lose their outer spaces.
 */
export function convert(
  value: Present,
  row: Pick<Row, 'target' | 'unit'>,
  context: ConversionContext,
): Result<Converted, Fault> {
  if (typeof value === 'string' && isFormulaError(value))
    return refused({ code: 'FORMULA_ERROR', found: value })
  const { type } = row.target
  const text = typeof value === 'number' ? numberText(value) : String(value).trim()
  if (type.kind === 'flag') return flag(value)
  if (typeof value === 'boolean')
    return refused({ code: 'TYPE', found: text, details: { reason: 'a truth value is not expected here' } })
  switch (type.kind) {
    case 'text':
      return checked(text, textFault(text, type.limit))
    case 'email':
      return checked(text, emailFault(text))
    case 'country':
      return country(text)
    case 'currency':
      return checked(text.toUpperCase(), currencyFault(text.toUpperCase()))
    case 'date':
      return date(text)
    case 'choice':
      return choice(text, type.choices)
    case 'money':
      return amount(text, context.currency)
    case 'decimal':
      return decimal(text)
    case 'percent':
      return percent(text, row.unit)
    case 'whole':
      return whole(text, type.code)
    default:
      return refused({
        code: 'TYPE',
        found: text,
        details: { reason: `${row.target.path} takes no plain value` },
      })
  }
}

function checked<T extends Converted>(value: T, fault: Fault | null): Result<T, Fault> {
  return fault === null ? ok(value) : refused(fault)
}

function flag(value: Present): Result<Converted, Fault> {
  return typeof value === 'string' ? checked(value, textFault(value, { characters: 5_000 })) : ok(value)
}

function country(text: string): Result<Converted, Fault> {
  const code = countryCodeOf(text)
  return code === null ? refused({ code: 'COUNTRY', found: text }) : ok(code)
}

/** A day, also as an instant at midnight UTC, the way CRMs write days through their APIs. Other instants need a time zone and are refused. */
function date(text: string): Result<Converted, Fault> {
  const day = /^(\d{4}-\d{2}-\d{2})(T00:00:00(\.0+)?(Z|[+-]00:?00))?$/.exec(text)?.[1]
  if (day === undefined || !isCalendarDate(day)) return refused({ code: 'DATE_FORMAT', found: text })
  return checked(day, dateFault(day))
}

function choice(text: string, choices: readonly string[]): Result<Converted, Fault> {
  const found = choices.find((known) => known === text)
  if (found !== undefined) return ok(found)
  if (text.includes(';'))
    return refused({
      code: 'TYPE',
      found: text,
      details: { reason: 'several values are chosen where one is expected' },
    })
  return refused({ code: 'PICKLIST_UNMAPPED', found: text, details: { allowed: `: ${choices.join(', ')}` } })
}

/** Major units in plain digits become minor units; too many decimals are refused, not rounded. */
function amount(text: string, currency: Currency | null): Result<Converted, Fault> {
  const value = plainDecimal(text)
  if (value === null) return refused({ code: 'AMOUNT_FORMAT', found: text })
  const minor = value.times(new Big(10).pow(currency === null ? 3 : decimalsOf(currency)))
  const tooFine = !value.eq(0) && minor.abs().lt(1)
  if (tooFine || minor.lt(0) || minor.gt(largestAmountMinor.toString())) return refused(rangeFault(text))
  if (currency === null) return ok(money('XXX', 0n))
  if (!minor.eq(minor.round(0, 0)))
    return refused({ code: 'AMOUNT_PRECISION', found: text, details: { currency } })
  return ok(fromDecimal(currency, value))
}

function rangeFault(text: string): Fault {
  return { code: 'AMOUNT_RANGE', found: text, details: { allowed: ' from zero to 100 billion' } }
}

/** An exact rate: zero or more, at most 12 whole digits and 12 decimals. */
function decimal(text: string): Result<Converted, Fault> {
  const value = plainDecimal(text)
  if (value === null) return refused({ code: 'AMOUNT_FORMAT', found: text })
  if (value.lt(0) || !/^\d{1,12}(\.\d{1,12})?$/.test(decimalText(value))) return refused(rangeFault(text))
  return ok(decimalText(value))
}

/** Percent in percent: the mapping says whether 20 percent is written 20 or 0.2. */
function percent(text: string, unit: Row['unit']): Result<Converted, Fault> {
  const written = plainDecimal(text)
  const value = unit === 'fraction' ? written?.times(100) : written
  if (value == null || value.lt(0) || value.gt(100)) return refused({ code: 'DISCOUNT_RANGE', found: text })
  const digits = decimalText(value)
  return /^\d+(\.\d{1,12})?$/.test(digits) ? ok(digits) : refused({ code: 'DISCOUNT_RANGE', found: text })
}

function whole(text: string, code: IssueCode): Result<Converted, Fault> {
  const value = plainDecimal(text)
  if (value === null || !value.eq(value.round(0, 0)) || value.abs().gte('1e18'))
    return refused({ code, found: text })
  return ok(BigInt(decimalText(value.round(0, 0))))
}
