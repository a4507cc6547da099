/**
 * How any answer of a vendor is classed. Every connector ends its calls in one of these, so that jobs
 * treat all vendors alike.
 */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** A person must act: the vendor understood and said no. `field` is the vendor's path, where it names one. */
  | {
      readonly kind: 'rejected'
      readonly code: string
      readonly detail: string
      readonly field: string | null
    }
  /** The object is closed for change: a locked month, a finalized invoice. */
  | { readonly kind: 'locked'; readonly code: string; readonly detail: string }
  /** The thing is already there, under our own key or somebody else's. */
  | { readonly kind: 'conflict'; readonly code: string; readonly detail: string }
  /** Our credentials are refused: the connection waits, not the deals. */
  | { readonly kind: 'auth'; readonly detail: string }
  /** Too fast. No attempt is counted. */
  | { readonly kind: 'throttled'; readonly retryAfterMilliseconds: number }
  /** It certainly did not happen; trying again is safe. */
  | { readonly kind: 'transient'; readonly detail: string }
  /** It may have happened: look before trying again. */
  | { readonly kind: 'unknown'; readonly detail: string }
  /** The vendor replays a stored failure for our key: only a look tells whether the object exists. */
  | { readonly kind: 'replayed-failure'; readonly detail: string }
  /** Success in form, but not what we asked for. Never recorded. */
  | { readonly kind: 'broken'; readonly detail: string }

/** Wraps a good answer. */
export function answered<T>(value: T): Answer<T> {
  return { kind: 'ok', value }
}

/** Turns the value of a good answer into another; every other class passes through. */
export function mapAnswer<T, U>(answer: Answer<T>, change: (value: T) => U): Answer<U> {
  return answer.kind === 'ok' ? answered(change(answer.value)) : answer
}
