import { isWordAt, sumOfBytes } from './plain-bytes.ts'
import { PlainBatch, plainParts, type PlainPart } from './plain-event.ts'
import { instantIn } from './plain-instant.ts'

const space = 32
const quote = 34
const comma = 44
const dot = 46
const zero = 48
const nine = 57
const colon = 58
const openBracket = 91
const backslash = 92
const closeBracket = 93
const openBrace = 123
const closeBrace = 125

const longestText = 256
const longestMeter = 100
const mostProperties = 20
const mostDigits = 18
const mostDecimals = 12

const attributes = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'data'] as const
const places = { specversion: 0, id: 1, source: 2, type: 3, subject: 4, time: 5, data: 6 } as const
const allAttributes = (1 << attributes.length) - 1

/** A CloudEvent of the plainest form has about so many bytes. */
const usualEventBytes = 200

/**
 * Reads a batch of CloudEvents of the plainest form where they stand in their bytes, none of them later than `latest` in milliseconds since 1970; null
 * when anything in them is otherwise than that, which is no fault: the batch is then read as any other JSON. What it takes, `readEvent` takes alike.
 */
export function readPlainBatch(
  bytes: Buffer,
  { mostEvents, latest }: { readonly mostEvents: number; readonly latest: number },
): PlainBatch | null {
  const batch = new PlainBatch(bytes, Math.min(mostEvents, Math.ceil(bytes.length / usualEventBytes)))
  const reader = new PlainReader(batch)
  if (!reader.take(openBracket)) return null
  do {
    if (batch.events.length === mostEvents || !(reader.event() <= latest)) return null
  } while (reader.take(comma))
  return reader.take(closeBracket) && reader.isAtEnd ? batch : null
}

/** Where a line ends, and how late its event may be in milliseconds since 1970. */
export type PlainLine = { readonly end: number; readonly latest: number }

/** As `readPlainBatch`, of lines one after the other without anything between them, an event each. */
export function readPlainLines(bytes: Buffer, lines: readonly PlainLine[]): PlainBatch | null {
  const batch = new PlainBatch(bytes, lines.length)
  const reader = new PlainReader(batch)
  for (const { end, latest } of lines) if (!(reader.event() <= latest) || !reader.reach(end)) return null
  return batch
}

/** Goes over JSON from the front. Of whitespace it takes spaces only: properties are stored as they were sent, and a line feed would end a row. */
class PlainReader {
  readonly #batch: PlainBatch
  readonly #bytes: Buffer
  #at = 0
  /** The text read last, without its quotes. */
  #start = 0
  #end = 0
  #time = Number.NaN

  constructor(batch: PlainBatch) {
    this.#batch = batch
    this.#bytes = batch.bytes
  }

