import type { CalendarDate, DateRange } from './calendar.ts'
import { addDays } from './calendar.ts'
import type { Issue } from './issue.ts'

/** One thing of a live subscription that moves money and is not as planned; both sides in words for a person. */
export type SubscriptionDrift = { readonly field: string; readonly planned: string; readonly held: string }

/**
 * What a person reads when somebody changed a live subscription at the billing provider. Nothing is put back by itself, and the books follow
 * what is billed meanwhile.
 */
export function subscriptionDrifted(contractNumber: string, drift: readonly SubscriptionDrift[]): Issue {
  const list = drift.map(({ field, planned, held }) => `${field}: ${planned} → ${held}`).join('; ')
  return {
    code: 'PLAN_DRIFT',
    field: drift[0]?.field ?? '',
    found: list.slice(0, 500),
    sentence: `The subscription of contract ${contractNumber} is not as agreed at Stripe: ${list.slice(0, 300)}. The books follow what Stripe bills.`,
    action:
      'Put it back as agreed at Stripe, which settles this by itself, or ignore this to keep what Stripe has.',
    owner: 'revops',
    cause:
      `subscription differs at Stripe in ${[...new Set(drift.map(({ field }) => field))].join(', ')}`.slice(
        0,
        160,
      ),
  }
}

/**
 * What a person reads when a period has ended whose use or minimum we would charge, but the subscription had ended before it. The contract
 * may still owe something, all of it or nothing: the parties know, we do not.
 */
export function endedBeforePeriod(contractNumber: string, endedOn: CalendarDate, period: DateRange): Issue {
  const days = `${period.startsOn} to ${addDays(period.endsBefore, -1)}`
  return {
    code: 'PLAN_DRIFT',
    field: 'end',
    found: endedOn,
    sentence: `The subscription of contract ${contractNumber} ended at Stripe on ${endedOn}, before its time. Nothing is charged by itself for ${days}, nor for any later period.`,
    action:
      'Agree with the customer what is still owed. Invoice that at Stripe, amend the contract, or ignore this to charge nothing more.',
    owner: 'finance',
    cause: 'subscription ended at Stripe before the contract',
  }
}
