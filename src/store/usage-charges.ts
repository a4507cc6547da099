import { and, asc, eq, gte, inArray, isNotNull, lt, sql } from 'drizzle-orm'
import type { OwnCharge } from '../domain/billing-plan.ts'
import type { ChargeReason } from '../domain/late-usage.ts'
import { decodeExact, encodeExact } from './json.ts'
import { usageCharge, usageWindow } from './schema.ts'
import { databaseOf, rowsOf, type Reader, type Unit } from './unit-of-work.ts'
import { isOf, type UsagePair } from './usage-due.ts'

/** A charge of use that we rated. */
export type UsageCharge = Omit<typeof usageCharge.$inferSelect, 'content'> & { readonly charge: OwnCharge }

/** The charges of use of a contract that we rated, in the order they were planned. */
export async function usageChargesOf(reader: Reader, contractId: string): Promise<UsageCharge[]> {
  const rows = await databaseOf(reader)
    .select()
    .from(usageCharge)
    .where(eq(usageCharge.contractId, contractId))
    .orderBy(asc(usageCharge.plannedAt), asc(usageCharge.chargeKey))
  return rows.map(({ content, ...row }) => ({ ...row, charge: decodeExact<OwnCharge>(content) }))
}

/** A charge of use that we rated, as far as it is compared: its amount in minor units, and what it is for. */
export type ChargedUse = Pick<
  UsageCharge,
  'chargeKey' | 'contractId' | 'lineId' | 'periodStartsOn' | 'reason' | 'plannedAt'
> & { readonly amountMinor: bigint }

/** Every charge of use that we rated. */
export async function chargedUse(reader: Reader): Promise<ChargedUse[]> {
  const { chargeKey, contractId, lineId, periodStartsOn, reason, plannedAt, content } = usageCharge
  const rows = await databaseOf(reader)
    .select({ chargeKey, contractId, lineId, periodStartsOn, reason, plannedAt, content })
    .from(usageCharge)
  return rows.map(({ content: held, ...row }) => ({
    ...row,
    amountMinor: decodeExact<OwnCharge>(held).amount.amountMinor,
  }))
}

/** Finds when the first invoice of a contract became final at or after an instant; null while none did. */
export async function finalizedSince(reader: Reader, contractId: string, since: Date): Promise<Date | null> {
  const [row] = await rowsOf<{ occurred_at: string | null }>(
    reader,
    sql`
    select min(occurred_at)::text as occurred_at from billing_fact
    where kind = 'invoice-finalized' and content->>'contractId' = ${contractId}
      and occurred_at >= ${since.toISOString()}::timestamptz`,
  )
  return row?.occurred_at ? new Date(row.occurred_at) : null
}

type HourRange = { readonly startsAt: Date; readonly endsAt: Date }

function isWithin(pair: UsagePair, { startsAt, endsAt }: HourRange) {
  return and(isOf(pair), gte(usageWindow.startsAt, startsAt), lt(usageWindow.startsAt, endsAt))
}

/** The hours of a pair in a range of time of which something is on no invoice yet, in order. */
export async function unbilledHours(reader: Reader, pair: UsagePair, range: HourRange): Promise<Date[]> {
  const rows = await databaseOf(reader)
    .select({ startsAt: usageWindow.startsAt })
    .from(usageWindow)
    .where(and(isWithin(pair, range), usageWindow.isUnreported))
    .orderBy(asc(usageWindow.startsAt))
  return rows.map((row) => row.startsAt)
}

/** Whether of some hour of a pair in a range of time it is not known yet what the provider has. */
export async function isTellingWithin(reader: Reader, pair: UsagePair, range: HourRange): Promise<boolean> {
  const [row] = await databaseOf(reader)
    .select({ startsAt: usageWindow.startsAt })
    .from(usageWindow)
    .where(and(isWithin(pair, range), isNotNull(usageWindow.sendingRevision)))
    .limit(1)
  return row !== undefined
}

/** What a period has of a pair: billed so far, what comes on top in some of its hours, and whether we wait to hear what was counted. */
export type PeriodUse = { readonly before: string; readonly further: string; readonly isTelling: boolean }

/** Adds up a period of a pair, `late` being the hours that came too late; they are locked until the unit ends. */
export async function useOfPeriod(
  unit: Unit,
  pair: UsagePair,
  { startsAt, endsAt }: { readonly startsAt: Date; readonly endsAt: Date },
  late: readonly Date[],
): Promise<PeriodUse> {
  await unit.tx.select().from(usageWindow).where(areHours(pair, late)).for('update')
  const isLate = inArray(usageWindow.startsAt, [...late])
  const [row] = await rowsOf<{ before: string; further: string; is_telling: boolean }>(
    unit,
    sql`
    select trim_scale(sum(reported_quantity + charged_quantity))::text as before,
      trim_scale(coalesce(sum(quantity - reported_quantity - charged_quantity) filter (where ${isLate}), 0))::text as further,
      exists (select from external_op op where op.subject = ${pair.customerId} and op.kind = 'meter-event'
        and op.state in ('in_flight', 'unknown')) as is_telling
    from ${usageWindow} where ${isOf(pair)}
      and starts_at >= ${startsAt.toISOString()}::timestamptz and starts_at < ${endsAt.toISOString()}::timestamptz`,
  )
  return { before: row?.before ?? '0', further: row?.further ?? '0', isTelling: row?.is_telling ?? false }
}

/** Writes a charge down, and that the hours it is for need nothing more. */
export async function planUsageCharge(
  unit: Unit,
  pair: UsagePair,
  planned: {
    readonly charge: OwnCharge
    readonly period: { readonly startsOn: string }
    readonly use: { readonly before: string; readonly further: string; readonly reason: ChargeReason }
    readonly late: readonly Date[]
  },
  at: Date,
): Promise<void> {
  const { charge, period, use, late } = planned
  await unit.tx.insert(usageCharge).values({
    chargeKey: charge.chargeKey,
    contractId: charge.contractId,
    customerId: pair.customerId,
    meter: pair.meter,
    lineId: charge.lineId,
    periodStartsOn: period.startsOn,
    reason: use.reason,
    beforeQuantity: use.before,
    furtherQuantity: use.further,
    content: encodeExact(charge),
    plannedAt: at,
  })
  await unit.tx
    .update(usageWindow)
    .set({
      chargedQuantity: sql`${usageWindow.quantity} - ${usageWindow.reportedQuantity}`,
      reportedRevision: sql`${usageWindow.revision}`,
      sendingRevision: null,
      sendingQuantity: null,
      sendingValue: null,
    })
    .where(areHours(pair, late))
}

function areHours(pair: UsagePair, startsAt: readonly Date[]) {
  return and(isOf(pair), inArray(usageWindow.startsAt, [...startsAt]))
}
