import type { Point, PointAggregation } from './aggregation.ts'
import { hourMilliseconds } from './calendar.ts'
import { decimalOf, finestParts } from './exact-sum.ts'
import type { HourlyUse, HourlyUseSum } from './hourly-use.ts'
import type { Counted } from './meter-book.ts'

/** What a group of a customer and meter gains of an hour. It is part of the hour's use, which is told beside it. */
export type GroupUse = HourlyUse & { readonly group: string; readonly groupsAtMost: number }

/** A reading of a meter that does not add up, by the hour it lies in. */
export type UseReading = Point & {
  readonly customerId: string
  readonly meter: string
  readonly aggregation: PointAggregation
  readonly startsAt: Date
  readonly groupsAtMost: number
}

type Sum = { readonly use: GroupUse; parts: bigint; events: number }

type WrittenGroup = [
  customerId: string,
  meter: string,
  at: number,
  group: string,
  groupsAtMost: number,
  quantity: string,
  events: number,
]

type WrittenReading = [
  customerId: string,
  meter: string,
  aggregation: PointAggregation,
  at: number,
  group: string,
  groupsAtMost: number,
  key: string,
  value: string,
]

/** What a batch of events adds besides plain quantities of hours, in any order. */
export class UsageReadings {
  readonly #groups = new Map<string, Sum>()
  readonly #readings: UseReading[] = []

  /** Takes what an event counts as; the hour's own quantity and event go to `hours`. What could not be read adds nothing. */
  add(customerId: string, counted: Counted, hours: HourlyUseSum): void {
    if (counted.kind === 'unreadable') return
    const { meter, group, groupsAtMost } = counted
    const startsAt = new Date(counted.startsAtMilliseconds)
    if (counted.kind === 'point') {
      const { aggregation, atMilliseconds, key, value } = counted
      hours.add(customerId, meter, startsAt, '0')
      const reading = {
        customerId,
        meter,
        aggregation,
        startsAt,
        group,
        groupsAtMost,
        atMilliseconds,
        key,
        value,
      }
      this.#readings.push(reading)
      return
    }
    const { quantity } = counted
    hours.add(customerId, meter, startsAt, quantity)
    if (group !== '')
      this.#addGroup({ customerId, meter, startsAt, group, groupsAtMost, quantity, events: 1 })
  }

  /** Takes back what an event had counted as. A reading itself is gone once its hour is made anew. */
  remove(customerId: string, counted: Counted, hours: HourlyUseSum): void {
    if (counted.kind === 'unreadable') return
    const { meter, group, groupsAtMost } = counted
    const startsAt = new Date(counted.startsAtMilliseconds)
    const quantity = counted.kind === 'point' ? '0' : `-${counted.quantity}`
    hours.add(customerId, meter, startsAt, quantity, -1)
    if (group !== '')
      this.#addGroup({ customerId, meter, startsAt, group, groupsAtMost, quantity, events: -1 })
  }

  /** Adds all that `text` wrote down. */
  addText(text: string): void {
    const { groups, readings } = JSON.parse(text) as { groups: WrittenGroup[]; readings: WrittenReading[] }
    for (const [customerId, meter, at, group, groupsAtMost, quantity, events] of groups)
      this.#addGroup({ customerId, meter, startsAt: new Date(at), group, groupsAtMost, quantity, events })
    for (const [customerId, meter, aggregation, at, group, groupsAtMost, key, value] of readings) {
      const startsAt = new Date(Math.floor(at / hourMilliseconds) * hourMilliseconds)
      const placed = { customerId, meter, aggregation, startsAt, group, groupsAtMost }
      this.#readings.push({ ...placed, atMilliseconds: at, key, value })
    }
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0 && this.#readings.length === 0
  }

  /** What was added, to be written down; null where there is nothing. */
  text(): string | null {
    if (this.isEmpty) return null
    const groups = this.groups().map((use): WrittenGroup => {
      const { customerId, meter, startsAt, group, groupsAtMost, quantity, events } = use
      return [customerId, meter, startsAt.getTime(), group, groupsAtMost, quantity, events]
    })
    const readings = this.#readings.map((reading): WrittenReading => {
      const { customerId, meter, aggregation, atMilliseconds, group, groupsAtMost, key, value } = reading
      return [customerId, meter, aggregation, atMilliseconds, group, groupsAtMost, key, value]
    })
    return JSON.stringify({ groups, readings })
  }

  /** Use by group, an item for each group and hour. */
  groups(): GroupUse[] {
    return Array.from(this.#groups.values(), ({ use, parts, events }) => {
      return { ...use, quantity: decimalOf(parts), events }
    })
  }

  readings(): readonly UseReading[] {
    return this.#readings
  }

  #addGroup(use: GroupUse): void {
    const key = `${use.customerId} ${use.meter} ${use.startsAt.getTime()} ${use.group}`
    const sum = this.#groups.get(key) ?? { use, parts: 0n, events: 0 }
    sum.parts += finestParts(use.quantity)
    sum.events += use.events
    this.#groups.set(key, sum)
  }
}
