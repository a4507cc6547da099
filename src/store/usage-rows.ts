import { PlainEvent, plainParts, type PlainPart } from '../domain/plain-event.ts'
import { GrowingBytes } from '../domain/growing-bytes.ts'
import type { KeyedEvent } from './usage-key.ts'

/** The columns of `usage_event`, in the order of `usageRows`. */
export const usageColumns = [
  'received_on',
  'received_at',
  'event_key',
  'source',
  'id',
  'customer_id',
  'meter',
  'subject',
  'occurred_at',
  'value',
  'properties',
] as const

/** Events as rows for `copyRows`; an event whose subject names no customer has none. */
export function usageRows(
  items: readonly KeyedEvent[],
  owners: ReadonlyMap<string, string>,
  receivedAt: Date,
): Uint8Array {
  const at = receivedAt.toISOString()
  const received = `${at.slice(0, 10)}\t${at}\t`
  const rows = new GrowingBytes(items.length * usualRowBytes)
  for (const item of items) {
    rows.word(received)
    rows.word(item.key)
    const owner = owners.get(item.event.subject) ?? '\\N'
    if (item.event instanceof PlainEvent) addPlain(rows, item.event, owner)
    else addEvent(rows, item, owner)
  }
  return rows.written
}

const usualRowBytes = 320
const tab = 9
const lineFeed = 10

function addEvent(rows: GrowingBytes, { event }: KeyedEvent, owner: string): void {
  const { source, id, meter, subject, occurredAt, value } = event
  rows.text(`\t${copyText(source)}\t${copyText(id)}\t${owner}\t${meter}\t${copyText(subject)}\t`)
  rows.text(`${occurredAt.toISOString()}\t${value}\t${copyText(JSON.stringify(event.properties))}\n`)
}

/** What the bytes of a plain event say, they say to COPY as well. */
function addPlain(rows: GrowingBytes, { batch, index, hasProperties }: PlainEvent, owner: string): void {
  const add = (part: PlainPart) => {
    rows.byte(tab)
    rows.part(batch.bytes, batch.startOf(index, part), batch.endOf(index, part))
  }
  add(plainParts.source)
  add(plainParts.id)
  rows.byte(tab)
  rows.text(owner)
  add(plainParts.meter)
  add(plainParts.subject)
  add(plainParts.time)
  add(plainParts.value)
  if (hasProperties) add(plainParts.properties)
  else rows.word('\t{}')
  rows.byte(lineFeed)
}

const special = /[\\\b\f\n\r\t\v]/

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** Few texts hold anything that COPY would read as more than itself. */
function copyText(text: string): string {
  if (!special.test(text)) return text
  return text.replace(/[\\\b\f\n\r\t\v]/g, (character) => escapes[character] ?? character)
}
