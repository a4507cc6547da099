import * as fs from 'node:fs'
import type { SpooledEvent } from './spool-port.ts'

/** What a file held when it was read. `torn` says that its last line had no end, as when the process died while it wrote. */
type Contents = {
  readonly events: ReadonlyMap<number, { readonly id: string; readonly text: string }>
  readonly nextLine: number
  readonly soundBytes: number
  readonly damagedLines: readonly string[]
}

/**
 * One file of a spool: a line `+number event` for each event, a line `-first:last,…` for events that are settled. Only what is appended to
 * stays open.
 */
export class SpoolFile {
  readonly number: number
  readonly damagedLines: readonly string[]
  #path: string
  #descriptor: number | null
  #bytes: number
  #nextLine: number
  #unsettled: number

  private constructor(number: number, path: string, descriptor: number | null, contents: Contents) {
    this.number = number
    this.damagedLines = contents.damagedLines
    this.#path = path
    this.#descriptor = descriptor
    this.#bytes = contents.soundBytes
    this.#nextLine = contents.nextLine
    this.#unsettled = contents.events.size
  }

  /** Makes a new file that others on this machine cannot read. */
  static create(number: number, path: string): SpoolFile {
    return new SpoolFile(number, path, fs.openSync(path, 'wx+', 0o600), nothing)
  }

  /** Opens a file that another process left, and answers what of it is not settled. A line without an end is cut off. */
  static adopt(number: number, path: string): { file: SpoolFile; events: SpooledEvent[] } {
    const contents = read(fs.readFileSync(path))
    fs.truncateSync(path, contents.soundBytes)
    const file = new SpoolFile(number, path, null, contents)
    const events = [...contents.events].map(([line, event]) => ({ ...event, place: { file: number, line } }))
    return { file, events }
  }

  get bytes(): number {
    return this.#bytes
  }

  get isSettled(): boolean {
    return this.#unsettled === 0
  }

  /** Appends an event and answers its line. What could not be written, or not be synced where `synced`, is taken back, and the error thrown. */
  append(text: string, synced: boolean): number {
    const line = this.#nextLine
    this.#write(`+${line} ${text}\n`, synced)
    this.#nextLine += 1
    this.#unsettled += 1
    return line
  }

  /** Marks events as settled. Where none is left, nothing is written: the file is about to be emptied or removed. */
  settle(lines: readonly number[]): void {
    this.#unsettled -= lines.length
    if (this.#unsettled > 0) this.#write(`-${rangesOf(lines)}\n`, false)
  }

  /** Forgets everything; line numbers go on. */
  empty(): void {
    if (this.#descriptor !== null) fs.ftruncateSync(this.#descriptor, 0)
    this.#bytes = 0
  }

  /** Brings what was appended to the disk itself. */
  sync(): void {
    if (this.#descriptor !== null) fs.fdatasyncSync(this.#descriptor)
  }

  /** Appends no more events. */
  retire(): void {
    if (this.#descriptor !== null) fs.closeSync(this.#descriptor)
    this.#descriptor = null
  }

  /** Removes the file, or sets it aside where lines could not be read and a person may want to look. */
  remove(): void {
    this.retire()
    if (this.damagedLines.length > 0) fs.renameSync(this.#path, `${this.#path}.damaged`)
    else fs.unlinkSync(this.#path)
  }

  /** Gives the file another name. */
  rename(path: string): void {
    fs.renameSync(this.#path, path)
    this.#path = path
  }

  /** Writes behind what is known to be whole, so that half a line of a full disk is overwritten and not continued. */
  #write(text: string, synced: boolean): void {
    const descriptor = this.#descriptor ?? fs.openSync(this.#path, 'r+')
    try {
      const bytes = Buffer.from(text)
      for (let done = 0; done < bytes.length;)
        done += fs.writeSync(descriptor, bytes, done, bytes.length - done, this.#bytes + done)
      if (synced) fs.fdatasyncSync(descriptor)
      this.#bytes += bytes.length
    } catch (error) {
      cutOff(descriptor, this.#bytes)
      throw error
    } finally {
      if (this.#descriptor === null) fs.closeSync(descriptor)
    }
  }
}

/** Where even this fails, what is left over is overwritten by the next line, or is a last line without an end. */
function cutOff(descriptor: number, bytes: number): void {
  try {
    fs.ftruncateSync(descriptor, bytes)
  } catch {
    return
  }
}

const nothing: Contents = { events: new Map(), nextLine: 0, soundBytes: 0, damagedLines: [] }

function read(bytes: Buffer): Contents {
  const soundBytes = bytes.lastIndexOf('\n') + 1
  const events = new Map<number, { id: string; text: string }>()
  const damagedLines: string[] = []
  let nextLine = 0
  for (const text of bytes.toString('utf8', 0, soundBytes).split('\n').slice(0, -1)) {
    const kept = keptIn(text)
    const settled = settledIn(text)
    if (kept !== null) events.set(kept.line, kept)
    else if (settled === null) damagedLines.push(text)
    for (const line of settled ?? []) events.delete(line)
    nextLine = Math.max(nextLine, (kept?.line ?? 0) + 1)
  }
  return { events, nextLine, soundBytes, damagedLines }
}

function keptIn(line: string): { line: number; id: string; text: string } | null {
  const [, number, text = ''] = /^\+(\d{1,15}) (.*)$/.exec(line) ?? []
  if (number === undefined) return null
  try {
    const { id } = Object(JSON.parse(text)) as { id?: unknown }
    return typeof id === 'string' ? { line: Number(number), id, text } : null
  } catch {
    return null
  }
}

/** No request settles more than a thousand at once: longer ranges are damage. */
const mostInRange = 1_000

function settledIn(line: string): number[] | null {
  if (!/^-\d{1,15}:\d{1,15}(,\d{1,15}:\d{1,15})*$/.test(line)) return null
  const ranges = line
    .slice(1)
    .split(',')
    .map((range) => range.split(':').map(Number) as [number, number])
  const isSound = ranges.every(([first, last]) => last >= first && last - first < mostInRange)
  if (!isSound) return null
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at))
}

/** Lines as ranges: 3, 4, 5 and 9 are `3:5,9:9`. */
function rangesOf(lines: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const line of lines.toSorted((left, right) => left - right)) {
    const last = ranges.at(-1)
    if (last?.[1] === line - 1) last[1] = line
    else ranges.push([line, line])
  }
  return ranges.map(([first, last]) => `${first}:${last}`).join(',')
}
