import { hourMilliseconds } from '../domain/calendar.ts'
import { and, count, eq, gt, gte, isNotNull, lt, lte, or, sql, type SQL } from 'drizzle-orm'
import type { TimeZone } from '../domain/calendar.ts'
import { among, inputRows } from './json.ts'
import { usageWindow } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'
import type { StoredWindow } from './usage-windows.ts'

/** A customer and a meter: what is reported in order, and what a refusal stops. */
export type UsagePair = { readonly customerId: string; readonly meter: string }

/** The legal sellers and where their days begin and end. */
export type Sellers = readonly { readonly id: string; readonly timeZone: TimeZone }[]

/** How work and exceptions name a pair. */
export function pairSubject({ customerId, meter }: UsagePair): string {
  return `${customerId} ${meter}`
}

/** The pair of a subject; null when it names none. */
export function pairNamed(subject: string): UsagePair | null {
  const at = subject.indexOf(' ')
  return at < 1 ? null : { customerId: subject.slice(0, at), meter: subject.slice(at + 1) }
}

const isWanted = sql`${usageWindow.isUnreported} and ${usageWindow.revision} > ${usageWindow.refusedRevision}`

function hasEnded(now: Date): SQL {
  return lte(usageWindow.startsAt, new Date(now.getTime() - hourMilliseconds))
}

/** Whether a contract that is billed sells the meter of an hour to its customer, and runs in it. */
function isCovered(sellers: Sellers): SQL {
  const zones = sellers.map(({ id, timeZone }) => ({ id, time_zone: timeZone }))
  const dayBegins = (day: string) =>
    sql`(sold.${sql.raw(day)}::timestamp at time zone coalesce(input.time_zone, 'UTC'))`
  return sql`exists (
    select from contract sold
    join contract_version version on version.contract_id = sold.contract_id and version.version = sold.current_version
    left join ${inputRows(zones, 'id text, time_zone text')} on input.id = sold.entity
    where sold.customer_id = ${usageWindow.customerId} and sold.subscription_id is not null
      and version.terms->'lines' @> jsonb_build_array(jsonb_build_object('kind', 'usage', 'meter', ${usageWindow.meter}))
      and ${usageWindow.startsAt} + interval '1 hour' > ${dayBegins('starts_on')}
      and ${usageWindow.startsAt} < ${dayBegins('ends_before')}
  )`
}

/**
 * Pairs with an hour that has ended, is covered by a contract and is not reported, in their order after `after`; without those that
 * wait already, or wait for a person.
 */
export async function pairsToReport(
  reader: Reader,
  { now, sellers, after, limit }: { now: Date; sellers: Sellers; after: UsagePair | null; limit: number },
): Promise<UsagePair[]> {
  const subject = sql`${usageWindow.customerId} || ' ' || ${usageWindow.meter}`
  const isListed = sql`exists (
    select from work_item item where item.queue = 'report-usage' and item.subject = ${subject} and item.state <> 'running'
  )`
  const isLater =
    after === null
      ? undefined
      : sql`(${usageWindow.customerId}, ${usageWindow.meter}) > (${after.customerId}, ${after.meter})`
  return databaseOf(reader)
    .selectDistinct({ customerId: usageWindow.customerId, meter: usageWindow.meter })
    .from(usageWindow)
    .where(and(isWanted, hasEnded(now), isLater, isCovered(sellers), sql`not ${isListed}`))
    .orderBy(usageWindow.customerId, usageWindow.meter)
    .limit(limit)
}

/** Whether at least so many hours that have ended wait to be told; counts no further. */
export async function manyWait(reader: Reader, now: Date, atLeast: number): Promise<boolean> {
  const waiting = databaseOf(reader)
    .select({ startsAt: usageWindow.startsAt })
    .from(usageWindow)
    .where(and(isWanted, hasEnded(now)))
    .limit(atLeast)
    .as('waiting')
  const [row] = await databaseOf(reader).select({ hours: count() }).from(waiting)
  return (row?.hours ?? 0) >= atLeast
}

/** Whether an hour that is to be reported has not ended yet. */
export async function hasHourToCome(reader: Reader, now: Date, sellers: Sellers): Promise<boolean> {
  const [row] = await databaseOf(reader)
    .select({ meter: usageWindow.meter })
    .from(usageWindow)
    .where(
      and(isWanted, gt(usageWindow.startsAt, new Date(now.getTime() - hourMilliseconds)), isCovered(sellers)),
    )
    .limit(1)
  return row !== undefined
}

/** An hour whose report is under way: the words it is told in stay the same until the provider has answered. */
export type SendingWindow = StoredWindow & {
  readonly sendingRevision: number
  readonly sendingQuantity: string
  readonly sendingValue: string
}

