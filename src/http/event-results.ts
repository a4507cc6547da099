import { lateAfterMilliseconds, readEvent, type EventReading } from '../domain/event-reading.ts'
import type { PlainEvent } from '../domain/plain-event.ts'
import type { UsageEvent } from '../domain/usage.ts'
import type { RefusedCorrection, UsageOutcome } from '../store/accept-corrections.ts'
import type { EventResult } from './events-description.ts'
import type { ProblemPart } from './problem.ts'

/** What an event was found to be, and, where it is refused, as it was sent, as far as it could be parsed. */
export type ReadItem = { readonly document: unknown; readonly reading: EventReading }

/** Reads a parsed event. The document of a sound one is let go of, because thousands wait to be written. */
export function readItem(document: unknown, now: Date): ReadItem {
  const reading = readEvent(document, now)
  return { document: reading.kind === 'sound' ? null : document, reading }
}

/** The reading of an event that stands in its bytes and is not too far ahead. */
export function readPlainItem(event: PlainEvent, now: Date): ReadItem {
  const late = event.atMilliseconds < now.getTime() - lateAfterMilliseconds
  return { document: null, reading: { kind: 'sound', event, late } }
}

/** The events that break no rule, in their order. */
export function soundEvents(items: readonly ReadItem[]): UsageEvent[] {
  return items.flatMap(({ reading }) => (reading.kind === 'sound' ? [reading.event] : []))
}

/** What is answered of each item; `outcomes` are those of the sound ones, in their order. */
export function resultsOf(items: readonly ReadItem[], outcomes: readonly UsageOutcome[]): EventResult[] {
  let taken = 0
  return items.map(({ document, reading }, index) => {
    if (reading.kind === 'refused') return { index, ...refusalOf(document, reading) }
    return { index, ...resultOf(reading.event, reading.late, outcomes[taken++] as UsageOutcome) }
  })
}

function refusalOf(
  item: unknown,
  { state, faults }: Extract<EventReading, { kind: 'refused' }>,
): Omit<EventResult, 'index'> {
  const status = state === 'too-large' ? 413 : 422
  const names = { source: textIn(item, 'source'), id: textIn(item, 'id') }
  return { ...names, status, state, duplicate: false, late: false, errors: [...faults] }
}

function textIn(item: unknown, name: string): string | null {
  if (typeof item !== 'object' || item === null || !Object.hasOwn(item, name)) return null
  const value = (item as Record<string, unknown>)[name]
  return typeof value === 'string' ? value.slice(0, 512) : null
}

/** What is answered of a sound event, besides its place. */
export function resultOf(
  { source, id }: UsageEvent,
  late: boolean,
  outcome: UsageOutcome,
): Omit<EventResult, 'index'> {
  if (typeof outcome === 'object')
    return { source, id, duplicate: false, late, ...refusedCorrection(outcome) }
  const isConflict = outcome === 'conflict'
  return {
    source,
    id,
    status: isConflict ? 409 : 202,
    state: outcome,
    duplicate: outcome === 'duplicate',
    late,
    ...(isConflict ? { errors: [conflict] } : {}),
  }
}

function refusedCorrection({ fault }: RefusedCorrection): Pick<EventResult, 'status' | 'state' | 'errors'> {
  const isUnknown = fault.code === 'unknown-event'
  return {
    status: isUnknown ? 404 : 409,
    state: isUnknown ? 'unknown-event' : 'not-corrected',
    errors: [fault],
  }
}

const conflict: ProblemPart = {
  pointer: '/id',
  code: 'event-conflict',
  message: 'Another event has this source and id. The first one stays.',
}
