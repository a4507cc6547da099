import { Big } from 'big.js'
import type { Period } from './periods.ts'
import { firstWhere } from './table.ts'

/** One meter event that counts, or will once `countsAt` has come. */
export type CountedEvent = {
  readonly identifier: string
  readonly at: number
  readonly countsAt: number
  readonly receivedAt: number
  readonly value: string
  canceled: boolean
}

/** An event as it was received, until its identifier may be used again. */
export type Received = {
  readonly receivedAt: number
  readonly eventName: string
  /** Null when it was refused on arrival and never counts. */
  readonly counted: CountedEvent | null
}

/** A fault found in an event some time after it was accepted. */
export type MeterFault = {
  readonly code: string
  readonly identifier: string
  readonly message: string
}

/** Use by meter and customer, in order of the time it happened. */
export type MeterBook = {
  /** Events of the last 24 hours by identifier, oldest first. */
  readonly received: Map<string, Received>
  /** Faults by meter that wait for the next report; those that fit no meter are under an empty id. */
  readonly faults: Map<string, MeterFault[]>
  /** When the tokens of the stream end, in unix seconds. */
  readonly sessions: Map<string, number>
  add(meterId: string, customerId: string, event: CountedEvent): void
  /** What a customer used in a period, of the events that count by `now`. */
  total(
    meterId: string,
    customerId: string,
    period: Period,
    formula: 'sum' | 'count' | 'last',
    now: number,
  ): Big
  /** Events of a period that are not canceled, counted yet or not. */
  eventsIn(meterId: string, customerId: string, period: Period): readonly CountedEvent[]
}

/** Makes an empty book. */
export function createMeterBook(): MeterBook {
  const series = new Map<string, CountedEvent[]>()
  const seriesOf = (meterId: string, customerId: string) => series.get(`${meterId}\n${customerId}`) ?? []
  const eventsIn = (meterId: string, customerId: string, { start, end }: Period) => {
    const list = seriesOf(meterId, customerId)
    const from = firstWhere(list, ({ at }) => at >= start)
    const to = firstWhere(list, ({ at }) => at >= end)
    return list.slice(from, to).filter(({ canceled }) => !canceled)
  }
  return {
    received: new Map(),
    faults: new Map(),
    sessions: new Map(),
    eventsIn,
    add: (meterId, customerId, event) => {
      const list = seriesOf(meterId, customerId)
      if (list.length === 0) series.set(`${meterId}\n${customerId}`, list)
      list.splice(
        firstWhere(list, ({ at }) => at > event.at),
        0,
        event,
      )
    },
    total: (meterId, customerId, period, formula, now) => {
      const counted = eventsIn(meterId, customerId, period).filter(({ countsAt }) => countsAt <= now)
      if (formula === 'count') return new Big(counted.length)
      if (formula === 'last') return new Big(counted.at(-1)?.value ?? 0)
      return counted.reduce((sum, { value }) => sum.plus(value), new Big(0))
    },
  }
}
