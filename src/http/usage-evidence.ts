import type { BooksSettings } from '../domain/books.ts'
import { csvLine } from '../domain/csv.ts'
import { evidenceOf, type EvidenceWanted, type UsageEvidence } from '../domain/usage-evidence.ts'
import type { StoredContract } from '../store/contracts.ts'
import type { Reader } from '../store/unit-of-work.ts'
import { eventsOfRange, type KeptEvent } from '../store/usage-evidence.ts'
import { ProblemError } from './problem.ts'
import { zoneOf } from './usage-standings.ts'

const head = ['time', 'received_at', 'source', 'id', 'customer', 'meter', 'value', 'properties']

/** The raw events behind a line of a contract: which they are, and the events a page at a time, however many there are. */
export type UsageExport = { readonly evidence: UsageEvidence; pages(): AsyncGenerator<KeptEvent[]> }

/** Finds the raw events behind a line and billing period. Throws ProblemError (400) for what the contract does not have. */
export function exportOf(
  reader: Reader,
  held: StoredContract,
  wanted: EvidenceWanted,
  { books, now }: { readonly books: BooksSettings; readonly now: Date },
): UsageExport {
  const found = evidenceOf(held.version.terms, zoneOf(held, books), wanted, now)
  if (!found.ok) throw new ProblemError({ status: 400, code: 'invalid-query', detail: found.error })
  const { line, from, to } = found.value
  const range = { customerId: held.customerId, meter: line.meter, from, to: to < now ? to : now }
  return { evidence: found.value, pages: () => eventsOfRange(reader, range) }
}

/** The events as CSV, in pieces: each as it came, with its time to the millisecond, in UTC. */
export async function* csvOf({ evidence, pages }: UsageExport): AsyncGenerator<string> {
  yield csvLine(head)
  for await (const page of pages())
    yield page.map((event) => csvLine(cellsOf(event, evidence.line.meter))).join('')
}

function cellsOf(event: KeptEvent, meter: string): string[] {
  const { occurredAt, receivedAt, source, id, subject, value, properties } = event
  const times = [occurredAt.toISOString(), receivedAt.toISOString()]
  const named = Object.keys(properties).length === 0 ? '' : JSON.stringify(properties)
  return [...times, source, id, subject, meter, value, named]
}

/** A name for the file: the contract, the meter and the first day of the period. */
export function fileNameOf({ number }: StoredContract, { line, period }: UsageEvidence): string {
  return `${[number, line.meter, period.startsOn].join('-').replace(/[^\w.-]+/g, '_')}.csv`
}
