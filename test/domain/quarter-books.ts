import type { BillingFact } from '../../src/domain/fact.ts'
import { billedLine, cents, finalizedInvoice } from './fact-samples.ts'
import { earningOf, PlayedBooks, promiseOf } from './played-books.ts'
import { transactionOf, written } from './written-entries.ts'

/** An invoice of 90.00 for the first quarter of 2025. */
export const quarter = finalizedInvoice('2025-01-01', [billedLine(cents(9_000))])

/** The books of what the quarter's invoice promises, after these facts. */
export function booksWith(...facts: BillingFact[]): PlayedBooks {
  const books = new PlayedBooks(earningOf(promiseOf(quarter)))
  for (const told of facts) books.tell(told)
  return books
}

/** The entries of one more fact, as text. */
export function posted(books: PlayedBooks, told: BillingFact): string[] {
  return written(transactionOf(books.tell(told)).entries)
}
