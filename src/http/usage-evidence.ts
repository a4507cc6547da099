import type { BooksSettings } from '../domain/books.ts'
import { csvLine } from '../domain/csv.ts'
import type { MeterBook } from '../domain/meter-book.ts'
import { evidenceOfEvent, typesCounted, type EvidenceOfEvent } from '../domain/meter-evidence.ts'
import { evidenceOf, type EvidenceWanted, type UsageEvidence } from '../domain/usage-evidence.ts'
import type { StoredContract } from '../store/contracts.ts'
import { readMeterBook } from '../store/meters.ts'
import type { Reader } from '../store/unit-of-work.ts'
import { archivedUsageOf } from '../store/usage-archive-restore.ts'
import { eventsOfRange, type EvidenceEvent, type EvidenceRange } from '../store/usage-evidence.ts'
import { ProblemError } from './problem.ts'
import { zoneOf } from './usage-standings.ts'

const head = ['time', 'received_at', 'source', 'id', 'customer', 'type', 'value', 'counted', 'properties']

/** An event that counts for a line, and as what. */
export type CountedEvent = { readonly event: EvidenceEvent; readonly counted: EvidenceOfEvent }

/** The raw events behind a line of a contract: which they are, and the events a page at a time, however many there are. */
export type UsageExport = { readonly evidence: UsageEvidence; pages(): AsyncGenerator<CountedEvent[]> }

/** Finds the raw events behind a line and billing period. Throws ProblemError for what the contract does not have (400), and where events lie in files (409). */
export async function exportOf(
  reader: Reader,
  held: StoredContract,
  wanted: EvidenceWanted,
  { books, now }: { readonly books: BooksSettings; readonly now: Date },
): Promise<UsageExport> {
  const found = evidenceOf(held.version.terms, zoneOf(held, books), wanted, now)
  if (!found.ok) throw new ProblemError({ status: 400, code: 'invalid-query', detail: found.error })
  const { line, from, to } = found.value
  const { book } = await readMeterBook(reader)
  const range = {
    customerId: held.customerId,
    types: typesCounted(book, line.meter),
    from,
    // An event may be five minutes ahead of the hub's clock, so what has not begun yet is read as far as it may have come.
    to: new Date(Math.min(to.getTime(), now.getTime() + mostAheadMilliseconds)),
  }
  await refusePutAway(reader, range)
  return { evidence: found.value, pages: () => countedEvents(reader, range, line.meter, book) }
}

const mostAheadMilliseconds = 3_600_000

/** Evidence that leaves out what lies in files would be none. */
async function refusePutAway(reader: Reader, range: EvidenceRange): Promise<void> {
  const archived = await archivedUsageOf(reader, range)
  if (archived.length === 0) return
  const months = archived.map(({ month, files }) => `${month} (${files.join(', ')})`).join('; ')
  throw new ProblemError({
    status: 409,
    code: 'usage-put-away',
    detail: `Events of this line that came in these months are put away in files: ${months}. Bring them back with tieout usage import.`,
  })
}

/** What the meter's filters leave out is no part of the line. */
async function* countedEvents(
  reader: Reader,
  range: EvidenceRange,
  meter: string,
  book: MeterBook,
): AsyncGenerator<CountedEvent[]> {
  for await (const page of eventsOfRange(reader, range))
    yield page.flatMap((event) => {
      const counted = evidenceOfEvent(book, meter, event, event.key)
      return counted === null ? [] : [{ event, counted }]
    })
}

/** The events as CSV, in pieces: each as it came, with its time to the millisecond, in UTC, and what it counts as. */
export async function* csvOf({ pages }: UsageExport): AsyncGenerator<string> {
  yield csvLine(head)
  for await (const page of pages()) yield page.map((counted) => csvLine(cellsOf(counted))).join('')
}

function cellsOf({ event, counted }: CountedEvent): string[] {
  const { occurredAt, receivedAt, source, id, subject, meter, value, properties } = event
  const times = [occurredAt.toISOString(), receivedAt.toISOString()]
  const named = Object.keys(properties).length === 0 ? '' : JSON.stringify(properties)
  return [...times, source, id, subject, meter, value, counted.quantity, named]
}

/** A name for the file: the contract, the meter and the first day of the period. */
export function fileNameOf({ number }: StoredContract, { line, period }: UsageEvidence): string {
  return `${[number, line.meter, period.startsOn].join('-').replace(/[^\w.-]+/g, '_')}.csv`
}
