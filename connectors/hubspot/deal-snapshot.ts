import { dateIn, isCalendarDate } from '../../src/domain/calendar.ts'
import type { CalendarDate, TimeZone } from '../../src/domain/calendar.ts'
import type { DealSnapshot, FieldValue, RecordFields } from '../../src/domain/deal.ts'
import type { Account } from './account.ts'
import type { RecordValues } from './read-records.ts'

/** A deal with everything read of it. `dangling` stands for an associate that is named but cannot be read. */
export type DealParts = {
  readonly dealId: string
  readonly isClosedWon: boolean
  readonly values: RecordValues
  readonly deal: RecordFields
  readonly account: RecordFields | null
  readonly contact: RecordFields | null
  readonly lines: readonly RecordFields[]
}

/** What was read, as the snapshot the domain knows. */
export function dealSnapshot(portal: Account, parts: DealParts): DealSnapshot {
  const { values } = parts
  return {
    crm: 'hubspot',
    org: String(portal.portalId),
    dealId: parts.dealId,
    name: values['dealname'] ?? '',
    isClosedWon: parts.isClosedWon,
    closedOn: closeDay(values['closedate'] ?? '', portal.timeZone),
    amount: values['amount'] || null,
    // A portal with a single currency leaves the deal's own empty.
    currency: values['deal_currency_code'] || portal.companyCurrency,
    modifiedAt: values['hs_lastmodifieddate'] ?? '',
    url: `https://${portal.uiDomain}/contacts/${portal.portalId}/record/0-3/${parts.dealId}`,
    fields: {
      deal: parts.deal,
      account: parts.account,
      contact: parts.contact,
      lines: [...parts.lines].sort(byPosition),
    },
  }
}

/**
 * The values under their names. Empty is null; a property the portal does not have, or whose value it keeps from us, is unreadable.
 */
export function fieldsOf(
  values: RecordValues | undefined,
  wanted: readonly string[],
  known: ReadonlySet<string>,
): RecordFields {
  const read = (name: string): FieldValue => {
    const value = known.has(name) ? values?.[name] : undefined
    return value === undefined ? { unreadable: true } : value
  }
  return Object.fromEntries(wanted.map((name) => [name, read(name)]))
}

/** The close date is an instant; its day is that of the portal's zone, where people picked it. */
function closeDay(closedAt: string, timeZone: TimeZone): CalendarDate | null {
  if (isCalendarDate(closedAt)) return closedAt
  const instant = /^\d+$/.test(closedAt) ? Number(closedAt) : Date.parse(closedAt)
  return Number.isNaN(instant) ? null : dateIn(timeZone, new Date(instant))
}

/** Lines in the order people see them, then by age. */
function byPosition(left: RecordFields, right: RecordFields): number {
  return (
    numberIn(left, 'hs_position_on_quote') - numberIn(right, 'hs_position_on_quote') ||
    numberIn(left, 'hs_object_id') - numberIn(right, 'hs_object_id')
  )
}

function numberIn(line: RecordFields, name: string): number {
  const value = line[name]
  return typeof value === 'string' && value !== '' ? Number(value) : Number.MAX_SAFE_INTEGER
}
