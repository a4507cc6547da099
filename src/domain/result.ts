/** A refusal is a value: something expected did not work out, and the caller says what happens next. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E }

/** Wraps a success. */
export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value }
}

/** Wraps a refusal. */
export function refused<E>(error: E): Result<never, E> {
  return { ok: false, error }
}

/** Makes a switch exhaustive: reaching it is a bug, at compile time and at run time. */
export function assertNever(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`)
}