  get isAtEnd(): boolean {
    return this.reach(this.#bytes.length)
  }

  /** Goes to a place where nothing but spaces stands before it. */
  reach(place: number): boolean {
    while (this.#at < place && this.#bytes[this.#at] === space) this.#at++
    return this.#at === place
  }

  /** Goes past a byte where it is the next one. */
  take(byte: number): boolean {
    this.#skipSpaces()
    if (this.#bytes[this.#at] !== byte) return false
    this.#at++
    return true
  }

  /** Adds the next event to the batch; answers its time in milliseconds since 1970, NaN where it is no plain event. */
  event(): number {
    if (!this.take(openBrace)) return Number.NaN
    let read = 0
    this.#time = Number.NaN
    do {
      const attribute = this.#name() ? this.#attribute() : -1
      if (attribute === -1 || (read & (1 << attribute)) !== 0) return Number.NaN
      if (!this.#readInto(attribute)) return Number.NaN
      read |= 1 << attribute
    } while (this.take(comma))
    if (read !== allAttributes || !this.take(closeBrace)) return Number.NaN
    this.#batch.add(this.#time)
    return this.#time
  }

  #skipSpaces(): void {
    while (this.#bytes[this.#at] === space) this.#at++
  }

  /** A text and the colon after it. */
  #name(): boolean {
    return this.#text() && this.take(colon)
  }

  /** Printable ASCII of which nothing is escaped. */
  #text(): boolean {
    if (!this.take(quote)) return false
    const bytes = this.#bytes
    let at = this.#at
    this.#start = at
    for (let byte = bytes[at] ?? 0; byte !== quote; byte = bytes[++at] ?? 0)
      if (byte <= space || byte > 126 || byte === backslash) return false
    this.#end = at
    this.#at = at + 1
    return at > this.#start && at - this.#start <= longestText
  }

  /** Which attribute the text read last names; -1 for none. */
  #attribute(): number {
    for (let index = 0; index < attributes.length; index++)
      if (this.#is(attributes[index] ?? '')) return index
    return -1
  }

  #is(word: string): boolean {
    return isWordAt(this.#bytes, this.#start, this.#end, word)
  }

  #readInto(attribute: number): boolean {
    if (attribute === places.data) return this.#data()
    if (!this.#text()) return false
    switch (attribute) {
      case places.specversion:
        return this.#is('1.0')
      case places.id:
        return this.#place(plainParts.id)
      case places.source:
        return this.#place(plainParts.source)
      case places.subject:
        return this.#place(plainParts.subject)
      case places.type:
        return (
          this.#end - this.#start <= longestMeter && this.#isOf(inMeters) && this.#place(plainParts.meter)
        )
      default:
        this.#time = instantIn(this.#bytes, this.#start, this.#end)
        return !Number.isNaN(this.#time) && this.#place(plainParts.time)
    }
  }

  /** Notes the text read last as a part of the event. */
  #place(part: PlainPart): true {
    this.#batch.place(part, this.#start, this.#end)
    return true
  }

  #data(): boolean {
    if (!this.take(openBrace)) return false
    let hasValue = false
    let hasProperties = false
    do {
      if (!this.#name()) return false
      if (!hasValue && this.#is('value')) {
        hasValue = this.#text() && this.#isDecimal()
        if (!hasValue) return false
        this.#place(plainParts.value)
      } else if (!hasProperties && this.#is('properties')) {
        hasProperties = this.#properties()
        if (!hasProperties) return false
      } else return false
    } while (this.take(comma))
    return hasValue && this.take(closeBrace)
  }

  #properties(): boolean {
    if (!this.take(openBrace)) return false
    const start = this.#at - 1
    const names: number[] = []
    if (!this.take(closeBrace)) {
      do {
        if (!this.#name() || !this.#isPropertyName()) return false
        const name = sumOfBytes(this.#bytes, this.#start, this.#end)
        // Of two names with one sum, which are seldom two names, JSON would take the last.
        if (names.includes(name) || names.length === mostProperties) return false
        names.push(name)
        if (!this.#text()) return false
      } while (this.take(comma))
      if (!this.take(closeBrace)) return false
    }
    this.#batch.place(plainParts.properties, start, this.#at)
    return true
  }

  #isPropertyName(): boolean {
    const first = this.#bytes[this.#start] ?? 0
    const isLetter = (first >= 65 && first <= 90) || (first >= 97 && first <= 122)
    const isShort = this.#end - this.#start <= longestMeter
    return isLetter && isShort && this.#isOf(inNames) && !this.#is('constructor') && !this.#is('prototype')
  }

  #isOf(allowed: Uint8Array): boolean {
    for (let at = this.#start; at < this.#end; at++) if (allowed[this.#bytes[at] ?? 0] !== 1) return false
    return true
  }

  /** A decimal in the one form that equal ones share, which `canonicalDecimal` leaves as it is. */
  #isDecimal(): boolean {
    let digits = 0
    let decimals = 0
    let point = -1
    for (let at = this.#start; at < this.#end; at++) {
      const byte = this.#bytes[at] ?? 0
      if (byte === dot && point === -1) point = at
      else if (byte < zero || byte > nine) return false
      else if (point === -1) digits++
      else decimals++
    }
    if (digits === 0 || digits > mostDigits || decimals > mostDecimals) return false
    if (digits > 1 && this.#bytes[this.#start] === zero) return false
    return point === -1 || (decimals > 0 && this.#bytes[this.#end - 1] !== zero)
  }
}

const inMeters = bytesOf('abcdefghijklmnopqrstuvwxyz0123456789_.-')
const inNames = bytesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-')

/** A table that has 1 where a byte is one of these. */
function bytesOf(characters: string): Uint8Array {
  const table = new Uint8Array(256)
  for (const character of characters) table[character.charCodeAt(0)] = 1
  return table
}
