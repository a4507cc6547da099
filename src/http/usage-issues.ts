import type { Issue } from '../domain/issue.ts'
import { issueOf } from '../domain/sentence.ts'
import type { UsageEvent } from '../domain/usage.ts'
import type { IssueSubject } from '../store/exceptions.ts'
import type { Coverage } from '../store/usage-coverage.ts'

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

/** The customer is known, but no contract of it prices this meter. */
export function unknownMeter({ customerId, meter }: Coverage): UsageIssue {
  const finding = {
    code: 'METER_REJECTED',
    field: 'type',
    label: `Use by customer ${customerId} of meter`,
    found: meter,
    details: { reason: 'none of its contracts sells it' },
    cause: `no contract sells "${meter}" to ${customerId}`,
  } as const
  return { subject: about('usage-meter', `${customerId} ${meter}`), issue: issueOf(finding) }
}

/** The customer went on after its last contract with this meter had ended. */
export function afterEnd({ customerId, meter, contracts }: Coverage): UsageIssue {
  const last = contracts.map(({ contractId }) => contractId).at(-1) ?? ''
  const finding = {
    code: 'USAGE_AFTER_END',
    field: 'time',
    label: `Use by customer ${customerId} of meter`,
    found: meter,
    cause: `contract ${last} has ended`,
  } as const
  return { subject: about('usage-meter', `${customerId} ${meter}`), issue: issueOf(finding) }
}

function about(subjectKind: string, subject: string): IssueSubject {
  return { queue: 'report-usage', subjectKind, subject, caseId: null }
}
