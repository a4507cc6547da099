import { isRetraction } from '../domain/cloud-event.ts'
import { bytesOf, mostBytesAnEvent } from '../domain/event-reading.ts'
import { readPlainBatch } from '../domain/plain-reader.ts'
import type { PlainBatch } from '../domain/plain-event.ts'
import { bodyLimits, decodeText, mediaTypeOf, readBytes, readText, requireMediaType } from './body.ts'
import { ProblemError } from './problem.ts'
import { parseStrictJson } from './strict-json.ts'

export const structuredType = 'application/cloudevents+json'
export const batchType = 'application/cloudevents-batch+json'
export const binaryType = 'application/json'

export const mostEvents = 1_000

/** What a request holds before anything is checked: one event, or a batch of them. */
export type EventsRead =
  | { readonly kind: 'single'; readonly event: unknown }
  | { readonly kind: 'batch'; readonly events: readonly unknown[] }

/** Depth counts the batch's own list; an event has few keys, and how many events there are is counted by itself. */
const batchLimits = { deepest: 32, mostKeys: mostEvents * 100 }

/**
 * What a request brought, as bytes or text. `parse` makes events of it, and throws ProblemError for JSON that is none (400) and for too much (413);
 * `plain` reads them where they stand, where they are a batch of the plainest form and none is later than an instant in milliseconds since 1970.
 */
export type UnparsedEvents = {
  /** How long it is. */
  readonly bytes: number
  plain(latest: number): PlainBatch | null
  parse(): EventsRead
}

/**
 * Reads usage events in the three forms of the HTTP binding: structured, batch, binary. Throws ProblemError: another content type (415), too
 * much (413).
 */
export async function readEvents(request: Request): Promise<UnparsedEvents> {
  if (mediaTypeOf(request) === binaryType && request.headers.has('ce-specversion')) return readBinary(request)
  const type = requireMediaType(request, [structuredType, batchType])
  const bytes = await readBytes(request, bodyLimits.events)
  return {
    bytes: bytes.length,
    plain: (latest) => (type === batchType ? readPlainBatch(bytes, { mostEvents, latest }) : null),
    parse: () => parsed(type, decodeText(bytes)),
  }
}

function parsed(type: string, text: string): EventsRead {
  if (type === structuredType) {
    if (bytesOf(text) > mostBytesAnEvent) throw tooLarge()
    return { kind: 'single', event: parseStrictJson(text) }
  }
  const events = parseStrictJson(text, batchLimits)
  if (!Array.isArray(events)) throw notAList()
  if (events.length > mostEvents) throw tooMany(events.length)
  return { kind: 'batch', events }
}

/** Binary form: the attributes are headers, the body is the data. */
async function readBinary(request: Request): Promise<UnparsedEvents> {
  const attributes: Record<string, string> = {}
  request.headers.forEach((value, name) => {
    if (name.startsWith('ce-')) attributes[name.slice(3)] = decoded(value)
  })
  const text = await readText(request, mostBytesAnEvent)
  const { data: _data, ...own } = attributes
  // A retraction has no data, and so no body.
  const contentOf = () => (text === '' && isRetraction(own) ? {} : { data: parseStrictJson(text) })
  return {
    bytes: text.length,
    plain: () => null,
    parse: () => ({ kind: 'single', event: { ...own, datacontenttype: binaryType, ...contentOf() } }),
  }
}

/** Header values are percent-encoded where they go beyond printable ASCII (HTTP binding, 3.1.3.2). */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function tooLarge(): ProblemError {
  const detail = `A usage event has at most ${mostBytesAnEvent} bytes.`
  return new ProblemError({ status: 413, code: 'event-too-large', detail })
}

function tooMany(count: number): ProblemError {
  const detail = `The batch has ${count} events; at most ${mostEvents} are taken at once.`
  return new ProblemError({ status: 413, code: 'too-many-events', detail })
}

function notAList(): ProblemError {
  return new ProblemError({ status: 422, code: 'invalid-body', detail: 'A batch is a list of events.' })
}
