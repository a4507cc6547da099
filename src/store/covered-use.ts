import type { Clock } from '../ports/clock.ts'
import type { UsageEvent } from '../domain/usage.ts'
import type { Unit } from './unit-of-work.ts'
import { coverageOf } from './usage-coverage.ts'
import type { Sellers } from './usage-due.ts'
import { termOf, uncoveredUse, type UsageIssue } from './usage-issues.ts'

type Term = ReturnType<typeof termOf>

/** How long is taken for true that a contract covers use. Contracts end when they said they would; what is ended earlier shows a minute later. */
const rememberedMilliseconds = 60_000
const mostRemembered = 100_000

/** Finds use that no contract covers. What was found covered is remembered for a while, because the same customers come all the time. */
export type CoveredUse = (unit: Unit, events: readonly UsageEvent[]) => Promise<UsageIssue[]>

/** Makes one memory of what is covered, for a process. */
export function coveredUse(clock: Clock, sellers: Sellers = []): CoveredUse {
  const known = new Map<string, { readonly terms: readonly Term[]; readonly until: number }>()
  const isKnown = (event: UsageEvent, now: number) => {
    const held = known.get(pairOf(event))
    if (held === undefined || held.until < now) return false
    return held.terms.some(({ from, to }) => event.occurredAt >= from && event.occurredAt < to)
  }
  return async (unit, events) => {
    const now = clock.now().getTime()
    const open = Map.groupBy(
      events.filter((event) => !isKnown(event, now)),
      pairOf,
    )
    const coverage = await coverageOf(
      unit,
      [...open.values()].map(([first]) => ({ subject: first?.subject ?? '', meter: first?.meter ?? '' })),
    )
    if (known.size > mostRemembered) known.clear()
    return coverage.flatMap((found) => {
      const terms = found.contracts.map((contract) => termOf(contract, sellers))
      known.set(pairOf(found), { terms, until: now + rememberedMilliseconds })
      const times = (open.get(pairOf(found)) ?? []).map(({ occurredAt }) => occurredAt)
      return uncoveredUse(found, times, sellers)
    })
  }
}

function pairOf({ subject, meter }: { readonly subject: string; readonly meter: string }): string {
  return `${meter} ${subject}`
}
