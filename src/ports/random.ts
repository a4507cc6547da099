import type { Clock } from './clock.ts'

/** Where chance comes from: whole random bytes. */
export interface Random {
  bytes(count: number): Uint8Array
}

/** The machine's own randomness. */
export const systemRandom: Random = {
  bytes: (count) => globalThis.crypto.getRandomValues(new Uint8Array(count)),
}

/** The same bytes for the same seed (mulberry32); for tests, simulation and fakes, never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return { bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff) }
}

/** A number from 0 up to but not including 1. */
export function fraction(random: Random): number {
  const [a = 0, b = 0, c = 0] = random.bytes(3)
  return (a * 65536 + b * 256 + c) / 16777216
}

/** Makes ids that sort by time: a prefix and a UUIDv7 (RFC 9562, 5.7), `ctr_0198…`. */
export interface Ids {
  next(prefix: string): string
}

/** Ids from a clock and a source of chance. Ids of one maker never go backwards, also within a millisecond. */
export function idsFrom(clock: Clock, random: Random): Ids {
  let last = 0
  let sequence = 0
  return {
    next(prefix) {
      const now = clock.now().getTime()
      sequence = now <= last ? sequence + 1 : 0
      last = Math.max(now, last)
      return `${prefix}_${uuid7(last, sequence, random.bytes(8))}`
    },
  }
}

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function uuid7(milliseconds: number, sequence: number, bytes: Uint8Array): string {
  const time = (milliseconds + Math.floor(sequence / 4096)).toString(16).padStart(12, '0')
  const counter = (sequence % 4096).toString(16).padStart(3, '0')
  let tail = ''
  for (const byte of bytes) tail += hexOf[byte]
  const variant = (((bytes[0] ?? 0) >> 4) & 3) | 8
  return `${time}7${counter}${variant.toString(16)}${tail.slice(1)}`
}
