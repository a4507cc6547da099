import { hourMilliseconds } from './calendar.ts'
import { isAdditive, type PointAggregation } from './aggregation.ts'
import { canonicalDecimal } from './cloud-event.ts'
import { versionAt, type MeterFilter, type MeterVersion } from './meter.ts'
import type { UsageEvent } from './usage.ts'

/** Every published definition, compiled: what an event counts as is found by one look at its type. */
export type MeterBook = ReadonlyMap<string, BookEntry>

/** What the book says of a word that is a type of events, the name of a meter, or both. */
type BookEntry = {
  /** Versions that count events of this type. */
  readonly counting: readonly CompiledMeter[]
  /** Versions of the meter of this name. */
  readonly named: readonly MeterVersion[]
}

type CompiledMeter = {
  readonly version: MeterVersion
  readonly fromMilliseconds: number
  /** When the first of the later versions begins; without end where there is none. */
  readonly toMilliseconds: number
  /** Null reads the event's own value. */
  readonly property: string | null
  readonly tests: readonly Test[]
}

type Test = {
  readonly property: string
  /** Null asks only whether there is a value. */
  readonly values: ReadonlySet<string> | null
  readonly isWanted: boolean
}

/** Why the value of an event could not be read. */
export type UnreadableReason = 'missing' | 'not-a-number' | 'other-type'

/** What one event is for one meter. Times are in milliseconds since 1970, quantities exact decimals. */
export type Counted =
  | ({ readonly kind: 'added'; readonly quantity: string } & Placed)
  | ({
      readonly kind: 'point'
      readonly aggregation: PointAggregation
      readonly atMilliseconds: number
      readonly key: string
      readonly value: string
    } & Placed)
  | {
      readonly kind: 'unreadable'
      readonly meter: string
      readonly reason: UnreadableReason
      readonly definition: MeterVersion
    }

/** What one event is for one meter that could read it. */
export type Reading = Exclude<Counted, { readonly kind: 'unreadable' }>

type Placed = {
  readonly meter: string
  /** The hour it lies in. */
  readonly startsAtMilliseconds: number
  /** Empty without groups, else the values in the order of the definition as a JSON array. */
  readonly group: string
  readonly groupsAtMost: number
}

/** Under what the groups beyond a meter's cap count together. It is no JSON array, so no group of values is called so. */
export const otherGroup = 'other'

const longestGroupCharacters = 300
const decimal = /^\d{1,18}(?:\.\d{1,12})?$/

/** Compiles every version of every meter, in any order. */
export function compileBook(versions: readonly MeterVersion[]): MeterBook {
  const book = new Map<string, { counting: CompiledMeter[]; named: readonly MeterVersion[] }>()
  const entryOf = (word: string) => {
    const entry = book.get(word) ?? { counting: [], named: [] }
    book.set(word, entry)
    return entry
  }
  for (const [meter, all] of Map.groupBy(versions, (version) => version.meter)) {
    const ordered = all.sort((left, right) => left.version - right.version)
    entryOf(meter).named = ordered
    ordered.forEach((version, index) =>
      entryOf(version.eventType).counting.push(compiled(version, ordered.slice(index + 1))),
    )
  }
  return book
}

function compiled(version: MeterVersion, later: readonly MeterVersion[]): CompiledMeter {
  const path = version.valuePath ?? 'value'
  return {
    version,
    fromMilliseconds: version.effectiveFrom.getTime(),
    toMilliseconds: Math.min(...later.map(({ effectiveFrom }) => effectiveFrom.getTime())),
    property: path === 'value' ? null : path.slice('properties.'.length),
    tests: version.filters.map(testOf),
  }
}

function testOf(filter: MeterFilter): Test {
  const { property } = filter
  if ('oneOf' in filter) return { property, values: new Set(filter.oneOf), isWanted: true }
  if ('noneOf' in filter) return { property, values: new Set(filter.noneOf), isWanted: false }
  return { property, values: null, isWanted: true }
}

/**
 * Whether no definition has a word in what an event counts as: then it is its `value`, added to the meter that its type names. A door may
 * ask this first and spare itself `countedBy`.
 */
export function countsAsItself(book: MeterBook, event: UsageEvent): boolean {
  if (book.size === 0) return true
  const entry = book.get(event.meter)
  return entry === undefined || !isInForce(entry, event.occurredAt)
}

