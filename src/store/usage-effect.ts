import type { TimeZone } from '../domain/calendar.ts'
import { decimalOf, finestParts } from '../domain/exact-sum.ts'
import type { HourlyUse } from '../domain/hourly-use.ts'
import { placeOfUse, routeOfUse, type UsePlace } from '../domain/late-usage.ts'
import { billedBy, effectsOnPeriod, type PeriodChange, type UsageEffect } from '../domain/usage-effect.ts'
import { contractsOfCustomer } from './contracts.ts'
import type { Reader } from './unit-of-work.ts'
import { finalizedSince } from './usage-charges.ts'
import type { Sellers } from './usage-due.ts'
import { usageOfRanges } from './usage-windows.ts'

/** What the effect of use is read with: the time, and where sellers' days begin. */
export type EffectContext = { readonly reader: Reader; readonly now: Date; readonly sellers: Sellers }

/**
 * What changes of hours would cost: an item for each customer, meter, billing period and way to an invoice, by the terms that bill it. Reads
 * what each period has now, and writes nothing.
 */
export async function effectOfUse(
  hours: readonly HourlyUse[],
  context: EffectContext,
): Promise<UsageEffect[]> {
  const effects: UsageEffect[] = []
  const pairs = Map.groupBy(hours, ({ customerId, meter }) => `${customerId} ${meter}`)
  for (const pair of [...pairs.keys()].sort())
    effects.push(...(await effectOfPair(pairs.get(pair) ?? [], context)))
  return effects
}

async function effectOfPair(hours: readonly HourlyUse[], context: EffectContext): Promise<UsageEffect[]> {
  const effects: UsageEffect[] = []
  for (const { place, members } of await placedHours(hours, context)) {
    const changes = await changesOf(place, members, context)
    const [used] = place === null ? ['0'] : await usageOfRanges(context.reader, [rangeOf(place, members)])
    effects.push(...effectsOnPeriod(changes, used ?? '0'))
  }
  return effects
}

type PlacedHours = { readonly place: UsePlace | null; readonly members: HourlyUse[] }

/** Hours by what bills them, in time order. Periods follow each other, so most hours are where the one before was. */
async function placedHours(
  hours: readonly HourlyUse[],
  { reader, sellers }: EffectContext,
): Promise<PlacedHours[]> {
  const sorted = hours.toSorted((one, other) => one.startsAt.getTime() - other.startsAt.getTime())
  const contracts = (await contractsOfCustomer(reader, sorted[0]?.customerId ?? ''))
    .filter(({ subscriptionId }) => subscriptionId !== null)
    .map(({ version, entity }) => ({ version, zone: zoneOf(entity, sellers) }))
  const placed: PlacedHours[] = []
  for (const hour of sorted) {
    const last = placed.at(-1)
    if (last !== undefined && isWithin(hour.startsAt, last.place)) {
      last.members.push(hour)
      continue
    }
    const place = placeOfUse(contracts, hour.meter, hour.startsAt)
    if (place === null && last?.place === null) last.members.push(hour)
    else placed.push({ place, members: [hour] })
  }
  return placed
}

function zoneOf(entity: string, sellers: Sellers): TimeZone {
  return sellers.find(({ id }) => id === entity)?.timeZone ?? 'UTC'
}

function isWithin(at: Date, place: UsePlace | null): boolean {
  return place !== null && place.startsAt <= at && at < place.endsAt
}

function rangeOf({ startsAt, endsAt }: UsePlace, [first]: readonly HourlyUse[]) {
  return { customerId: first?.customerId ?? '', meter: first?.meter ?? '', from: startsAt, to: endsAt }
}

/** The hours of one period, added up by how they get billed. */
async function changesOf(
  place: UsePlace | null,
  hours: readonly HourlyUse[],
  { reader, now }: EffectContext,
): Promise<PeriodChange[]> {
  const isOver = place !== null && now >= place.endsAt
  const finalizedAt = isOver ? await finalizedSince(reader, place.version.contractId, place.endsAt) : null
  const ways = Map.groupBy(hours, ({ startsAt }) =>
    place === null ? 'nothing' : billedBy(routeOfUse(startsAt, place, { now, finalizedAt })),
  )
  return [...ways].map(([way, members]) => ({
    customerId: members[0]?.customerId ?? '',
    meter: members[0]?.meter ?? '',
    place,
    billedBy: way,
    quantity: decimalOf(members.reduce((sum, { quantity }) => sum + finestParts(quantity), 0n)),
  }))
}
