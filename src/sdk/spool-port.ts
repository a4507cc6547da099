import type { Platform } from './platform.ts'
import type { UsageError } from './usage-error.ts'

/** Where an event lies in a spool. */
export type Place = { readonly file: number; readonly line: number }

/** An event that an earlier process left: its id, and its JSON as it is sent. */
export type SpooledEvent = { readonly id: string; readonly text: string; readonly place: Place }

/** What a spool is given when it is opened. */
export type SpoolContext = {
  readonly platform: Platform
  /** Told of trouble that no caller waits for. */
  readonly onError: (error: UsageError) => void
}

/** Keeps events until they are settled, also when the process is killed. `@tieout/usage/spool` has one that writes to disk. */
export type Spool = { open(context: SpoolContext): OpenSpool }

/** A spool at work. */
export type OpenSpool = {
  /** Keeps an event: when this returns, the event outlives the process. Throws UsageError when it could not be kept. */
  keep(text: string): Place
  /** Forgets events that are settled. */
  settle(places: readonly Place[]): void
  /** What earlier processes left unsettled; the next part is claimed when it is asked for. */
  adopt(): Iterable<readonly SpooledEvent[]>
  /** Lets go of everything: what is not settled is the next process's. */
  close(): void
}
