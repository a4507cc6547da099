import { futureToleranceMilliseconds, invalid, tooLarge } from '../domain/event-reading.ts'
import { GrowingBytes } from '../domain/growing-bytes.ts'
import { readPlainLines } from '../domain/plain-reader.ts'
import { readStrictJson } from '../domain/strict-json.ts'
import { readItem, readPlainItem, type ReadItem } from './event-results.ts'
import { isBlank, textOfLine, type Line } from './line-reader.ts'

/** Lines and bytes that are handed to the intake together. */
const mostLines = 1_000
const mostBytes = 1_048_576

/** An event of a stream, and the number of its line. */
export type NumberedItem = { readonly number: number; readonly item: ReadItem }

/** Lines that wait to be handed over, in bytes of their own: a line must not keep what else came with it. */
export class GatheredLines {
  readonly #bytes = new GrowingBytes(mostLines)
  readonly #lines: {
    readonly number: number
    readonly end: number
    readonly isTooLong: boolean
    readonly arrivedAt: number
  }[] = []

  get isFull(): boolean {
    return this.#lines.length >= mostLines || this.#bytes.length >= mostBytes
  }

  /** Takes a line; one that is blank is nothing. */
  add(number: number, line: Line, arrivedAt: Date): void {
    if (line !== null && isBlank(line)) return
    if (line !== null) this.#bytes.part(line, 0, line.length)
    const end = this.#bytes.length
    this.#lines.push({ number, end, isTooLong: line === null, arrivedAt: arrivedAt.getTime() })
  }

  /** What the lines hold. Most are of the plainest form and read where they stand; where one is not, all are read as any other JSON. */
  items(): NumberedItem[] {
    const bytes = this.#bytes.written
    const lines = this.#lines.map(({ end, arrivedAt }) => {
      return { end, latest: arrivedAt + futureToleranceMilliseconds }
    })
    const plain = this.#lines.some(({ isTooLong }) => isTooLong) ? null : readPlainLines(bytes, lines)
    return this.#lines.flatMap(({ number, end, isTooLong, arrivedAt }, index) => {
      const event = plain?.events[index]
      const now = new Date(arrivedAt)
      if (event !== undefined) return [{ number, item: readPlainItem(event, now) }]
      const item = isTooLong
        ? { document: null, reading: tooLarge() }
        : itemOf(bytes.subarray(this.#lines[index - 1]?.end ?? 0, end), now)
      return item === null ? [] : [{ number, item }]
    })
  }
}

/** Null where there is nothing but whitespace, of whatever alphabet. */
function itemOf(line: Uint8Array, now: Date): ReadItem | null {
  const text = textOfLine(line)
  if (text === null) return { document: null, reading: notUtf8 }
  if (text.trim() === '') return null
  const read = readStrictJson(text)
  if (read.ok) return readItem(read.value, now)
  const { code, detail: message } = read.error
  return { document: null, reading: invalid([{ pointer: '', code, message }]) }
}

const notUtf8 = invalid([{ pointer: '', code: 'body-encoding', message: 'The line is not valid UTF-8.' }])
