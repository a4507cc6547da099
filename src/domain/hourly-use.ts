import { hourMilliseconds } from './calendar.ts'
import { ExactSum } from './exact-sum.ts'

/** What a customer's use of a meter adds to one hour, or takes from it where it is below zero. `quantity` is an exact decimal. */
export type HourlyUse = {
  readonly customerId: string
  readonly meter: string
  readonly startsAt: Date
  readonly quantity: string
  readonly events: number
}

/** Adds up use by customer, meter and hour, exactly and in any order. */
export class HourlyUseSum {
  readonly #sums = new Map<string, Map<string, Map<number, ExactSum>>>()

  /** Adds a decimal of at most twelve places to the hour that holds an instant. */
  add(customerId: string, meter: string, at: Date, quantity: string, events = 1): void {
    this.#sumOf(customerId, meter, Math.floor(at.getTime() / hourMilliseconds)).add(quantity, events)
  }

  /** Adds what was added up of an hour since 1970. */
  addSum(customerId: string, meter: string, hour: number, sum: ExactSum): void {
    this.#sumOf(customerId, meter, hour).addSum(sum)
  }

  /** Adds all that `lines` wrote down. */
  addLines(lines: string): void {
    for (const line of lines.split('\n')) {
      const [customerId = '', meter = '', hour = '', quantity = '0', events = ''] = line.split('\t')
      this.#sumOf(customerId, meter, Number.parseInt(hour, 10)).add(quantity, Number.parseInt(events, 10))
    }
  }

  get isEmpty(): boolean {
    return this.#sums.size === 0
  }

  /** What was added, to be written down: a line for each customer, meter and hour since 1970, with the quantity and how many events it is of. */
  lines(): string {
    let lines = ''
    for (const [customerId, meters] of this.#sums) {
      for (const [meter, hours] of meters) {
        for (const [hour, sum] of hours)
          lines += `${lines === '' ? '' : '\n'}${customerId}\t${meter}\t${hour}\t${sum.quantity}\t${sum.events}`
      }
    }
    return lines
  }

  /** What was added, an item for each hour. */
  hours(): HourlyUse[] {
    return [...this.#sums].flatMap(([customerId, meters]) =>
      [...meters].flatMap(([meter, hours]) =>
        [...hours].map(([hour, { quantity, events }]) => {
          const startsAt = new Date(hour * hourMilliseconds)
          return { customerId, meter, startsAt, quantity, events }
        }),
      ),
    )
  }

  #sumOf(customerId: string, meter: string, hour: number): ExactSum {
    let meters = this.#sums.get(customerId)
    if (meters === undefined) this.#sums.set(customerId, (meters = new Map()))
    let hours = meters.get(meter)
    if (hours === undefined) meters.set(meter, (hours = new Map()))
    let sum = hours.get(hour)
    if (sum === undefined) hours.set(hour, (sum = new ExactSum()))
    return sum
  }
}
