import { signedDecimalOf } from './aggregation.ts'
import type { PeriodTerms } from './entitlement-standing.ts'
import { finestParts } from './exact-sum.ts'
import { compileBook, type MeterBook } from './meter-book.ts'
import { aggregationPeriod, type AggregationPeriod } from './meter-period.ts'
import { tallyOf, type Tally, type Tallying } from './meter-tally.ts'
import type { MeterDefinition } from './meter.ts'
import type { UsageEvent } from './usage.ts'

/** What a definition would make of the events of a customer and period, beside what the published one makes of them. */
export type TrialRow = Tally & {
  readonly customerId: string
  readonly period: AggregationPeriod
  readonly publishedQuantity: string
  /** By how much the quantity would be more; below zero where it would be less. */
  readonly difference: string
}

/** Takes stored events in the order of customers and, within each, of times; its memory does not grow with them, only with customers and periods. */
export type MeterTrial = {
  take(customerId: string, event: UsageEvent, key: string, selling: readonly PeriodTerms[]): void
  /** Every customer and period that had events, or a level that held on. */
  end(): readonly TrialRow[]
}

type Open = {
  readonly customerId: string
  readonly selling: readonly PeriodTerms[]
  readonly period: AggregationPeriod
  readonly draft: Tallying
  readonly published: Tallying
}

/** Before every event there can be. */
const everBefore = new Date(-8_640_000_000_000_000)

/** Tries a definition on events that lie before `until`. */
export function meterTrial(definition: MeterDefinition, published: MeterBook, until: Date): MeterTrial {
  const { meter, eventType } = definition
  const draft = compileBook([{ ...definition, version: 0, effectiveFrom: everBefore }])
  const rows: TrialRow[] = []
  let open: Open | null = null

  const begin = (
    customerId: string,
    selling: readonly PeriodTerms[],
    period: AggregationPeriod,
    before: Open | null,
  ): Open => ({
    customerId,
    selling,
    period,
    draft: tallyOf(meter, draft, period, before?.draft.levels()),
    published: tallyOf(meter, published, period, before?.published.levels()),
  })

  /** Closes what is open, and every period after it in which nothing but a level went on, as far as an instant. */
  const closeUntil = (instant: Date): Open | null => {
    while (open !== null && open.period.to <= instant) {
      rows.push(rowOf(open, until))
      const { customerId, selling, period, draft: left, published: right } = open
      const isLevel = left.levels().size + right.levels().size > 0
      if (!isLevel) open = null
      else open = begin(customerId, selling, aggregationPeriod(selling, period.to), open)
    }
    return open
  }

  const closeAll = () => {
    const last = closeUntil(until)
    if (last !== null && last.period.from < until) rows.push(rowOf(last, until))
    open = null
  }

  return {
    take: (customerId, event, key, selling) => {
      if (open?.customerId !== customerId) closeAll()
      open =
        closeUntil(event.occurredAt) ??
        begin(customerId, selling, aggregationPeriod(selling, event.occurredAt), null)
      if (event.meter === eventType) open.draft.take(event, key)
      open.published.take(event, key)
    },
    end: () => {
      closeAll()
      return rows
    },
  }
}

function rowOf({ customerId, period, draft, published }: Open, until: Date): TrialRow {
  const at = period.to < until ? period.to : until
  const tally = draft.at(at)
  const publishedQuantity = published.at(at).quantity
  const difference = signedDecimalOf(finestParts(tally.quantity) - finestParts(publishedQuantity))
  return { ...tally, customerId, period, publishedQuantity, difference }
}
