import { daysInMonth } from './calendar.ts'

const zero = 48
const dot = 46
const dash = 45
const colon = 58
const letterT = 84
const letterZ = 90

const withoutFraction = '2026-03-02T08:30:00Z'.length

/**
 * The milliseconds since 1970 of `2026-03-02T08:30:00Z`, or with up to three decimals of a second, that stands in bytes (RFC 3339). NaN for
 * any other form, for what no calendar has, and for years before 1000, which JavaScript counts from 1900.
 */
export function instantIn(bytes: Uint8Array, start: number, end: number): number {
  const decimals = end - start === withoutFraction ? 0 : end - start - withoutFraction - 1
  if (decimals < 0 || decimals > 3 || (end - start !== withoutFraction && decimals === 0)) return Number.NaN
  if (bytes[end - 1] !== letterZ || !hasSigns(bytes, start)) return Number.NaN
  if (decimals > 0 && bytes[start + withoutFraction - 1] !== dot) return Number.NaN
  const year = digitsIn(bytes, start, 4)
  const month = digitsIn(bytes, start + 5, 2)
  const day = digitsIn(bytes, start + 8, 2)
  const hour = digitsIn(bytes, start + 11, 2)
  const minute = digitsIn(bytes, start + 14, 2)
  const second = digitsIn(bytes, start + 17, 2)
  const millisecond = digitsIn(bytes, start + withoutFraction, decimals) * 10 ** (3 - decimals)
  // Each comparison is false of NaN.
  const isDay = year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
  const isTime = hour <= 23 && minute <= 59 && second <= 59
  return isDay && isTime ? Date.UTC(year, month - 1, day, hour, minute, second, millisecond) : Number.NaN
}

function hasSigns(bytes: Uint8Array, start: number): boolean {
  return (
    bytes[start + 4] === dash &&
    bytes[start + 7] === dash &&
    bytes[start + 10] === letterT &&
    bytes[start + 13] === colon &&
    bytes[start + 16] === colon
  )
}

function digitsIn(bytes: Uint8Array, start: number, count: number): number {
  let number = 0
  for (let at = start; at < start + count; at++) {
    const digit = (bytes[at] ?? 0) - zero
    if (digit < 0 || digit > 9) return Number.NaN
    number = number * 10 + digit
  }
  return number
}
