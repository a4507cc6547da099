import { isWordAt, sumOfBytes } from './plain-bytes.ts'
import type { UsageEvent } from './usage.ts'

/** Where in the places of an event each part of it begins; where it ends follows. */
export const plainParts = {
  source: 0,
  id: 2,
  meter: 4,
  subject: 6,
  time: 8,
  value: 10,
  /** The JSON object with its braces; both places are 0 where there is none. */
  properties: 12,
} as const

export type PlainPart = (typeof plainParts)[keyof typeof plainParts]

const placesAnEvent = 14

const noProperties: Readonly<Record<string, string>> = {}

/**
 * Events that stay in the bytes they were sent in: thousands wait to be written, and an object with a text for each attribute costs more than all else
 * that is done with an event. The attributes are printable ASCII without quotes and backslashes, so a text is what its bytes are.
 */
export class PlainBatch {
  readonly bytes: Buffer
  readonly events: PlainEvent[] = []
  /** What each event is known by, one after the other, once somebody has said so. */
  keys = ''
  #places: Int32Array
  #milliseconds: Float64Array
  /** Equal names of subjects and meters share one text. */
  readonly #names = new Map<number, string>()

  /** `expected` is about how many events the bytes hold. */
  constructor(bytes: Buffer, expected: number) {
    this.bytes = bytes
    this.#places = new Int32Array(expected * placesAnEvent)
    this.#milliseconds = new Float64Array(expected)
  }

  /** Where a part of an event begins. */
  startOf(index: number, part: PlainPart): number {
    return this.#places[index * placesAnEvent + part] ?? 0
  }

  /** The place after the last byte of a part of an event. */
  endOf(index: number, part: PlainPart): number {
    return this.#places[index * placesAnEvent + part + 1] ?? 0
  }

  /** Says where a part of the event after the last one stands. */
  place(part: PlainPart, start: number, end: number): void {
    const at = this.events.length * placesAnEvent + part
    if (at + 1 >= this.#places.length) this.#grow()
    this.#places[at] = start
    this.#places[at + 1] = end
  }

  /** Makes an event of the parts that were placed. */
  add(milliseconds: number): void {
    const index = this.events.length
    const subject = this.#nameIn(index, plainParts.subject)
    const meter = this.#nameIn(index, plainParts.meter)
    this.#milliseconds[index] = milliseconds
    this.events.push(new PlainEvent(this, index, subject, meter))
  }

  /** How many of the bytes are an event's, about. */
  get bytesAnEvent(): number {
    return Math.ceil(this.bytes.length / this.events.length)
  }

  /** When an event happened, in milliseconds since 1970. */
  millisecondsOf(index: number): number {
    return this.#milliseconds[index] ?? Number.NaN
  }

  textOf(index: number, part: PlainPart): string {
    return this.bytes.toString('latin1', this.startOf(index, part), this.endOf(index, part))
  }

  #nameIn(index: number, part: PlainPart): string {
    const start = this.startOf(index, part)
    const end = this.endOf(index, part)
    const sum = sumOfBytes(this.bytes, start, end)
    const held = this.#names.get(sum)
    if (held !== undefined && isWordAt(this.bytes, start, end, held)) return held
    const name = this.textOf(index, part)
    this.#names.set(sum, name)
    return name
  }

  #grow(): void {
    const larger = new Int32Array(this.#places.length * 2 + placesAnEvent)
    larger.set(this.#places)
    this.#places = larger
    const more = new Float64Array(larger.length / placesAnEvent)
    more.set(this.#milliseconds)
    this.#milliseconds = more
  }
}

const keyLength = 32

/**
 * An event of a batch, with what it is known by. Most of its attributes are read when they are asked for, so it is no object to spread or to write out.
 */
export class PlainEvent implements UsageEvent {
  readonly batch: PlainBatch
  readonly index: number
  readonly subject: string
  readonly meter: string

  constructor(batch: PlainBatch, index: number, subject: string, meter: string) {
    this.batch = batch
    this.index = index
    this.subject = subject
    this.meter = meter
  }

  get event(): this {
    return this
  }

  get key(): string {
    return this.batch.keys.slice(this.index * keyLength, (this.index + 1) * keyLength)
  }

  get atMilliseconds(): number {
    return this.batch.millisecondsOf(this.index)
  }

  get source(): string {
    return this.batch.textOf(this.index, plainParts.source)
  }

  get id(): string {
    return this.batch.textOf(this.index, plainParts.id)
  }

  get idLength(): number {
    return this.batch.endOf(this.index, plainParts.id) - this.batch.startOf(this.index, plainParts.id)
  }

  get occurredAt(): Date {
    return new Date(this.atMilliseconds)
  }

  get value(): string {
    return this.batch.textOf(this.index, plainParts.value)
  }

  get properties(): Readonly<Record<string, string>> {
    if (!this.hasProperties) return noProperties
    return JSON.parse(this.batch.textOf(this.index, plainParts.properties)) as Record<string, string>
  }

  get hasProperties(): boolean {
    return this.batch.endOf(this.index, plainParts.properties) > 0
  }
}
