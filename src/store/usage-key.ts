import { hash } from 'node:crypto'
import { GrowingBytes } from '../domain/growing-bytes.ts'
import { PlainEvent, plainParts } from '../domain/plain-event.ts'
import type { UsageEvent } from '../domain/usage.ts'

/** An event with what it is known by: the first 16 bytes of SHA-256 over source and id, in hex; the database stores a UUID. */
export type KeyedEvent = { readonly event: UsageEvent; readonly key: string }

/** Says what an event is known by; one that stays in its bytes says so itself. */
export function keyedEvent(event: UsageEvent): KeyedEvent {
  if (!(event instanceof PlainEvent)) return { event, key: usageKey(event.source, event.id) }
  const { batch } = event
  // Parts of one text cost less to keep than a text each.
  if (batch.keys === '') batch.keys = batch.events.map(keyOfPlain).join('')
  return event
}

/** What the event of a source and id is known by. */
export function usageKey(source: string, id: string): string {
  return digestOf(JSON.stringify([source, id]))
}

const keyText = new GrowingBytes(600)

/** By the same JSON as any other event: what stands in a plain one needs no escapes. */
function keyOfPlain({ batch, index }: PlainEvent): string {
  const { source, id } = plainParts
  keyText.clear()
  keyText.word('["')
  keyText.part(batch.bytes, batch.startOf(index, source), batch.endOf(index, source))
  keyText.word('","')
  keyText.part(batch.bytes, batch.startOf(index, id), batch.endOf(index, id))
  keyText.word('"]')
  return digestOf(keyText.written)
}

function digestOf(name: string | Uint8Array): string {
  return hash('sha256', name, 'hex').slice(0, 32)
}

/** How many lanes usage is written in. Every process must count alike, so it is no setting. */
const usageLanes = 2

export const allLanes: readonly number[] = [...Array(usageLanes).keys()]

/** The lane an event is written in, by its key: all that could be the same event is written one after the other. */
export function laneOf({ key }: KeyedEvent): number {
  return key.charCodeAt(0) % usageLanes
}
