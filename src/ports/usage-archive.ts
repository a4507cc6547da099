import type { Month } from '../domain/calendar.ts'
import type { UsageEvent } from '../domain/usage.ts'

/** A usage event with what became of it: the customer it was counted for, null while it waits for one, and when it came. */
export type KeptUsage = UsageEvent & {
  readonly customerId: string | null
  readonly receivedAt: Date
}

/** A part of a month, counted from 1. */
export type ArchivePart = { readonly month: Month; readonly part: number }

/** A file of an archive; `fileHash` is SHA-256 of its bytes. */
export type ArchivedFile = {
  readonly name: string
  readonly fileHash: string
  readonly eventCount: number
}

/** Where months of usage are put away. */
export interface UsageArchive {
  /**
   * Writes a part of a month, and answers once it is safe. The same events have the same name and hash, so a part that was written before
   * comes to lie where it lies; nothing else is replaced.
   */
  write(part: ArchivePart, usage: AsyncIterable<KeptUsage>): Promise<ArchivedFile>
  /** Reads back what lies under a name. */
  read(name: string): AsyncIterable<KeptUsage>
}
