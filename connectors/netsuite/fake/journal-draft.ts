import { Big } from 'big.js'
import { isCalendarDate } from '../../../src/domain/calendar.ts'
import { decimalsOf, roundToInteger } from '../../../src/domain/money.ts'
import type { Result } from '../../../src/domain/result.ts'
import { ok, refused } from '../../../src/domain/result.ts'
import { customFields, linesOf, referenceIn, textIn } from './journal-fields.ts'
import type { Fields } from './journal-fields.ts'
import type { FakeRefusal } from './reply.ts'
import { invalidValue, userError } from './reply.ts'
import type { JournalLineRecord, JournalRecord, NetSuiteState } from './state.ts'
import { periodHolding } from './state.ts'

/** What becomes of the lines that are there when a body brings lines. */
export type LinesBecome = 'replaced' | 'appended' | 'merged'

/**
 * What a journal would be after a body is applied to it. `appended` is PUT on `eid:` without `?replace=line`: the lines of a repeated
 * call come on top of the first ones. `merged` is PATCH: a line with a known number changes, others come on top.
 */
export function draftJournal(
  state: NetSuiteState,
  body: Fields,
  existing: JournalRecord | null,
  linesBecome: LinesBecome,
): Result<JournalRecord, FakeRefusal> {
  const head = headOf(state, body, existing)
  if (!head.ok) return head
  const lines = draftLines(state, body, head.value, existing?.lines ?? [], linesBecome)
  return lines.ok ? ok({ ...head.value, lines: lines.value }) : lines
}

function headOf(
  state: NetSuiteState,
  body: Fields,
  existing: JournalRecord | null,
): Result<Omit<JournalRecord, 'lines'>, FakeRefusal> {
  const subsidiary = referenceIn(body, 'subsidiary') ?? existing?.subsidiary
  if (subsidiary === undefined) return refused(userError('Please enter a value for subsidiary'))
  const owner = state.subsidiaries.get(subsidiary)
  if (owner === undefined || owner.isInactive)
    return refused(invalidValue(subsidiary, 'subsidiary', 'subsidiary'))
  const tranDate = textIn(body, 'tranDate') ?? existing?.tranDate ?? state.now().toISOString().slice(0, 10)
  if (!isCalendarDate(tranDate)) return refused(invalidValue(tranDate, 'tranDate', 'tranDate'))
  const period = referenceIn(body, 'postingPeriod') ?? periodHolding(state, tranDate)?.id
  if (period === undefined || !state.periods.has(period))
    return refused(
      userError('The transaction date you specified is not within the date range of your accounting period.'),
    )
  const currency = referenceIn(body, 'currency') ?? existing?.currency ?? owner.currency
  const now = state.now().toISOString()
  return ok({
    id: existing?.id ?? '',
    externalId: textIn(body, 'externalId') ?? existing?.externalId ?? null,
    tranId: textIn(body, 'tranId') ?? existing?.tranId ?? '',
    subsidiary,
    currency,
    exchangeRate: exchangeRateOf(state, body, existing, currency, owner.currency),
    tranDate,
    postingPeriod: period,
    memo: textIn(body, 'memo') ?? existing?.memo ?? null,
    approvalStatus: referenceIn(body, 'approvalStatus') ?? existing?.approvalStatus ?? '2',
    isVoid: existing?.isVoid ?? false,
    createdDate: existing?.createdDate ?? now,
    lastModifiedDate: now,
    custom: { ...existing?.custom, ...customFields(body) },
  })
}

function exchangeRateOf(
  state: NetSuiteState,
  body: Fields,
  existing: JournalRecord | null,
  currency: string,
  baseCurrency: string,
): string {
  const given = body['exchangeRate']
  if (typeof given === 'number') return String(given)
  if (existing?.currency === currency) return existing.exchangeRate
  return state.currencies.get(currency)?.rates[baseCurrency] ?? '1'
}

function draftLines(
  state: NetSuiteState,
  body: Fields,
  head: Pick<JournalRecord, 'currency'>,
  existing: readonly JournalLineRecord[],
  linesBecome: LinesBecome,
): Result<JournalLineRecord[], FakeRefusal> {
  const symbol = state.currencies.get(head.currency)?.symbol
  if (symbol === undefined)
    return refused(userError(`Invalid currency reference key ${head.currency} for accountingbook 1`))
  if (body['line'] === undefined) return ok([...existing])
  const lines = linesBecome === 'replaced' ? [] : [...existing]
  for (const [index, fields] of linesOf(body).entries()) {
    const at = linesBecome === 'merged' ? lines.findIndex(({ line }) => line === fields['line']) : -1
    const number = at < 0 ? Math.max(0, ...lines.map(({ line }) => line)) + 1 : (lines[at]?.line ?? 0)
    const line = draftLine(fields, lines[at] ?? null, number, symbol, `line.items[${index}]`)
    if (!line.ok) return line
    lines.splice(at < 0 ? lines.length : at, at < 0 ? 0 : 1, line.value)
  }
  return ok(lines)
}

function draftLine(
  fields: Fields,
  existing: JournalLineRecord | null,
  number: number,
  symbol: string,
  path: string,
): Result<JournalLineRecord, FakeRefusal> {
  const account = referenceIn(fields, 'account') ?? existing?.account
  if (account === undefined) return refused(userError('Please enter a value for account'))
  const amounts = amountsOf(fields, existing, symbol)
  if (typeof amounts === 'string') return refused(invalidValue(amounts, 'amount', path))
  return ok({
    line: number,
    account,
    ...amounts,
    memo: textIn(fields, 'memo') ?? existing?.memo ?? null,
    entity: referenceIn(fields, 'entity') ?? existing?.entity ?? null,
    class: referenceIn(fields, 'class') ?? existing?.class ?? null,
    department: referenceIn(fields, 'department') ?? existing?.department ?? null,
    location: referenceIn(fields, 'location') ?? existing?.location ?? null,
    custom: { ...existing?.custom, ...customFields(fields) },
  })
}

type Amounts = Pick<JournalLineRecord, 'debitMinor' | 'creditMinor'>

/** The amounts of a line; a text is the value that is no amount. */
function amountsOf(fields: Fields, existing: JournalLineRecord | null, symbol: string): Amounts | string {
  const given = ['debit', 'credit'].map((side) => fields[side] ?? null)
  const wrong = given.find((value) => value !== null && (typeof value !== 'number' || value < 0))
  if (wrong !== undefined) return JSON.stringify(wrong)
  if (existing !== null && given.every((value) => value === null))
    return { debitMinor: existing.debitMinor, creditMinor: existing.creditMinor }
  const [debitMinor = null, creditMinor = null] = given.map((value) =>
    typeof value === 'number' ? minorOf(value, symbol) : null,
  )
  return { debitMinor, creditMinor }
}

/** NetSuite reads JSON numbers as doubles and rounds them to the currency. */
function minorOf(value: number, symbol: string): bigint {
  return roundToInteger(new Big(String(value)).times(new Big(10).pow(decimalsOf(symbol))))
}
