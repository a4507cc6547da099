import type { Platform } from './platform.ts'

/** Makes ids that sort by time (UUIDv7, RFC 9562, 5.7). Those of one maker never go backwards, also within a millisecond. */
export function eventIds({ now, chanceBytes }: Pick<Platform, 'now' | 'chanceBytes'>): () => string {
  const nextTail = tails(chanceBytes)
  let last = 0
  let sequence = 0
  return () => {
    const milliseconds = now().getTime()
    sequence = milliseconds > last ? 0 : sequence + 1
    last = Math.max(milliseconds, last)
    return uuid(last, sequence, nextTail())
  }
}

const tailBytes = 8

/** Asks for chance for many ids at once: asking costs more than the rest of an id. */
function tails(chanceBytes: Platform['chanceBytes']): () => Uint8Array {
  let pool: Uint8Array = new Uint8Array()
  let used = 0
  return () => {
    if (used + tailBytes > pool.length) {
      pool = chanceBytes(tailBytes * 256)
      used = 0
    }
    used += tailBytes
    return pool.subarray(used - tailBytes, used)
  }
}

/** More than 4,096 ids in one millisecond borrow from the milliseconds to come. */
function uuid(milliseconds: number, sequence: number, bytes: Uint8Array): string {
  const time = (milliseconds + Math.floor(sequence / 4_096)).toString(16).padStart(12, '0')
  const counter = (sequence % 4_096).toString(16).padStart(3, '0')
  const variant = (8 + ((bytes[0] ?? 0) & 3)).toString(16)
  let tail = ''
  for (const byte of bytes) tail += (byte + 256).toString(16).slice(1)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}`
}
