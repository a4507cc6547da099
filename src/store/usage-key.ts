import { hash } from 'node:crypto'
import type { UsageEvent } from '../domain/usage.ts'

/** An event with what it is known by. Both hashes are the first 16 bytes of SHA-256, written as UUIDs. */
export type KeyedEvent = {
  readonly event: UsageEvent
  /** Of source and id. */
  readonly key: string
  /** Of all the rest: the same key with another one is another event that calls itself the same. */
  readonly bodyHash: string
}

/** Says what an event is known by. */
export function keyedEvent(event: UsageEvent): KeyedEvent {
  const { source, id, meter, subject, occurredAt, value, properties } = event
  const names = Object.keys(properties)
  const sorted = names.length < 2 ? Object.entries(properties) : Object.entries(properties).sort(byName)
  return {
    event,
    key: uuidOf(JSON.stringify([source, id])),
    bodyHash: uuidOf(JSON.stringify([meter, subject, occurredAt, value, sorted])),
  }
}

function byName([left]: [string, string], [right]: [string, string]): number {
  return left < right ? -1 : 1
}

function uuidOf(text: string): string {
  const hex = hash('sha256', text, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

/** How many lanes usage is written in. Every process must count alike, so it is no setting. */
export const usageLanes = 2

export const allLanes: readonly number[] = [...Array(usageLanes).keys()]

/**
 * The lane an event is written in, by its subject: a customer's hours are changed in one lane, so that lanes do not wait for each other's
 * rows.
 */
export function laneOf({ subject }: UsageEvent): number {
  let sum = 0
  for (let index = 0; index < subject.length; index++) sum = (sum * 31 + subject.charCodeAt(index)) | 0
  return Math.abs(sum) % usageLanes
}
