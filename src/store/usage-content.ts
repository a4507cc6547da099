import { hash } from 'node:crypto'
import type { KeptUsage } from '../ports/usage-archive.ts'
import { decimalOf, finestParts } from '../domain/exact-sum.ts'
import { keyedEvent } from './usage-key.ts'

/** What many events are together: how many, a hash of all they say in whatever order, and exact sums by meter. */
export type UsageContent = {
  readonly eventCount: number
  readonly contentHash: string
  readonly quantities: Readonly<Record<string, string>>
}

/** Adds events up to what they are together, one at a time and in any order. */
export class ContentSum {
  #eventCount = 0
  #halves: [bigint, bigint] = [0n, 0n]
  readonly #parts = new Map<string, bigint>()

  add(usage: KeptUsage): void {
    const digest = Buffer.from(usageHash(usage), 'hex')
    const [first, second] = this.#halves
    this.#halves = [modulo(first + digest.readBigUInt64BE(0)), modulo(second + digest.readBigUInt64BE(8))]
    this.#parts.set(usage.meter, (this.#parts.get(usage.meter) ?? 0n) + finestParts(usage.value))
    this.#eventCount++
  }

  content(): UsageContent {
    return {
      eventCount: this.#eventCount,
      contentHash: this.#halves.map((half) => half.toString(16).padStart(16, '0')).join(''),
      quantities: Object.fromEntries([...this.#parts].map(([meter, parts]) => [meter, decimalOf(parts)])),
    }
  }
}

function modulo(sum: bigint): bigint {
  return BigInt.asUintN(64, sum)
}

/** SHA-256 in hexadecimal over all that an event says, as `usage_event_hash` of the database computes it. */
export function usageHash(usage: KeptUsage): string {
  const { source, id, meter, subject, customerId, occurredAt, receivedAt, value } = usage
  const { key } = keyedEvent(usage)
  const said = [
    key,
    source,
    id,
    customerId,
    meter,
    subject,
    microseconds(occurredAt),
    microseconds(receivedAt),
    value,
  ]
  const parts = [...said.map((part) => JSON.stringify(part)), propertiesText(usage)]
  return hash('sha256', `[${parts.join(', ')}]`, 'hex')
}

function microseconds(at: Date): string {
  return String(BigInt(at.getTime()) * 1000n)
}

/** As the database writes them: shorter names first, then by their bytes (PostgreSQL, "jsonb"). Names are ASCII. */
function propertiesText({ properties }: KeptUsage): string {
  const sorted = Object.entries(properties).sort(([left], [right]) =>
    left.length === right.length ? (left < right ? -1 : 1) : left.length - right.length,
  )
  return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(', ')}}`
}
