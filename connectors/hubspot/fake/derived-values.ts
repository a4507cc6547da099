import { Big } from 'big.js'
import type { Pipelines } from './pipelines.ts'
import type { PropertyChanges } from './properties.ts'
import type { RecordType } from './standard-properties.ts'

/**
 * What HubSpot itself writes when a record changes: a deal that reaches a closed stage gets its flags and, unless one is given,
 * its close date; a line item gets its amount.
 */
export function derivedValues(
  type: RecordType,
  values: ReadonlyMap<string, string>,
  changes: PropertyChanges,
  pipelines: Pipelines,
  now: Date,
): PropertyChanges {
  if (type === 'deals') return derivedOfDeal(values, changes, pipelines, now)
  if (type === 'line_items') return { amount: amountOfLine(values) }
  return {}
}

function derivedOfDeal(
  values: ReadonlyMap<string, string>,
  changes: PropertyChanges,
  pipelines: Pipelines,
  now: Date,
): PropertyChanges {
  const stage = pipelines.stage(values.get('pipeline'), values.get('dealstage'))
  const isWon = stage?.isClosed === true && stage.probability === '1.0'
  const closesNow = stage?.isClosed === true && 'dealstage' in changes && !('closedate' in changes)
  return {
    hs_is_closed: String(stage?.isClosed ?? false),
    hs_is_closed_won: String(isWon),
    hs_deal_stage_probability: stage?.probability ?? null,
    ...(closesNow ? { closedate: now.toISOString() } : {}),
  }
}

/** Price times quantity, less the discount: an amount for each unit, or a percentage. */
function amountOfLine(values: ReadonlyMap<string, string>): string | null {
  const price = values.get('price')
  if (price === undefined) return null
  const discount = values.get('discount') ?? '0'
  const percentage = values.get('hs_discount_percentage') ?? '0'
  const unit = new Big(price).minus(discount).times(new Big(100).minus(percentage)).div(100)
  return unit.times(values.get('quantity') ?? '1').toFixed()
}
