import type { Account, Side } from './chart.ts'
import { accountName } from './chart.ts'
import type { CalendarDate, Month } from './calendar.ts'
import { lastDayOf } from './calendar.ts'
import { money } from './money.ts'
import type { Money } from './money.ts'

/** One line of a journal entry: an account and a segment, on one side, a positive amount. */
export type JournalLine = {
  readonly account: Account
  readonly side: Side
  readonly amount: Money
}

/**
 * What the ERP receives for one entity, month and currency: a summary of the ledger by account. The external id is a pure
 * function of those and the chunk, so asking twice names the same journal.
 */
export type JournalEntry = {
  readonly externalId: string
  readonly entity: string
  readonly month: Month
  readonly currency: string
  readonly chunk: number
  readonly postedOn: CalendarDate
  readonly memo: string
  readonly lines: readonly JournalLine[]
}

/** One entry of the ledger, as a journal needs it. */
export type SourceEntry = {
  readonly transactionId: string
  readonly account: Account
  readonly side: Side
  readonly amountMinor: bigint
}

/** A journal and the ledger transactions it sums up, for drilling down. */
export type DraftJournal = { readonly entry: JournalEntry; readonly transactionIds: readonly string[] }

/** What journals are drafted for; the external id is made of it. */
export type JournalScope = { readonly entity: string; readonly month: Month; readonly currency: string }

type Chunk = {
  readonly lines: Map<string, { account: Account; side: Side; amountMinor: bigint }>
  readonly transactionIds: string[]
}

/**
 * Sums a month's ledger up by account and side into journals of at most `lineLimit` lines. Whole transactions go into one journal, so
 * every journal balances by itself. The same entries in the same order give the same journals. Throws RangeError when one
 * transaction alone has more lines than the limit.
 */
export function draftJournals(
  scope: JournalScope,
  entries: readonly SourceEntry[],
  lineLimit: number,
): DraftJournal[] {
  const chunks: Chunk[] = []
  for (const [transactionId, transaction] of Map.groupBy(entries, (entry) => entry.transactionId)) {
    const chunk = chunkFor(transaction, chunks, lineLimit)
    chunk.transactionIds.push(transactionId)
    for (const entry of transaction) addTo(chunk, entry)
  }
  return chunks.map((chunk, index) => ({
    entry: journalOf(scope, index + 1, chunk),
    transactionIds: chunk.transactionIds,
  }))
}

/** Names the journal of a scope and chunk: letters, digits, `_` and `-` only, as NetSuite's `eid:` paths ask. */
export function journalExternalId({ entity, month, currency }: JournalScope, chunk: number): string {
  return `tieout-${entity}-${month}-${currency}-${chunk}`
}

function journalOf(scope: JournalScope, chunk: number, { lines, transactionIds }: Chunk): JournalEntry {
  const { entity, month, currency } = scope
  return {
    entity,
    month,
    currency,
    externalId: journalExternalId(scope, chunk),
    chunk,
    postedOn: lastDayOf(month),
    memo: `Tieout ${month}: ${transactionIds.length} ledger transactions`,
    lines: [...lines.entries()]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, { account, side, amountMinor }]) => ({ account, side, amount: money(currency, amountMinor) })),
  }
}

/** The journal a transaction fits into: the last one, or a fresh one. */
function chunkFor(transaction: readonly SourceEntry[], chunks: Chunk[], lineLimit: number): Chunk {
  const keys = [...new Set(transaction.map(keyOf))]
  if (keys.length > lineLimit)
    throw new RangeError(
      `Ledger transaction ${transaction[0]?.transactionId} has ${keys.length} lines, a journal at most ${lineLimit}`,
    )
  const current = chunks.at(-1)
  const added = keys.filter((key) => !current?.lines.has(key)).length
  if (current !== undefined && current.lines.size + added <= lineLimit) return current
  const fresh: Chunk = { lines: new Map(), transactionIds: [] }
  chunks.push(fresh)
  return fresh
}

function addTo({ lines }: Chunk, entry: SourceEntry): void {
  const key = keyOf(entry)
  const line = lines.get(key)
  if (line) line.amountMinor += entry.amountMinor
  else lines.set(key, { account: entry.account, side: entry.side, amountMinor: entry.amountMinor })
}

function keyOf({ account, side }: SourceEntry): string {
  return `${accountName(account)} ${side}`
}
