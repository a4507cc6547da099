import { createHash } from 'node:crypto'
import type { BooksSettings } from '../../src/domain/books.ts'
import { booksAccountOf, entityOf, memoOf } from '../../src/domain/books.ts'
import { accountName } from '../../src/domain/chart.ts'
import type { JournalEntry, JournalLine } from '../../src/domain/journal.ts'
import { toDecimal } from '../../src/domain/money.ts'
import type { Result } from '../../src/domain/result.ts'
import { ok, refused } from '../../src/domain/result.ts'
import type { Refusal } from './refusal.ts'

/** A number that JSON.stringify writes exactly as it is spelt (ECMAScript proposal JSON.rawJSON, in Node since 22). */
type ExactNumber = object
const { rawJSON } = JSON as unknown as { rawJSON(text: string): ExactNumber }

type Reference = { readonly id: string }

/** A double holds fifteen digits for sure; NetSuite reads amounts as doubles. */
const longestAmountDigits = 15

/** NetSuite's memo ends at 999 characters. */
const longestMemo = 999

/**
 * Writes the body of `POST record/v1/journalEntry`. Amounts are literals with the currency's own decimals, never a float's spelling.
 * Refused with ERP_REFERENCE_INVALID where the settings name no id for the entity, the currency or an account, with TOO_MANY_LINES and
 * with AMOUNT_RANGE.
 */
export function journalBody(entry: JournalEntry, settings: BooksSettings): Result<string, Refusal> {
  const subsidiary = entityOf(settings, entry.entity)?.subsidiary
  if (subsidiary === undefined) return refused(unmapped('subsidiary', `entity "${entry.entity}"`))
  const currency = settings.currencies[entry.currency]
  if (currency === undefined) return refused(unmapped('currency', `currency ${entry.currency}`))
  if (entry.lines.length > settings.journal.lineLimit) return refused(tooManyLines(entry, settings))
  const lines = entry.lines.map((line, index) => lineBody(line, index, settings))
  const fault = lines.find((line) => !line.ok)
  if (fault !== undefined && !fault.ok) return refused(fault.error)
  return ok(
    JSON.stringify({
      externalId: entry.externalId,
      subsidiary: { id: subsidiary },
      currency: { id: currency },
      tranDate: entry.postedOn,
      memo: shortened(memoOf(settings, entry)),
      ...referenceOf('approvalStatus', settings.journal.approvalStatus),
      line: { items: lines.map((line) => (line.ok ? line.value : null)) },
    }),
  )
}

function lineBody(line: JournalLine, index: number, settings: BooksSettings): Result<object, Refusal> {
  const field = `line.items[${index}]`
  const account = booksAccountOf(settings, line.account)
  if (account === null) return refused(unmapped(`${field}.account`, `account "${accountName(line.account)}"`))
  const amount = toDecimal(line.amount)
  if (amount.replace('.', '').length > longestAmountDigits)
    return refused({
      kind: 'rejected',
      code: 'AMOUNT_RANGE',
      detail: `${amount} has more digits than NetSuite keeps exactly`,
      field: `${field}.${line.side}`,
    })
  return ok({
    account: { id: account.account },
    [line.side]: rawJSON(amount),
    // The ledger account, so that the read-back tells apart what shares an account in NetSuite.
    memo: shortened(accountName(line.account)),
    ...referenceOf('entity', account.lineEntity),
    ...referenceOf('class', settings.segments.class),
    ...referenceOf('department', settings.segments.department),
    ...referenceOf('location', settings.segments.location),
  })
}

function referenceOf(property: string, id: string | null): Record<string, Reference> {
  return id === null ? {} : { [property]: { id } }
}

function unmapped(field: string, what: string): Refusal {
  return {
    kind: 'rejected',
    code: 'ERP_REFERENCE_INVALID',
    detail: `The books' settings have no NetSuite id for ${what}`,
    field,
  }
}

function tooManyLines({ lines }: JournalEntry, { journal }: BooksSettings): Refusal {
  return {
    kind: 'rejected',
    code: 'TOO_MANY_LINES',
    detail: `A journal of ${lines.length} lines is longer than the limit of ${journal.lineLimit}`,
    field: 'line',
  }
}

/** Cuts a text to NetSuite's length; the end becomes a hash of the whole, which the hub keeps in full. */
export function shortened(text: string): string {
  if (text.length <= longestMemo) return text
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return `${text.slice(0, longestMemo - hash.length - 2)} #${hash}`
}
