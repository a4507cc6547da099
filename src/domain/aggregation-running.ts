import type { Aggregation } from './aggregation.ts'
import { finestParts } from './exact-sum.ts'

/** An aggregate that takes the readings of one group one after the other. All quantities are counts of 10^-12 of a unit. */
export type RunningAggregate = {
  /** Takes the next reading; they come in the order of their instants. */
  take(atMilliseconds: number, value: string): void
  /** The aggregate of the period as far as an instant, which lies at or after the last reading taken. */
  soFar(atMilliseconds: number): bigint
}

const oneUnit = finestParts('1')

/** Begins the aggregate of one group and period; `levelBefore` is the level at its beginning, which only `time-weighted` looks at. */
export function runningAggregate(
  aggregation: Aggregation,
  { from, to }: { readonly from: Date; readonly to: Date },
  levelBefore = '0',
): RunningAggregate {
  switch (aggregation) {
    case 'sum':
    case 'count':
      return total()
    case 'maximum':
      return maximum()
    case 'last':
      return last()
    case 'unique':
      return unique()
    case 'time-weighted':
      return average(from.getTime(), to.getTime(), levelBefore)
  }
}

function total(): RunningAggregate {
  let sum = 0n
  return {
    take: (_at, value) => {
      sum += finestParts(value)
    },
    soFar: () => sum,
  }
}

function maximum(): RunningAggregate {
  let highest = 0n
  return {
    take: (_at, value) => {
      const parts = finestParts(value)
      if (parts > highest) highest = parts
    },
    soFar: () => highest,
  }
}

function last(): RunningAggregate {
  let latest = 0n
  return {
    take: (_at, value) => {
      latest = finestParts(value)
    },
    soFar: () => latest,
  }
}

function unique(): RunningAggregate {
  const members = new Set<string>()
  return {
    take: (_at, value) => void members.add(value),
    soFar: () => BigInt(members.size) * oneUnit,
  }
}

/**
 * The level times the share of the period for which it held. What is told so far is rounded, half up to 12 decimals, from the exact area;
 * what an hour adds is the difference of two such roundings, so the hours add up to the average rounded once.
 */
function average(from: number, to: number, levelBefore: string): RunningAggregate {
  const length = BigInt(to - from)
  let [level, since, area] = [finestParts(levelBefore), from, 0n]
  const areaAt = (at: number) => area + level * BigInt(at - since)
  return {
    take: (at, value) => {
      area = areaAt(at)
      level = finestParts(value)
      since = at
    },
    soFar: (at) => (2n * areaAt(Math.min(at, to)) + length) / (2n * length),
  }
}
