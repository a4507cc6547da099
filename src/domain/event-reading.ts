import type * as z from 'zod'
import { CloudEvent, isRetraction, retractionOf, usageEventOf, UsageRetraction } from './cloud-event.ts'
import { quickEvent } from './quick-event.ts'
import type { UsageEvent } from './usage.ts'

/** What is wrong with one part of an event: a JSON pointer (RFC 6901), a stable code, and a sentence. */
export type EventFault = { readonly pointer: string; readonly code: string; readonly message: string }

/** What an event was found to be. A late one is older than 35 days and counts all the same. */
export type EventReading =
  | { readonly kind: 'sound'; readonly event: UsageEvent; readonly late: boolean }
  | {
      readonly kind: 'refused'
      readonly state: 'invalid' | 'too-large'
      readonly faults: readonly EventFault[]
    }

/** CloudEvents promises that events of this size pass everywhere (CloudEvents 1.0, "Size Limits"). */
export const mostBytesAnEvent = 65_536

/** As far ahead of the clock of whoever takes it an event may be. */
export const futureToleranceMilliseconds = 300_000
/** An event that is older is late. */
export const lateAfterMilliseconds = 35 * 86_400_000

/** Reads one CloudEvent from a parsed document, by whatever way it came. `now` tells what is late, and what lies ahead. */
export function readEvent(document: unknown, now: Date): EventReading {
  const quick = quickEvent(document)
  if (quick !== null) return timed(quick, now)
  if (bytesOf(JSON.stringify(document) ?? '') > mostBytesAnEvent) return tooLarge()
  return isRetraction(document)
    ? readBy(UsageRetraction, document, retractionOf, now)
    : readBy(CloudEvent, document, usageEventOf, now)
}

function readBy<Form extends z.ZodType>(
  form: Form,
  document: unknown,
  eventOf: (sound: z.output<Form>) => UsageEvent,
  now: Date,
): EventReading {
  const parsed = form.safeParse(document)
  return parsed.success
    ? timed(eventOf(parsed.data), now)
    : invalid(parsed.error.issues.flatMap(faultsOfIssue))
}

function timed(event: UsageEvent, now: Date): EventReading {
  const ahead = event.occurredAt.getTime() - now.getTime()
  if (ahead > futureToleranceMilliseconds) return invalid([inTheFuture])
  return { kind: 'sound', event, late: ahead < -lateAfterMilliseconds }
}

/** How long a text is in UTF-8; of one that is too long anyway, its characters, so that nothing large is written out. */
export function bytesOf(text: string): number {
  return text.length > mostBytesAnEvent ? text.length : new TextEncoder().encode(text).length
}

/** The reading of an event larger than CloudEvents promises to carry. */
export function tooLarge(): EventReading {
  const message = `An event has at most ${mostBytesAnEvent} bytes.`
  return { kind: 'refused', state: 'too-large', faults: [{ pointer: '', code: 'event-too-large', message }] }
}

/** The reading of an event that breaks the rules. */
export function invalid(faults: readonly EventFault[]): EventReading {
  return { kind: 'refused', state: 'invalid', faults }
}

const inTheFuture: EventFault = {
  pointer: '/time',
  code: 'future',
  message: 'The time lies more than five minutes ahead.',
}

/** As much of a schema's finding as an answer needs. */
export type SchemaIssue = {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
}

/** One fault for each finding of a schema; each unknown key is a finding of its own. */
export function faultsOfIssue(issue: SchemaIssue): EventFault[] {
  if (issue.code !== 'unrecognized_keys' || issue.keys === undefined)
    return [
      { pointer: pointerTo(issue.path), code: issue.code ?? 'invalid', message: sentence(issue.message) },
    ]
  return issue.keys.map((key) => ({
    pointer: pointerTo([...issue.path, key]),
    code: 'unknown-field',
    message: 'There is no such field.',
  }))
}

/** Writes a path as a JSON pointer (RFC 6901). */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function sentence(message: string): string {
  return message.endsWith('.') ? message : `${message}.`
}
