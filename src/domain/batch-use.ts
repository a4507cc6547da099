import { CountedHours } from './counted-hours.ts'
import { HourlyUseSum } from './hourly-use.ts'
import { countedBy, countsAsItself, type MeterBook, type UnreadableReason } from './meter-book.ts'
import type { MeterVersion } from './meter.ts'
import type { MeterUse, UsageEvent } from './usage.ts'
import { UsageReadings } from './usage-readings.ts'

/** An event that a definition takes and could not read. */
export type UnreadableUse = {
  readonly definition: MeterVersion
  readonly reason: UnreadableReason
  readonly event: UsageEvent
}

/** An hour of a customer and a meter that looks at single readings. */
export type ReadingHour = { readonly customerId: string; readonly meter: string; readonly startsAt: Date }

/** What events of customers count as, taken one by one in any order. */
export class BatchUse {
  readonly readings = new UsageReadings()
  readonly unreadable: UnreadableUse[] = []
  /** Hours of which a reading was taken away: what they contribute is known by the readings that are left. */
  readonly recounted: ReadingHour[] = []
  readonly #book: MeterBook
  readonly #hours = new HourlyUseSum()
  readonly #countedAsThemselves = new CountedHours()
  readonly #otherUses: MeterUse[] = []

  constructor(book: MeterBook) {
    this.#book = book
  }

  /** What all that was taken adds to hours. */
  get hours(): HourlyUseSum {
    this.#countedAsThemselves.moveTo(this.#hours)
    return this.#hours
  }

  /** Which meters were used, and when: of many times in one hour the first and the last. An event that is of no meter's concern is none. */
  get uses(): MeterUse[] {
    return [...this.#countedAsThemselves.uses(), ...this.#otherUses]
  }

  /** Takes an event; `key` is what it is known by. */
  take(customerId: string, event: UsageEvent, key: string): void {
    if (countsAsItself(this.#book, event)) {
      this.#countedAsThemselves.take(customerId, event)
      return
    }
    const { subject, occurredAt } = event
    for (const counted of countedBy(this.#book, event, key)) {
      if (counted.kind === 'unreadable')
        this.unreadable.push({ definition: counted.definition, reason: counted.reason, event })
      else {
        this.#otherUses.push({ subject, meter: counted.meter, occurredAt })
        this.readings.add(customerId, counted, this.#hours)
      }
    }
  }

  /** Takes an event away that was taken before, by this or by another batch. */
  remove(customerId: string, event: UsageEvent, key: string): void {
    if (countsAsItself(this.#book, event)) {
      this.#hours.add(customerId, event.meter, event.occurredAt, `-${event.value}`, -1)
      return
    }
    for (const counted of countedBy(this.#book, event, key)) {
      if (counted.kind === 'unreadable') continue
      this.readings.remove(customerId, counted, this.#hours)
      const { meter, startsAtMilliseconds } = counted
      if (counted.kind === 'point')
        this.recounted.push({ customerId, meter, startsAt: new Date(startsAtMilliseconds) })
    }
  }
}
