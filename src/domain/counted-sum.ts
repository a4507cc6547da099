import { runningAggregate, type RunningAggregate } from './aggregation-running.ts'
import type { Levels } from './aggregation.ts'
import { decimalOf, finestParts } from './exact-sum.ts'
import type { Reading } from './meter-book.ts'
import type { AggregationPeriod } from './meter-period.ts'

/** What a sum needs to know of its customer and meter. */
type SumPlace = {
  /** The billing period that holds an hour. */
  periodOf(startsAt: Date): AggregationPeriod
  /** The group in which a group counts: itself, or the one of those that have no place. */
  groupOf(group: string): string
  /** The levels just before the first reading's period. */
  readonly levels: Levels
}

/**
 * Adds up what readings of one customer and meter come to over all their billing periods. They come in the order of their times; no more than the
 * state of the groups of a period is kept.
 */
export class CountedSum {
  readonly #place: SumPlace
  #closed = 0n
  #period: AggregationPeriod | null = null
  #groups = new Map<string, RunningAggregate>()
  #levels: Map<string, string>

  constructor(place: SumPlace) {
    this.#place = place
    this.#levels = new Map(place.levels)
  }

  /** Takes the next reading. */
  take(reading: Reading): void {
    if (reading.kind === 'added') {
      this.#closed += finestParts(reading.quantity)
      return
    }
    const { aggregation, startsAtMilliseconds, atMilliseconds, value } = reading
    const period = this.#periodFor(new Date(startsAtMilliseconds))
    const group = this.#place.groupOf(reading.group)
    const running = this.#groups.get(group) ?? runningAggregate(aggregation, period)
    this.#groups.set(group, running)
    running.take(atMilliseconds, value)
    if (aggregation === 'time-weighted') this.#levels.set(group, value)
  }

  /** Begins with the period that holds an hour, for levels that held before the first reading. */
  beginAt(startsAt: Date): void {
    this.#periodFor(startsAt)
  }

  /** What it comes to, levels as far as an instant; an exact decimal. */
  quantityAt(until: Date): string {
    this.#closeUntil(until)
    return decimalOf(this.#closed + this.#soFar(until.getTime()))
  }

  #periodFor(startsAt: Date): AggregationPeriod {
    this.#closeUntil(startsAt)
    this.#period ??= this.#open(this.#place.periodOf(startsAt))
    return this.#period
  }

  /** Closes what is over; where levels hold on, every period after it as well. */
  #closeUntil(at: Date): void {
    while (this.#period !== null && this.#period.to <= at) {
      const { to } = this.#period
      this.#closed += this.#soFar(to.getTime())
      this.#period = null
      this.#groups = new Map()
      if (this.#levels.size > 0) this.#period = this.#open(this.#place.periodOf(to))
    }
  }

  #open(period: AggregationPeriod): AggregationPeriod {
    for (const [group, level] of this.#levels)
      this.#groups.set(group, runningAggregate('time-weighted', period, level))
    return period
  }

  #soFar(at: number): bigint {
    return [...this.#groups.values()].reduce((sum, running) => sum + running.soFar(at), 0n)
  }
}
