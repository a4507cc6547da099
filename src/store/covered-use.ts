import type { Clock } from '../ports/clock.ts'
import type { MeterUse } from '../domain/usage.ts'
import type { Unit } from './unit-of-work.ts'
import { coverageOf } from './usage-coverage.ts'
import type { Sellers } from './usage-due.ts'
import { termOf, uncoveredUse, type UsageIssue } from './usage-issues.ts'

type Term = ReturnType<typeof termOf>

/** How long is taken for true that a contract covers use. Contracts end when they said they would; what is ended earlier shows a minute later. */
const rememberedMilliseconds = 60_000
const mostRemembered = 100_000

/** Finds use that no contract covers. What was found covered is remembered for a while, because the same customers come all the time. */
export type CoveredUse = (unit: Unit, used: readonly MeterUse[]) => Promise<UsageIssue[]>

/** Makes one memory of what is covered, for a process. */
export function coveredUse(clock: Clock, sellers: Sellers = []): CoveredUse {
  const known = new Map<string, { readonly terms: readonly Term[]; readonly until: number }>()
  const isKnown = ({ pair, firstAt, lastAt }: Use, now: number) => {
    const held = known.get(pair)
    if (held === undefined || held.until < now) return false
    return held.terms.some(({ from, to }) => firstAt >= from && lastAt < to)
  }
  return async (unit, used) => {
    const now = clock.now().getTime()
    const open = new Map(
      usesOf(used)
        .filter((use) => !isKnown(use, now))
        .map((use) => [use.pair, use]),
    )
    if (open.size === 0) return []
    const coverage = await coverageOf(
      unit,
      [...open.values()].map(({ subject, meter }) => ({ subject, meter })),
    )
    if (known.size > mostRemembered) known.clear()
    return coverage.flatMap((found) => {
      const terms = found.contracts.map((contract) => termOf(contract, sellers))
      known.set(pairOf(found), { terms, until: now + rememberedMilliseconds })
      const times = open.get(pairOf(found))?.times ?? []
      return uncoveredUse(found, times, sellers)
    })
  }
}

/** The uses of one subject and meter. */
type Use = {
  readonly pair: string
  readonly subject: string
  readonly meter: string
  readonly times: Date[]
  firstAt: Date
  lastAt: Date
}

function usesOf(used: readonly MeterUse[]): Use[] {
  const uses = new Map<string, Use>()
  for (const each of used) {
    const { subject, meter, occurredAt } = each
    const pair = pairOf(each)
    const held = uses.get(pair)
    if (held === undefined) {
      const times = [occurredAt]
      uses.set(pair, { pair, subject, meter, times, firstAt: occurredAt, lastAt: occurredAt })
      continue
    }
    held.times.push(occurredAt)
    if (occurredAt < held.firstAt) held.firstAt = occurredAt
    if (occurredAt > held.lastAt) held.lastAt = occurredAt
  }
  return [...uses.values()]
}

function pairOf({ subject, meter }: { readonly subject: string; readonly meter: string }): string {
  return `${meter} ${subject}`
}