function isInForce({ counting, named }: BookEntry, occurredAt: Date): boolean {
  const at = occurredAt.getTime()
  if (versionAt(named, occurredAt) !== null) return true
  return counting.some(
    ({ fromMilliseconds, toMilliseconds }) => fromMilliseconds <= at && at < toMilliseconds,
  )
}

/** The types of events that may count for a meter at some time: those of its definitions, and its own name. */
export function typesOf(book: MeterBook, meter: string): string[] {
  return [...new Set([meter, ...(book.get(meter)?.named ?? []).map(({ eventType }) => eventType)])]
}

/** Meters of which a definition has a word: those that have one, and those whose events one takes. */
export function metersIn(book: MeterBook): string[] {
  return [...book.keys()]
}

/** How a meter looks at single readings; null where it only adds up. It stays so for good. */
export function pointAggregationOf(book: MeterBook, meter: string): PointAggregation | null {
  const aggregation = book.get(meter)?.named.at(-1)?.aggregation ?? 'sum'
  return isAdditive(aggregation) ? null : aggregation
}

/** What an event counts as, of every meter that takes it; `key` is what the event is known by. A meter whose filters leave it out has no word in it. */
export function countedBy(book: MeterBook, event: UsageEvent, key: string): Counted[] {
  const at = event.occurredAt.getTime()
  const entry = book.get(event.meter)
  if (entry === undefined || !isInForce(entry, event.occurredAt)) return [asItself(event, at)]
  const counted: Counted[] = []
  let isClaimed = false
  for (const meter of entry.counting) {
    if (at < meter.fromMilliseconds || at >= meter.toMilliseconds) continue
    isClaimed = true
    if (passes(meter.tests, event.properties)) counted.push(countedAs(meter, event, at, key))
  }
  const definition = isClaimed ? null : versionAt(entry.named, event.occurredAt)
  if (definition !== null)
    counted.push({ kind: 'unreadable', meter: event.meter, reason: 'other-type', definition })
  return counted
}

/** The meter that nobody defined: the sum of what its events say. */
function asItself({ meter, value }: UsageEvent, at: number): Counted {
  return {
    kind: 'added',
    meter,
    startsAtMilliseconds: hourOf(at),
    group: '',
    groupsAtMost: 1,
    quantity: value,
  }
}

function passes(tests: readonly Test[], properties: UsageEvent['properties']): boolean {
  for (const { property, values, isWanted } of tests) {
    const value = ownValue(properties, property)
    const isFound = value !== undefined && (values === null || values.has(value))
    if (isFound !== isWanted) return false
  }
  return true
}

function countedAs(
  { version, property }: CompiledMeter,
  event: UsageEvent,
  at: number,
  key: string,
): Counted {
  const { meter, aggregation, groupsAtMost } = version
  const value = aggregation === 'count' ? '1' : valueOf(event, property, aggregation === 'unique')
  if (typeof value !== 'string')
    return { kind: 'unreadable', meter, reason: value.reason, definition: version }
  const group = groupOf(version.groupBy, event.properties)
  const placed = { meter, startsAtMilliseconds: hourOf(at), group, groupsAtMost }
  if (isAdditive(aggregation)) return { kind: 'added', ...placed, quantity: value }
  return { kind: 'point', ...placed, aggregation, atMilliseconds: at, key, value }
}

function valueOf(
  event: UsageEvent,
  property: string | null,
  isMember: boolean,
): string | { readonly reason: UnreadableReason } {
  if (property === null) return event.value
  const text = ownValue(event.properties, property)
  if (text === undefined) return { reason: 'missing' }
  if (isMember) return text
  return decimal.test(text) ? canonicalDecimal(text) : { reason: 'not-a-number' }
}

/** Values together longer than this are no groups anybody reads, and no index takes them. */
function groupOf(names: readonly string[], properties: UsageEvent['properties']): string {
  if (names.length === 0) return ''
  const group = JSON.stringify(names.map((name) => ownValue(properties, name) ?? null))
  return group.length > longestGroupCharacters ? otherGroup : group
}

/** What an object inherits is no property of an event. */
function ownValue(properties: UsageEvent['properties'], name: string): string | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}

function hourOf(at: number): number {
  return at - (((at % hourMilliseconds) + hourMilliseconds) % hourMilliseconds)
}