/** What the provider or an invoice has of an hour, and what neither has yet. */
const settled = sql`(${usageWindow.reportedQuantity} + ${usageWindow.chargedQuantity})`
const untold = sql`(${usageWindow.quantity} - ${settled})`

/**
 * As much of it as a meter event holds: 15 digits (docs.stripe.com/changelog/dahlia/2026-04-22/billing-meter-event-values-validation). Where they
 * are too many before the point nothing helps, and the provider's refusal is left to a person.
 */
const tellable = sql`trim_scale(trunc(${untold}, greatest(0, 15 - length(trunc(abs(${untold}))::text))))`

/** Which hours are to be told: not those that begin at `except` (milliseconds), nor those within `besides` whose telling has not begun. */
type Due = {
  readonly now: Date
  readonly sellers: Sellers
  readonly except: readonly number[]
  readonly besides: readonly { readonly startsAt: Date; readonly endsAt: Date }[]
  readonly limit: number
}

/** Fixes what is to be told of the ended and covered hours of a pair, the earliest first; those that are under way stay as they were. */
export async function beginReports(
  unit: Unit,
  pair: UsagePair,
  { now, sellers, except, besides, limit }: Due,
): Promise<SendingWindow[]> {
  const excepted = among(except.map((at) => new Date(at).toISOString()))
  const isOther = sql`${usageWindow.startsAt} not in (select at::timestamptz from ${excepted} as waiting(at))`
  const wanted = unit.tx
    .select({ startsAt: usageWindow.startsAt })
    .from(usageWindow)
    .where(
      and(isOf(pair), isWanted, hasEnded(now), isOther, ...besides.map(isOutsideOrBegun), isCovered(sellers)),
    )
    .orderBy(usageWindow.startsAt)
    .limit(limit)
  const begun = await unit.tx
    .update(usageWindow)
    .set({
      sendingRevision: sql`coalesce(${usageWindow.sendingRevision}, ${usageWindow.revision})`,
      sendingQuantity: sql`coalesce(${usageWindow.sendingQuantity}, ${settled} + ${tellable})`,
      sendingValue: sql`coalesce(${usageWindow.sendingValue}, ${tellable})`,
      // What is left over is told next, under a revision of its own.
      revision: sql`case when ${usageWindow.sendingRevision} is null and ${tellable} <> ${untold} then ${usageWindow.revision} + 1
        else ${usageWindow.revision} end`,
      // A sum that was read before this telling began says nothing about it.
      countedQuantity: sql`case when ${usageWindow.sendingRevision} is null then null else ${usageWindow.countedQuantity} end`,
      countedAt: sql`case when ${usageWindow.sendingRevision} is null then null else ${usageWindow.countedAt} end`,
    })
    .where(and(isOf(pair), sql`${usageWindow.startsAt} in (${wanted})`))
    .returning()
  return (begun as SendingWindow[]).sort((left, right) => left.startsAt.getTime() - right.startsAt.getTime())
}

/** What is under way already is brought to its end, wherever it lies. */
function isOutsideOrBegun({
  startsAt,
  endsAt,
}: {
  readonly startsAt: Date
  readonly endsAt: Date
}): SQL | undefined {
  return or(
    lt(usageWindow.startsAt, startsAt),
    gte(usageWindow.startsAt, endsAt),
    isNotNull(usageWindow.sendingRevision),
  )
}

/** The hours of a pair. */
export function isOf({ customerId, meter }: UsagePair): SQL | undefined {
  return and(eq(usageWindow.customerId, customerId), eq(usageWindow.meter, meter))
}

/** Lets the refused hours of pairs be tried again; bulk. */
export async function retryRefused(unit: Unit, pairs: readonly UsagePair[]): Promise<void> {
  if (pairs.length === 0) return
  const rows = pairs.map(({ customerId, meter }) => ({ customer_id: customerId, meter }))
  await unit.tx.execute(sql`
    update usage_window held set refused_revision = 0 from ${inputRows(rows, 'customer_id text, meter text')}
    where held.customer_id = input.customer_id and held.meter = input.meter and held.refused_revision > held.reported_revision`)
}

/** What is left of a pair: hours the provider refused, and hours that no contract covers. */
export type Leftover = { readonly refused: boolean; readonly uncovered: boolean }

/** Looks what of a pair's use has not been reported, and why. */
export async function leftoverOf(reader: Reader, pair: UsagePair, sellers: Sellers): Promise<Leftover> {
  const [row] = await rowsOf<Leftover>(
    reader,
    sql`
    select coalesce(bool_or(${usageWindow.revision} = ${usageWindow.refusedRevision}), false) as refused,
      coalesce(bool_or(not ${isCovered(sellers)}), false) as uncovered
    from ${usageWindow} where ${isOf(pair)} and ${usageWindow.isUnreported}`,
  )
  return row ?? { refused: false, uncovered: false }
}
