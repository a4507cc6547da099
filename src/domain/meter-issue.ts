import type { Issue } from './issue.ts'
import type { MeterVersion } from './meter.ts'
import type { UnreadableReason } from './meter-book.ts'
import { issueOf, shorten } from './sentence.ts'

/** Why a definition could not read events, for a sentence about one of them. */
export function whyUnreadable(
  { meter, eventType, valuePath, version }: MeterVersion,
  reason: UnreadableReason,
): string {
  // A definition that is only tried has no number yet.
  const reader = version === 0 ? 'the definition' : `version ${version} of ${meter}`
  switch (reason) {
    case 'missing':
      return `an event has no ${valuePath}, which ${reader} reads`
    case 'not-a-number':
      return `the ${valuePath} of an event, which ${reader} reads, is no decimal of zero or more`
    case 'other-type':
      return `${meter} counts events of the type ${eventType}, and no meter counts the type ${meter}`
  }
}

/** Events that were kept and that a definition could not read: one exception for each meter and reason, which tells of the first event. */
export function unreadableUsage(
  definition: MeterVersion,
  reason: UnreadableReason,
  event: { readonly source: string; readonly id: string },
): Issue {
  const first = `the first of them is '${shorten(event.id)}' of '${shorten(event.source)}'`
  return issueOf({
    code: 'USAGE_UNREADABLE',
    field: reason === 'other-type' ? 'type' : (definition.valuePath ?? 'value'),
    label: 'Use of meter',
    found: definition.meter,
    details: { reason: `${whyUnreadable(definition, reason)}; ${first}` },
    cause: `${definition.meter} cannot read events: ${reason}`,
  })
}

/** A customer whose use of a meter falls into more groups than the meter keeps. */
export function tooManyGroups(customerId: string, meter: string, groupsAtMost: number): Issue {
  return issueOf({
    code: 'METER_GROUPS_LIMIT',
    field: 'groupBy',
    label: `Use by customer ${customerId} of meter`,
    found: meter,
    details: { most: String(groupsAtMost) },
    cause: `${meter} has more groups than it keeps`,
  })
}
