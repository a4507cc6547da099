/** What one look found. A note is worth knowing and stops nothing. */
export type Check = {
  readonly part: 'settings' | 'database' | 'vendor'
  readonly name: string
  readonly state: 'good' | 'note' | 'fault'
  readonly found: string
  /** What a person does about it. */
  readonly fix: string | null
}

/** A check that found what it should. */
export function good(part: Check['part'], name: string, found: string): Check {
  return { part, name, state: 'good', found, fix: null }
}

/** Something worth knowing. */
export function note(part: Check['part'], name: string, found: string, fix: string | null): Check {
  return { part, name, state: 'note', found, fix }
}

/** Something that must be mended. */
export function fault(part: Check['part'], name: string, found: string, fix: string): Check {
  return { part, name, state: 'fault', found, fix }
}
