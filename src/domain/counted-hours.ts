import { hourMilliseconds } from './calendar.ts'
import { ExactSum } from './exact-sum.ts'
import type { HourlyUseSum } from './hourly-use.ts'
import { PlainEvent } from './plain-event.ts'
import type { MeterUse, UsageEvent } from './usage.ts'

/** What a subject used of a meter in an hour. */
type CountedHour = {
  readonly customerId: string
  sum: ExactSum
  firstMilliseconds: number
  lastMilliseconds: number
}

/** Adds up events that count as themselves, by subject, meter and hour. In one batch a subject is always the same customer's. */
export class CountedHours {
  readonly #bySubject = new Map<string, Map<string, Map<number, CountedHour>>>()

  /** Takes an event of a customer. */
  take(customerId: string, event: UsageEvent): void {
    const at = event instanceof PlainEvent ? event.atMilliseconds : event.occurredAt.getTime()
    const counted = this.#hourOf(customerId, event, at)
    counted.sum.add(event.value, 1)
    if (at < counted.firstMilliseconds) counted.firstMilliseconds = at
    if (at > counted.lastMilliseconds) counted.lastMilliseconds = at
  }

  /** Adds to hours what was taken since it was moved last. */
  moveTo(hours: HourlyUseSum): void {
    for (const { meter, hour, counted } of this.#each()) {
      if (counted.sum.events === 0) continue
      hours.addSum(counted.customerId, meter, hour, counted.sum)
      counted.sum = new ExactSum()
    }
  }

  /** The first and the last time in each hour that each subject used each meter in. */
  uses(): MeterUse[] {
    return this.#each().flatMap(({ subject, meter, counted: { firstMilliseconds, lastMilliseconds } }) => {
      const first = { subject, meter, occurredAt: new Date(firstMilliseconds) }
      if (lastMilliseconds === firstMilliseconds) return [first]
      return [first, { subject, meter, occurredAt: new Date(lastMilliseconds) }]
    })
  }

  #each(): { subject: string; meter: string; hour: number; counted: CountedHour }[] {
    const each = []
    for (const [subject, meters] of this.#bySubject)
      for (const [meter, hours] of meters)
        for (const [hour, counted] of hours) each.push({ subject, meter, hour, counted })
    return each
  }

  #hourOf(customerId: string, { subject, meter }: UsageEvent, at: number): CountedHour {
    let meters = this.#bySubject.get(subject)
    if (meters === undefined) this.#bySubject.set(subject, (meters = new Map()))
    let hours = meters.get(meter)
    if (hours === undefined) meters.set(meter, (hours = new Map()))
    const hour = Math.floor(at / hourMilliseconds)
    let counted = hours.get(hour)
    if (counted === undefined) hours.set(hour, (counted = noneAt(customerId, at)))
    return counted
  }
}

function noneAt(customerId: string, at: number): CountedHour {
  return { customerId, sum: new ExactSum(), firstMilliseconds: at, lastMilliseconds: at }
}
