import { hash } from 'node:crypto'
import type { UsageEvent } from '../domain/usage.ts'

/** An event with what it is known by: the first 16 bytes of SHA-256 over source and id, in hex; the database stores a UUID. */
export type KeyedEvent = { readonly event: UsageEvent; readonly key: string }

/** Says what an event is known by. */
export function keyedEvent(event: UsageEvent): KeyedEvent {
  return { event, key: usageKey(event.source, event.id) }
}

/** What the event of a source and id is known by. */
export function usageKey(source: string, id: string): string {
  return hash('sha256', JSON.stringify([source, id]), 'hex').slice(0, 32)
}

/** How many lanes usage is written in. Every process must count alike, so it is no setting. */
const usageLanes = 2

export const allLanes: readonly number[] = [...Array(usageLanes).keys()]

/** The lane an event is written in, by its key: all that could be the same event is written one after the other. */
export function laneOf({ key }: KeyedEvent): number {
  return key.charCodeAt(0) % usageLanes
}
