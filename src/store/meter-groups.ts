import { and, asc, eq, gte, lt, sql } from 'drizzle-orm'
import { tooManyGroups, unreadableUsage } from '../domain/meter-issue.ts'
import type { MeterVersion } from '../domain/meter.ts'
import type { UnreadableReason } from '../domain/meter-book.ts'
import type { UsageEvent } from '../domain/usage.ts'
import type { IssueSubject } from './exceptions.ts'
import { inputRows } from './json.ts'
import { usageGroupWindow } from './schema.ts'
import type { UsageIssue } from './usage-issues.ts'
import { pairSubject, type UsagePair } from './usage-due.ts'
import type { UsageRange } from './usage-windows.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'

/** A group that use of a customer falls into, and how many its meter keeps. */
export type AskedGroup = {
  readonly customerId: string
  readonly meter: string
  readonly group: string
  readonly groupsAtMost: number
}

/**
 * Gives each group a place of its own among those of its customer and meter, as long as there is room: whether it has one, in the order
 * asked; bulk. What has none counts under `otherGroup`. One unit at a time may do this for a customer, so that the cap holds.
 */
export async function placeGroups(
  unit: Unit,
  groups: readonly AskedGroup[],
  at: Date,
): Promise<readonly boolean[]> {
  if (groups.length === 0) return []
  const rows = groups.map(({ customerId, meter, group, groupsAtMost }) => ({
    customer_id: customerId,
    meter,
    group_key: group,
    at_most: groupsAtMost,
  }))
  const input = inputRows(rows, 'customer_id text, meter text, group_key text, at_most integer')
  const placed = await rowsOf<{ customer_id: string; meter: string; group_key: string }>(
    unit,
    sql`
    with asked as materialized (
      select customer_id, meter, group_key, max(at_most) as at_most from ${input} group by 1, 2, 3
    ), known as materialized (
      select customer_id, meter, group_key from asked join usage_group using (customer_id, meter, group_key)
    ), held as materialized (
      select customer_id, meter, (select count(*) from usage_group counted
        where counted.customer_id = pair.customer_id and counted.meter = pair.meter) as groups
      from (select distinct customer_id, meter from asked) as pair
    ), fresh as (
      select customer_id, meter, group_key, at_most,
        row_number() over (partition by customer_id, meter order by group_key) as place
      from asked where (customer_id, meter, group_key) not in (select customer_id, meter, group_key from known)
    ), added as (
      insert into usage_group (customer_id, meter, group_key, first_at)
      select customer_id, meter, group_key, ${at.toISOString()}::timestamptz
      from fresh join held using (customer_id, meter) where groups + place <= at_most
      order by customer_id, meter, group_key
      on conflict do nothing
      returning customer_id, meter, group_key
    )
    select * from known union all select * from added`,
  )
  const names = new Set(placed.map((row) => keyOf(row.customer_id, row.meter, row.group_key)))
  return groups.map(({ customerId, meter, group }) => names.has(keyOf(customerId, meter, group)))
}

function keyOf(customerId: string, meter: string, group: string): string {
  return `${customerId} ${meter} ${group}`
}

/** The groups that have a place with these customers and meters: customer, meter and group with a space between. */
export async function placedGroups(
  reader: Reader,
  pairs: readonly UsagePair[],
): Promise<ReadonlySet<string>> {
  if (pairs.length === 0) return new Set()
  const rows = pairs.map(({ customerId, meter }) => ({ customer_id: customerId, meter }))
  const placed = await rowsOf<{ customer_id: string; meter: string; group_key: string }>(
    reader,
    sql`
    select customer_id, meter, group_key from usage_group
    where (customer_id, meter) in (select customer_id, meter from ${inputRows(rows, 'customer_id text, meter text')})`,
  )
  return new Set(placed.map((row) => keyOf(row.customer_id, row.meter, row.group_key)))
}

/** What one group has of an hour, or gains of it; an exact decimal that may be negative. */
export type GroupHour = {
  readonly customerId: string
  readonly meter: string
  readonly group: string
  readonly startsAt: Date
  readonly quantity: string
  readonly eventCount: number
}

const hourColumns =
  'customer_id text, meter text, group_key text, starts_at timestamptz, quantity numeric, event_count bigint'

/** Adds to hours of groups; bulk, and the same in whatever order. Rows of one hour and group are added up first. */
export async function addGroupHours(unit: Unit, hours: readonly GroupHour[]): Promise<void> {
  if (hours.length === 0) return
  await unit.tx.execute(sql`
    insert into usage_group_window as held (customer_id, meter, group_key, starts_at, quantity, event_count)
    select customer_id, meter, group_key, starts_at, sum(quantity), sum(event_count)
    from ${inputRows(hours.map(hourRow), hourColumns)}
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (customer_id, meter, group_key, starts_at) do update set
      quantity = held.quantity + excluded.quantity, event_count = held.event_count + excluded.event_count`)
}

/**
 * Sets what hours of groups contribute, for meters whose hours are told by `contributionsOf`, and adds their events; bulk, each hour once.
 * Hours that stand so already are left alone.
 */
export async function setGroupHours(unit: Unit, hours: readonly GroupHour[]): Promise<void> {
  if (hours.length === 0) return
  await unit.tx.execute(sql`
    insert into usage_group_window as held (customer_id, meter, group_key, starts_at, quantity, event_count)
    select customer_id, meter, group_key, starts_at, quantity, event_count
    from ${inputRows(hours.map(hourRow), hourColumns)} order by 1, 2, 3, 4
    on conflict (customer_id, meter, group_key, starts_at) do update set
      quantity = excluded.quantity, event_count = held.event_count + excluded.event_count
    where held.quantity <> excluded.quantity or excluded.event_count <> 0`)
}

function hourRow({ customerId, meter, group, startsAt, quantity, eventCount }: GroupHour) {
  return {
    customer_id: customerId,
    meter,
    group_key: group,
    starts_at: startsAt,
    quantity,
    event_count: eventCount,
  }
}

/** The hours of a customer's groups of a meter in a range of time, by group and time. */
export async function groupHoursOf(
  reader: Reader,
  { customerId, meter, from, to }: UsageRange,
): Promise<GroupHour[]> {
  const rows = await databaseOf(reader)
    .select()
    .from(usageGroupWindow)
    .where(
      and(
        eq(usageGroupWindow.customerId, customerId),
        eq(usageGroupWindow.meter, meter),
        gte(usageGroupWindow.startsAt, from),
        lt(usageGroupWindow.startsAt, to),
      ),
    )
    .orderBy(asc(usageGroupWindow.groupKey), asc(usageGroupWindow.startsAt))
  return rows.map(({ groupKey, ...hour }) => ({ ...hour, group: groupKey }))
}

/** The exception of a customer whose groups of a meter have no room, once for both. */
export function groupsLimit({ customerId, meter, groupsAtMost }: Omit<AskedGroup, 'group'>): UsageIssue {
  return {
    subject: about('usage-groups', pairSubject({ customerId, meter })),
    issue: tooManyGroups(customerId, meter, groupsAtMost),
  }
}

/** The exception of events that a definition could not read, once for the meter and the reason. */
export function unreadable(
  definition: MeterVersion,
  reason: UnreadableReason,
  event: UsageEvent,
): UsageIssue {
  return {
    subject: about('usage-meter-reading', `${definition.meter} ${reason}`),
    issue: unreadableUsage(definition, reason, event),
  }
}

/** No queue works these: what mends them is done at the sender, or by another version of the meter. */
function about(subjectKind: string, subject: string): IssueSubject {
  return { queue: 'accept-usage', subjectKind, subject, caseId: null }
}
