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

type Chunk = {
  lines: Map<string, { account: Account; side: Side; amountMinor: bigint }>
  transactionIds: string[]
}

/**
 * Sums a month's ledger up by account and side into journals of at most `lineLimit` lines. Whole transactions go into one journal, so
 * every journal balances by itself. Entries must come grouped by transaction, always in the same order.
 */
export function draftJournals(
  scope: { readonly entity: string; readonly month: Month; readonly currency: string },
  entries: readonly SourceEntry[],
  lineLimit: number,
): DraftJournal[] {
  const chunks: Chunk[] = []
  for (const transaction of groupByTransaction(entries)) {
    const chunk = chunkFor(transaction, chunks, lineLimit)
    chunk.transactionIds.push(transaction[0]?.transactionId ?? '')
    for (const entry of transaction) addTo(chunk, entry)
  }
  return chunks.map((chunk, index) => ({
    entry: journalOf(scope, index + 1, chunk),
    transactionIds: chunk.transactionIds,
  }))
}

/** Names the journal of a scope and chunk: letters, digits, `_` and `-` only, as NetSuite's `eid:` paths ask. */
export function journalExternalId(
  scope: { readonly entity: string; readonly month: Month; readonly currency: string },
  chunk: number,
): string {
  return `tieout-${scope.entity}-${scope.month}-${scope.currency}-${chunk}`
}

function journalOf(
  scope: { readonly entity: string; readonly month: Month; readonly currency: string },
  chunk: number,
  { lines, transactionIds }: Chunk,
): JournalEntry {
  return {
    ...scope,
    externalId: journalExternalId(scope, chunk),
    chunk,
    postedOn: lastDayOf(scope.month),
    memo: `Tieout ${scope.month}: ${transactionIds.length} ledger transactions`,
    lines: [...lines.entries()]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, { account, side, amountMinor }]) => ({
        account,
        side,
        amount: money(scope.currency, amountMinor),
      })),
  }
}

function groupByTransaction(entries: readonly SourceEntry[]): SourceEntry[][] {
  const groups: SourceEntry[][] = []
  for (const entry of entries) {
    const last = groups.at(-1)
    if (last?.[0]?.transactionId === entry.transactionId) last.push(entry)
    else groups.push([entry])
  }
  return groups
}

function chunkFor(transaction: readonly SourceEntry[], chunks: Chunk[], lineLimit: number): Chunk {
  const current = chunks.at(-1)
  if (current !== undefined) {
    const added = new Set(transaction.map(keyOf).filter((key) => !current.lines.has(key))).size
    if (current.lines.size + added <= lineLimit) return current
  }
  const fresh: Chunk = { lines: new Map(), transactionIds: [] }
  chunks.push(fresh)
  return fresh
}

function addTo(chunk: Chunk, entry: SourceEntry): void {
  const key = keyOf(entry)
  const line = chunk.lines.get(key)
  if (line) line.amountMinor += entry.amountMinor
  else chunk.lines.set(key, { account: entry.account, side: entry.side, amountMinor: entry.amountMinor })
}

function keyOf({ account, side }: SourceEntry): string {
  return `${accountName(account)} ${side}`
}
