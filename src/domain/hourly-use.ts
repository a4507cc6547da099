import { hourMilliseconds } from './calendar.ts'
import { decimalOf, finestParts } from './exact-sum.ts'

/** What a customer's use of a meter adds to one hour, or takes from it where it is below zero. `quantity` is an exact decimal. */
export type HourlyUse = {
  readonly customerId: string
  readonly meter: string
  readonly startsAt: Date
  readonly quantity: string
  readonly events: number
}

type Sum = { parts: bigint; events: number }

/** Adds up use by customer, meter and hour, exactly and in any order. */
export class HourlyUseSum {
  readonly #sums = new Map<string, Map<string, Map<number, Sum>>>()

  /** Adds a decimal of at most twelve places to the hour that holds an instant. */
  add(customerId: string, meter: string, at: Date, quantity: string, events = 1): void {
    const hour = Math.floor(at.getTime() / hourMilliseconds)
    const sum = this.#sumOf(customerId, meter, hour)
    sum.parts += finestParts(quantity)
    sum.events += events
  }

  /** Adds all that `lines` wrote down. */
  addLines(lines: string): void {
    for (const line of lines.split('\n')) {
      const [customerId = '', meter = '', hour = '', quantity = '0', events = ''] = line.split('\t')
      const sum = this.#sumOf(customerId, meter, Number.parseInt(hour))
      sum.parts += finestParts(quantity)
      sum.events += Number.parseInt(events)
    }
  }

  get isEmpty(): boolean {
    return this.#sums.size === 0
  }

  /** What was added, to be written down: a line for each customer, meter and hour since 1970, with the quantity and how many events it is of. */
  lines(): string {
    const lines: string[] = []
    for (const [customerId, meters] of this.#sums) {
      for (const [meter, hours] of meters) {
        for (const [hour, { parts, events }] of hours)
          lines.push(`${customerId}\t${meter}\t${hour}\t${decimalOf(parts)}\t${events}`)
      }
    }
    return lines.join('\n')
  }

  /** What was added, an item for each hour. */
  hours(): HourlyUse[] {
    return [...this.#sums].flatMap(([customerId, meters]) =>
      [...meters].flatMap(([meter, hours]) =>
        [...hours].map(([hour, { parts, events }]) => {
          const startsAt = new Date(hour * hourMilliseconds)
          return { customerId, meter, startsAt, quantity: decimalOf(parts), events }
        }),
      ),
    )
  }

  #sumOf(customerId: string, meter: string, hour: number): Sum {
    const meters = getOrMake(this.#sums, customerId, () => new Map<string, Map<number, Sum>>())
    const hours = getOrMake(meters, meter, () => new Map<number, Sum>())
    return getOrMake(hours, hour, () => ({ parts: 0n, events: 0 }))
  }
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const held = map.get(key)
  if (held !== undefined) return held
  const made = make()
  map.set(key, made)
  return made
}
