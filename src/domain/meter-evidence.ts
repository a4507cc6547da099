import { countedBy, type MeterBook } from './meter-book.ts'
import type { UsageEvent } from './usage.ts'

/** What an event is for a meter: a quantity that is added up, or a single reading of one that looks at readings. */
export type EvidenceOfEvent = { readonly isAdded: boolean; readonly quantity: string }

/** The types of events that a meter counts or has counted; of its own name where nobody defined it. */
export function typesCounted(book: MeterBook, meter: string): string[] {
  const versions = book.get(meter)?.named ?? []
  return [...new Set([meter, ...versions.map(({ eventType }) => eventType)])]
}

/** What an event counts as for one meter, by the version of its own time; null where it does not count there. */
export function evidenceOfEvent(
  book: MeterBook,
  meter: string,
  event: UsageEvent,
  key: string,
): EvidenceOfEvent | null {
  for (const counted of countedBy(book, event, key)) {
    if (counted.meter !== meter || counted.kind === 'unreadable') continue
    return counted.kind === 'added'
      ? { isAdded: true, quantity: counted.quantity }
      : { isAdded: false, quantity: counted.value }
  }
  return null
}
