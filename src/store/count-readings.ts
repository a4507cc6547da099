import type { UsageDelta } from '../domain/entitlement-standing.ts'
import { HourlyUseSum } from '../domain/hourly-use.ts'
import { otherGroup } from '../domain/meter-book.ts'
import type { UsageReadings, UseReading } from '../domain/usage-readings.ts'
import { addHours } from './added-hours.ts'
import { aggregationPeriods, setPeriods, type PeriodOfPair } from './contributed-periods.ts'
import { openEach } from './exceptions.ts'
import { addGroupHours, groupsLimit, placeGroups, type AskedGroup, type GroupHour } from './meter-groups.ts'
import { memberChanges } from './meter-hours.ts'
import { keepPoints } from './meter-points.ts'
import type { Unit } from './unit-of-work.ts'
import { noteLevels } from './usage-levels.ts'

/**
 * Counts what does not simply add to hours: use by group, members that count once, and readings of which a period shows one number. The events were
 * added to their hours before. Belongs under `lockCounting`. Answers by how much hours changed.
 */
export async function countReadings(unit: Unit, readings: UsageReadings, at: Date): Promise<UsageDelta[]> {
  const groups = readings.groups()
  const placed = await placeAll(unit, [...groups, ...readings.readings()], at)
  const points = placed(readings.readings())
  await addGroupHours(unit, [...placed(groups).map(groupHour), ...points.flatMap(eventOfGroup)])
  const members = points.filter(({ aggregation }) => aggregation === 'unique')
  const others = points.filter(({ aggregation }) => aggregation !== 'unique')
  return [...(await countMembers(unit, members, at)), ...(await countOthers(unit, others, at))]
}

type Grouped = Omit<AskedGroup, 'group'> & { readonly group: string }

/** Finds for every group its place, and tells of what has none: that counts as one group together with others like it. */
async function placeAll(
  unit: Unit,
  items: readonly Grouped[],
  at: Date,
): Promise<<Item extends Grouped>(items: readonly Item[]) => Item[]> {
  const asked = [
    ...new Map(
      items.filter(({ group }) => group !== '' && group !== otherGroup).map((item) => [keyOf(item), item]),
    ).values(),
  ]
  const hasPlace = await placeGroups(unit, asked, at)
  const over = asked.filter((_item, index) => hasPlace[index] === false)
  const issues = [...new Map(over.map((item) => [`${item.customerId} ${item.meter}`, item])).values()]
  await openEach(unit, issues.map(groupsLimit), at)
  const without = new Set(over.map(keyOf))
  if (without.size === 0) return (each) => [...each]
  return (each) => each.map((item) => (without.has(keyOf(item)) ? { ...item, group: otherGroup } : item))
}

function keyOf({ customerId, meter, group }: Grouped): string {
  return `${customerId} ${meter} ${group}`
}

function groupHour({
  events,
  ...use
}: Omit<GroupHour, 'eventCount'> & { readonly events: number }): GroupHour {
  return { ...use, eventCount: events }
}

/** The quantity of a reading is told by its period; that there was an event is told here. */
function eventOfGroup(reading: UseReading): GroupHour[] {
  return reading.group === '' ? [] : [{ ...reading, quantity: '0', eventCount: 1 }]
}

async function countMembers(unit: Unit, members: readonly UseReading[], at: Date): Promise<UsageDelta[]> {
  if (members.length === 0) return []
  const periodOf = await aggregationPeriods(unit, members)
  const changes = await memberChanges(
    unit,
    members.map((member) => ({ ...member, period: periodOf(member) })),
  )
  await keepPoints(unit, members)
  await addGroupHours(
    unit,
    changes.filter(({ group }) => group !== ''),
  )
  const sum = new HourlyUseSum()
  for (const { customerId, meter, startsAt, quantity } of changes)
    sum.add(customerId, meter, startsAt, quantity, 0)
  const hours = sum.hours().filter(({ quantity }) => quantity !== '0')
  await addHours(unit, hours, at)
  return hours
}

/** A period is derived once for all its readings, and not at all where none of them says anything new. */
async function countOthers(unit: Unit, readings: readonly UseReading[], at: Date): Promise<UsageDelta[]> {
  const changed = await keepPoints(unit, readings)
  const periodOf = await aggregationPeriods(unit, changed)
  const aggregations = new Map(readings.map((one) => [`${one.customerId} ${one.meter}`, one.aggregation]))
  const periods = new Map<string, PeriodOfPair>()
  for (const hour of changed) {
    const { customerId, meter } = hour
    const [period, aggregation] = [periodOf(hour), aggregations.get(`${customerId} ${meter}`)]
    if (aggregation === undefined) continue
    const key = `${customerId} ${meter} ${period.from.getTime()}`
    periods.set(key, { customerId, meter, ...period, aggregation })
  }
  await noteLevels(unit, [...periods.values()], at)
  return setPeriods(unit, [...periods.values()], at)
}
