import { startOfDay } from '../domain/calendar.ts'
import type { Issue } from '../domain/issue.ts'
import { issueOf } from '../domain/sentence.ts'
import type { UsageEvent } from '../domain/usage.ts'
import type { IssueSubject } from './exceptions.ts'
import type { Coverage, CoveringContract } from './usage-coverage.ts'
import { pairSubject, type Sellers } from './usage-due.ts'

/** An issue of usage and what it is about. */
export type UsageIssue = { readonly subject: IssueSubject; readonly issue: Issue }

/** Usage of nobody we know: kept, and given to the customer as soon as one bears the name. */
export function unmatchedUsage({ subject }: UsageEvent): UsageIssue {
  const finding = {
    code: 'UNMATCHED_USAGE',
    field: 'subject',
    label: 'Subject',
    found: subject,
    cause: `no customer is known as "${subject}"`,
  } as const
  return { subject: about('usage-subject', subject), issue: issueOf(finding) }
}

/** Two different events under one source and id. The first one stays. */
export function changedEvent({ source, id }: UsageEvent): UsageIssue {
  const finding = {
    code: 'EVENT_BODY_CHANGED',
    field: 'id',
    label: `Usage event of ${source}`,
    found: id,
    cause: `${source} uses an id twice`,
  } as const
  return { subject: about('usage-event', `${source} ${id}`), issue: issueOf(finding) }
}

/** The latest and the earliest zone: where no settings tell the seller's, no use counts as outside a contract that may not be. */
const lastZone = 'Etc/GMT+12'
const firstZone = 'Etc/GMT-14'

/** What is wrong with use at these times: a meter nobody sold, or a time in which no contract that sells it runs. */
export function uncoveredUse(
  coverage: Coverage,
  times: readonly Date[],
  sellers: Sellers = [],
): UsageIssue[] {
  const { contracts } = coverage
  const subject = about('usage-meter', pairSubject(coverage))
  if (contracts.length === 0) return [{ subject, issue: refusedByMeter(coverage, notSold(coverage)) }]
  const terms = contracts.map((contract) => termOf(contract, sellers))
  const outside = times.filter((time) => terms.every(({ from, to }) => time < from || time >= to))
  const isAfterEnd = outside.some((time) => terms.some(({ to }) => time >= to))
  const isBeforeStart = outside.some((time) => terms.every(({ from }) => time < from))
  return [
    ...(isAfterEnd ? [{ subject, issue: afterEnd(coverage) }] : []),
    ...(isBeforeStart ? [{ subject, issue: refusedByMeter(coverage, notBegun(coverage)) }] : []),
  ]
}

/** When a contract runs. */
export function termOf(
  { entity, startsOn, endsBefore }: CoveringContract,
  sellers: Sellers,
): { readonly from: Date; readonly to: Date } {
  const zone = sellers.find(({ id }) => id === entity)?.timeZone
  return { from: startOfDay(zone ?? firstZone, startsOn), to: startOfDay(zone ?? lastZone, endsBefore) }
}

type Refusal = { readonly reason: string; readonly cause: string }

function notSold({ customerId, meter }: Coverage): Refusal {
  const cause = `no contract sells "${meter}" to ${customerId}`
  return { reason: 'none of its contracts sells it', cause }
}

function notBegun({ contracts }: Coverage): Refusal {
  const { contractId = '', startsOn = '' } = contracts[0] ?? {}
  return { reason: `its contract begins on ${startsOn}`, cause: `contract ${contractId} has not begun` }
}

/** The customer is known, but no contract of it prices this use. */
function refusedByMeter({ customerId, meter }: Coverage, { reason, cause }: Refusal): Issue {
  return issueOf({
    code: 'METER_REJECTED',
    field: 'type',
    label: `Use by customer ${customerId} of meter`,
    found: meter,
    details: { reason },
    cause,
  })
}

/** The customer went on after its last contract with this meter had ended. */
function afterEnd({ customerId, meter, contracts }: Coverage): Issue {
  const last = contracts.map(({ contractId }) => contractId).at(-1) ?? ''
  return issueOf({
    code: 'USAGE_AFTER_END',
    field: 'time',
    label: `Use by customer ${customerId} of meter`,
    found: meter,
    cause: `contract ${last} has ended`,
  })
}

function about(subjectKind: string, subject: string): IssueSubject {
  return { queue: 'report-usage', subjectKind, subject, caseId: null }
}
