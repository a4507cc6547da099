import { readStrictJson } from '../../src/domain/strict-json.ts'
import type { RawEvent } from '../../src/ports/usage-source.ts'

/** As much of a Kafka record as an event is made of. */
export type EventRecord = {
  readonly value: Buffer | null
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[]
}

const structuredType = 'application/cloudevents+json'
const jsonType = 'application/json'

/**
 * Makes a raw event of a record, in the two modes of the CloudEvents Kafka binding (CloudEvents 1.0.2, Kafka Protocol Binding, 3.2 and 3.3):
 * structured, the event in the value, and binary, its attributes in `ce_` headers. Events without any header, which the binding does not know
 * and many producers write, are read as structured.
 */
export function rawEventOf({ value, headers }: EventRecord, place: string): RawEvent {
  const unreadable = (code: string, message: string): RawEvent => ({
    place,
    kind: 'unreadable',
    found: value?.toString('utf8', 0, 2_000) ?? '',
    fault: { pointer: '', code, message },
  })
  const named = namesOf(headers)
  // A retraction has no data, and so no value in binary mode.
  if (value === null || value.length === 0)
    return named?.has('ce_retracts')
      ? { place, kind: 'parts', event: attributesOf(named) }
      : unreadable('message-empty', 'The message has no value.')
  const text = utf8(value)
  if (text === null) return unreadable('body-encoding', 'The value is not valid UTF-8.')
  if (named === null) return unreadable('header-invalid', 'A header is named twice, or is not valid UTF-8.')
  const type = named.get('content-type') ?? ''
  if (mediaType(type) === structuredType) return { place, kind: 'text', text }
  if (type !== '' && mediaType(type) !== jsonType)
    return unreadable('content-type', `The content type is ${type.slice(0, 80)}, and events are JSON.`)
  if (!named.has('ce_specversion')) return { place, kind: 'text', text }
  const data = readStrictJson(text)
  if (!data.ok) return unreadable(data.error.code, data.error.detail)
  return { place, kind: 'parts', event: { ...attributesOf(named), data: data.value } }
}

/** Bytes that are not UTF-8 are told apart from text that holds the replacement character. */
function utf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** The headers that make the event, by name in small letters; null when one of them cannot be told for sure. */
function namesOf(headers: EventRecord['headers']): Map<string, string> | null {
  const named = new Map<string, string>()
  for (const [key, value] of headers) {
    const name = key?.toString('utf8').toLowerCase() ?? ''
    if (name !== 'content-type' && !name.startsWith('ce_')) continue
    const text = value === null ? null : utf8(value)
    if (text === null || named.has(name)) return null
    named.set(name, text)
  }
  return named
}

function attributesOf(named: ReadonlyMap<string, string>): Record<string, string> {
  const attributes = [...named].flatMap(([name, text]): [string, string][] =>
    name.startsWith('ce_') && name !== 'ce_data' ? [[name.slice(3), text]] : [],
  )
  const type = named.get('content-type')
  return { ...Object.fromEntries(attributes), ...(type === undefined ? {} : { datacontenttype: type }) }
}

function mediaType(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
}
