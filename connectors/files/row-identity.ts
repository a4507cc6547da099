import { createHash } from 'node:crypto'
import type { UsageEvent } from '../../src/domain/usage.ts'
import type { RepeatedKeys } from './repeated-keys.ts'
import type { CheckedRow, RowRefusal } from './row-reading.ts'

/** A row as it would be kept, or why not. `isRepeated` where another row of the file may have the same source and id, or correct it. */
export type UsageRow =
  | { readonly line: number; readonly event: UsageEvent; readonly isRepeated: boolean }
  | { readonly line: number; readonly refusal: RowRefusal }

type SoundRow = Extract<CheckedRow, { event: UsageEvent }>

/** What makes a row itself: its source and id, or, where it has no id, everything it says; 32 hexadecimal digits of SHA-256. */
export function keyOf({ event, hasId }: SoundRow): string {
  const { source, id, meter, subject, occurredAt, value, properties, corrects } = event
  const sorted = Object.entries(properties).sort(([left], [right]) => (left < right ? -1 : 1))
  if (hasId) return keyOfId(source, id)
  const said = ['row', meter, subject, occurredAt.toISOString(), value, sorted]
  return digestOf(corrects === undefined ? said : [...said, corrects.kind, corrects.id])
}

/** What a row with this source and id is known by, as `keyOf` says it. */
export function keyOfId(source: string, id: string): string {
  return digestOf(['id', source, id])
}

function digestOf(said: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 32)
}

/**
 * Gives rows without an id one made of what they say and of their place among equal rows: `row-<hash>-1` for the first, `-2` for the next
 * one that says the same. So the same rows have the same ids in whatever order, format or file they come again, and two equal rows of one
 * file are two uses. Rows must come in the order of the file, all of them.
 */
export function identified(repeated: RepeatedKeys): (row: CheckedRow) => UsageRow {
  const turns = new Map<string, number>()
  return (row) => {
    if (!('event' in row)) return row
    const key = keyOf(row)
    const isRepeated = repeated.holds(key)
    const { line, event, hasId } = row
    if (hasId) return { line, event, isRepeated }
    const turn = (turns.get(key) ?? 0) + 1
    if (isRepeated) turns.set(key, turn)
    return { line, event: { ...event, id: `row-${key}-${turn}` }, isRepeated: false }
  }
}
