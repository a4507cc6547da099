import type { Issue, IssueCode, IssueOwner } from '../domain/issue.ts'
import { issueCodes } from '../domain/issue.ts'
import { issueRegister } from '../domain/sentence.ts'
import type { Answer } from '../ports/answer.ts'
import type { Ending } from './job.ts'

/** An answer that is not good. */
export type Refused = Exclude<Answer<unknown>, { kind: 'ok' }>

/** Tries before work is parked, and the longest wait between two. */
export const retryLimits = { attempts: 12, capMilliseconds: 300_000, firstMilliseconds: 1_000 } as const

/**
 * What becomes of work whose vendor did not answer well: wait without using an attempt, try again, or park with a sentence for a
 * person. `doing` completes the sentence "We could not …".
 */
export function endingOf(answer: Refused, doing: string, vendor: string, now: Date): Ending {
  switch (answer.kind) {
    case 'throttled':
      return snooze(now, answer.retryAfterMilliseconds, `${vendor} asks us to slow down`)
    case 'auth':
      return snooze(now, 60_000, `${vendor} refuses our credentials: ${answer.detail}`)
    case 'transient':
    case 'unknown':
    case 'replayed-failure':
      return { kind: 'retry', why: `${vendor}: ${answer.detail}` }
    case 'rejected':
      return park(codeOf(answer.code), answer.field ?? '', answer.detail, doing, vendor, answer.code)
    case 'conflict':
      return park(codeOf(answer.code), '', answer.detail, doing, vendor, answer.code)
    case 'locked':
      return park('ERP_PERIOD_LOCKED', '', answer.detail, doing, vendor, answer.code)
    case 'broken':
      return park('PROVIDER_CONTRACT_BROKEN', '', answer.detail, doing, vendor, 'unexpected answer')
  }
}

/** Waits without using an attempt. */
export function snooze(now: Date, milliseconds: number, why: string): Ending {
  return { kind: 'snooze', until: new Date(now.getTime() + milliseconds), why }
}

/** How long to wait before attempt `attempt` (from 1): exponential with full jitter, capped. `chance` is from 0 to 1. */
export function backoffMilliseconds(attempt: number, chance: number): number {
  const { firstMilliseconds, capMilliseconds } = retryLimits
  const ceiling = Math.min(capMilliseconds, firstMilliseconds * 2 ** Math.min(attempt, 20))
  return Math.max(firstMilliseconds, Math.floor(ceiling * chance))
}

/** The issue of work that was tried too often. */
export function exhausted(queue: string, lastError: string): Issue {
  return {
    code: 'POISON',
    field: queue,
    found: lastError.slice(0, 500),
    sentence: `The step ${queue} failed ${retryLimits.attempts} times and was stopped. The last failure was: ${lastError.slice(0, 300)}`,
    action: 'Look at the failure, mend its cause, then replay.',
    owner: 'engineer',
    cause: `${queue}: ${lastError.slice(0, 120)}`,
  }
}

/** A connector that knows the cause says so by a code of ours; a vendor's own code is only a refusal. */
function codeOf(code: string): IssueCode {
  return issueCodes.find((known) => known === code) ?? 'PROVIDER_REJECTED'
}

function park(
  code: IssueCode,
  field: string,
  detail: string,
  doing: string,
  vendor: string,
  reason: string,
): Ending {
  const owner: IssueOwner = code === 'PROVIDER_REJECTED' ? 'revops' : issueRegister[code].owner
  return {
    kind: 'park',
    issues: [
      {
        code,
        field,
        found: detail.slice(0, 500),
        sentence: `We could not ${doing}, because ${vendor} answered: ${detail.slice(0, 300)}`,
        action: `Mend what ${vendor} names, then replay. Nothing is done twice.`,
        owner,
        cause: `${vendor} ${reason}: ${detail.slice(0, 120)}`,
      },
    ],
  }
}
