import { Big } from 'big.js'
import { joinFlags, type Flag } from './entitlement.ts'
import type { Standing } from './entitlement-standing.ts'

/** Why something may be used, or may not. */
export type CheckReason =
  | 'included'
  | 'overage'
  | 'limit-reached'
  | 'not-sold'
  | 'granted'
  | 'switched-off'
  | 'not-granted'

/** Whether units of a meter may be used now. Units are exact decimals; null where nothing is sold. */
export type UseCheck = {
  readonly allowed: boolean
  readonly reason: CheckReason
  readonly includedUnits: string | null
  /** Use beyond this is refused in the period; null where overage is sold. */
  readonly limitUnits: string | null
  readonly usedUnits: string | null
  /** What is left before use is refused, or, without a limit, before it costs. */
  readonly remainingUnits: string | null
  readonly resetsAt: Date | null
}

/** Whether a feature is there for a customer, and its value where it is more than a switch. */
export type FeatureCheck = {
  readonly allowed: boolean
  readonly reason: CheckReason
  readonly value: Flag | null
}

type Checked = Pick<Standing, 'includedUnits' | 'limitUnits' | 'usedUnits' | 'periodTo'>

/**
 * Says whether `units` more may be used. Overage is sold, so it is allowed and said; a hard limit is not, so use that would go beyond it is
 * refused as a whole. `standing` must be that of the period under way, or null where the meter is not sold.
 */
export function checkUse(standing: Checked | null, units: string): UseCheck {
  if (standing === null) return notSold
  const { includedUnits, limitUnits, usedUnits, periodTo: resetsAt } = standing
  const reached = new Big(usedUnits).plus(units)
  const ceiling = limitUnits ?? includedUnits
  const left = new Big(ceiling).minus(usedUnits)
  const isBeyondLimit = limitUnits !== null && reached.gt(limitUnits)
  const covered = reached.lte(includedUnits) ? 'included' : 'overage'
  return {
    allowed: !isBeyondLimit,
    reason: isBeyondLimit ? 'limit-reached' : covered,
    includedUnits,
    limitUnits,
    usedUnits,
    remainingUnits: left.lt(0) ? '0' : left.toFixed(),
    resetsAt,
  }
}

const notSold: UseCheck = {
  allowed: false,
  reason: 'not-sold',
  includedUnits: null,
  limitUnits: null,
  usedUnits: null,
  remainingUnits: null,
  resetsAt: null,
}

/** Says whether a feature is there, from its values in the contracts in force, the earliest first. Zero and `false` switch it off. */
export function checkFeature(values: readonly Flag[]): FeatureCheck {
  const { feature } = joinFlags(values.map((value) => ({ feature: value })))
  if (feature === undefined) return { allowed: false, reason: 'not-granted', value: null }
  const isOn = typeof feature === 'number' ? feature > 0 : feature !== false
  return { allowed: isOn, reason: isOn ? 'granted' : 'switched-off', value: feature }
}
