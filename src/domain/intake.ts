import { leftClosedWon, recordGone } from './amendment.ts'
import type { DealState } from './deal.ts'
import type { Issue } from './issue.ts'

/** What a fresh look at a deal leads to. */
export type Intake =
  /** Draft its contract, or compare with the one that is live. */
  | { readonly kind: 'draft' }
  | { readonly kind: 'issue'; readonly issue: Issue }
  | { readonly kind: 'ignore'; readonly why: string }
  | { readonly kind: 'nothing' }

/** How a deal was found: the case it has, if any, and what the CRM says now. */
export type Look = {
  readonly dealName: string
  readonly state: DealState | null
  readonly crm: 'closed-won' | 'not-won' | 'gone'
  /** Whether anything but the time of change differs from what we read before. */
  readonly hasChanged: boolean
}

/** Decides what a fresh look at a deal leads to. A live contract never ends or changes by itself; a person is asked. */
export function decideIntake({ dealName, state, crm, hasChanged }: Look): Intake {
  const isLive = state === 'active' || state === 'provisioning'
  if (crm === 'gone') {
    return isLive
      ? { kind: 'issue', issue: recordGone(dealName) }
      : ignoreUnless(state, 'the deal was deleted in the CRM')
  }
  if (crm === 'not-won') {
    return isLive
      ? { kind: 'issue', issue: leftClosedWon(dealName) }
      : ignoreUnless(state, 'the deal is not closed-won')
  }
  if (state === 'superseded') return { kind: 'nothing' }
  const waits = state === null || state === 'seen' || state === 'qualified' || state === 'exception'
  return waits || hasChanged ? { kind: 'draft' } : { kind: 'nothing' }
}

/** A deal without a case needs no case to be ignored, and one that is ignored already stays so. */
function ignoreUnless(state: DealState | null, why: string): Intake {
  return state === null || state === 'ignored' || state === 'superseded'
    ? { kind: 'nothing' }
    : { kind: 'ignore', why }
}
