import type { KeyedEvent } from './usage-key.ts'

/** The columns of `usage_event`, in the order of `usageRows`. */
export const usageColumns = [
  'received_on',
  'event_key',
  'source',
  'id',
  'customer_id',
  'meter',
  'subject',
  'occurred_at',
  'received_at',
  'value',
  'properties',
] as const

/** Events as rows for `copyRows`; an event whose subject names no customer has none. */
export function usageRows(
  items: readonly KeyedEvent[],
  owners: ReadonlyMap<string, string>,
  receivedAt: Date,
): string {
  const at = receivedAt.toISOString()
  const on = at.slice(0, 10)
  return items.map((item) => usageRow(item, owners.get(item.event.subject), on, at)).join('')
}

function usageRow(
  { event, key }: KeyedEvent,
  customerId: string | undefined,
  on: string,
  at: string,
): string {
  const { source, id, meter, subject, occurredAt, value } = event
  const owner = customerId ?? '\\N'
  const properties = copyText(JSON.stringify(event.properties))
  return (
    `${on}\t${key}\t${copyText(source)}\t${copyText(id)}\t${owner}\t${meter}\t${copyText(subject)}\t` +
    `${occurredAt.toISOString()}\t${at}\t${value}\t${properties}\n`
  )
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
