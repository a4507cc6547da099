import type { FileMetaData, ParquetParsers, SchemaElement } from 'hyparquet'

/** How many decimals each column of decimals has. */
export type DecimalScales = ReadonlyMap<string, number>

/**
 * Takes the mark of a decimal off every column that bears it, so that the reader hands out the whole numbers as they are stored: it would
 * make floating-point numbers of them. Answers their scales.
 */
export function withoutDecimals({ schema }: FileMetaData): DecimalScales {
  const scales = new Map<string, number>()
  for (const element of schema) {
    const { scale } = element.logical_type?.type === 'DECIMAL' ? element.logical_type : element
    if (!isDecimal(element)) continue
    scales.set(element.name, scale ?? 0)
    delete element.converted_type
    delete element.logical_type
  }
  return scales
}

function isDecimal({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'DECIMAL' || logical?.type === 'DECIMAL'
}

/** Instants as text in UTC: nanoseconds are cut to microseconds, which is as fine as they are kept anywhere. */
export const instantParsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (milliseconds) => instantText(milliseconds * 1000n),
  timestampFromMicroseconds: instantText,
  timestampFromNanoseconds: (nanoseconds) => instantText(nanoseconds / 1000n),
}

function instantText(microseconds: bigint): string {
  const fraction = ((microseconds % 1000n) + 1000n) % 1000n
  const instant = new Date(Number((microseconds - fraction) / 1000n)).toISOString()
  return fraction === 0n ? instant : `${instant.slice(0, -1)}${String(fraction).padStart(3, '0')}Z`
}

/** A value as exact text; null for none, undefined for a floating-point number that is not whole. */
export function fieldText(value: unknown, scale: number | undefined): unknown {
  if (value === null || value === undefined) return null
  if (scale !== undefined) return decimalText(wholeOf(value), scale)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  if (typeof value === 'bigint') return String(value)
  // Some writers leave the mark of text away.
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  return value instanceof Date ? value.toISOString() : value
}

/** The whole number behind a decimal: an integer, or its bytes with the highest first, in two's complement (Parquet, "DECIMAL"). */
function wholeOf(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as bigint | number)
  let whole = 0n
  for (const byte of value) whole = (whole << 8n) | BigInt(byte)
  return BigInt.asIntN(value.length * 8, whole)
}

function decimalText(whole: bigint, scale: number): string {
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, '0')
  const point = digits.length - scale
  const fraction = scale === 0 ? '' : `.${digits.slice(point)}`
  return `${whole < 0n ? '-' : ''}${digits.slice(0, point)}${fraction}`
}
