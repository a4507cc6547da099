import type { BooksEntity, BooksSettings } from '../domain/books.ts'
import { dateIn, monthOf, monthsBetween, type Month } from '../domain/calendar.ts'
import { firstMonthOf } from '../store/book-lookup.ts'
import { blockersOf, closeBlockers, type CloseBlocker } from '../store/close-blockers.ts'
import { listJournals } from '../store/journals.ts'
import { listMonths, type BooksMonth } from '../store/months.ts'
import type { Reader } from '../store/unit-of-work.ts'

/** A month of an entity's books, with what became of its journals. */
export type MonthStanding = {
  readonly entity: BooksEntity
  readonly month: Month
  readonly state: BooksMonth['state']
  readonly hasEnded: boolean
  readonly closedAt: Date | null
  readonly closedBy: string | null
  readonly seal: string | null
  /** Open exceptions about money of the month or before, while it can still be closed. */
  readonly blockers: readonly CloseBlocker[]
  readonly journals: { readonly drafted: number; readonly posted: number; readonly held: number }
}

/** Every month of every entity, from its first to the current one, the latest first. */
export async function monthStandings(
  reader: Reader,
  { entities }: BooksSettings,
  now: Date,
): Promise<MonthStanding[]> {
  const blockers = await closeBlockers(reader)
  const standings = await Promise.all(entities.map((entity) => standingsOf(reader, entity, blockers, now)))
  return standings.flat()
}

async function standingsOf(
  reader: Reader,
  entity: BooksEntity,
  blockers: readonly CloseBlocker[],
  now: Date,
): Promise<MonthStanding[]> {
  const first = await firstMonthOf(reader, entity.id)
  const rows = new Map((await listMonths(reader, entity.id)).map((row) => [row.month, row]))
  const current = monthOf(dateIn(entity.timeZone, now))
  const months = first === null ? [] : monthsBetween(first, current)
  const named = [...new Set([...months, ...rows.keys()])].sort().toReversed()
  const journals = await journalCounts(reader, entity.id)
  return named.map((month) => {
    const row = rows.get(month)
    return {
      entity,
      month,
      state: row?.state ?? 'open',
      hasEnded: month < current,
      closedAt: row?.closedAt ?? null,
      closedBy: row?.closedBy ?? null,
      seal: row?.seal ?? null,
      blockers: row?.state === 'closed' || month >= current ? [] : blockersOf(blockers, entity, month),
      journals: journals.get(month) ?? { drafted: 0, posted: 0, held: 0 },
    }
  })
}

async function journalCounts(reader: Reader, entity: string): Promise<Map<Month, MonthStanding['journals']>> {
  const counts = new Map<Month, MonthStanding['journals']>()
  for (const { month, state } of await listJournals(reader, { entity })) {
    const held = counts.get(month) ?? { drafted: 0, posted: 0, held: 0 }
    counts.set(month, { ...held, [state]: held[state] + 1 })
  }
  return counts
}
