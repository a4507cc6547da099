import { hourMilliseconds } from '../../domain/calendar.ts'
import { Big } from 'big.js'
import type { TieOutResult } from '../../domain/reconcile.ts'
import { compareBooks } from '../../domain/reconcile.ts'
import { isSameSum } from '../../domain/told-usage.ts'
import { countUsage } from '../../store/count-usage.ts'
import { definedUse } from '../../store/counted-events.ts'
import { loadCustomers } from '../../store/customers.ts'
import { proveDaysOver, type Proving } from '../../store/proven-usage.ts'
import { usageSums, type UsageSums } from '../../store/usage-sums.ts'
import { listWindows } from '../../store/usage-windows.ts'
import type { JobContext } from '../job.ts'
import { readPatiently } from './books.ts'

/** Both sides of the comparison, by item. */
type Sides = { readonly ours: Map<string, string>; readonly theirs: Map<string, string> }

/**
 * What was accepted and not corrected since is in the hours or pending. Each hour is told, charged, waits or is left to a person; what was charged of
 * them is in the charges; and what was told of them is what the provider counted. Where its sum is another, the hours that differ are named.
 */
export async function tieOutUsage(context: JobContext, proving?: Proving): Promise<TieOutResult> {
  const { store } = context
  await proveDaysOver(store, context.clock.now(), proving)
  await countUsage(store, context)
  const sums = await usageSums(store)
  const customers = await loadCustomers(store.read, [...new Set(sums.map(({ customerId }) => customerId))])
  const providerIds = new Map(
    customers.map(({ customerId, providerCustomerId }) => [customerId, providerCustomerId]),
  )
  const sides: Sides = { ours: new Map(), theirs: new Map() }
  const defined = await store.unitOfWork((unit) => definedUse(unit, context.clock.now()))
  for (const { customerId, meter, accepted, inWindows } of defined.uses)
    compare(sides, `${customerId} ${meter} accepted`, accepted, inWindows)
  for (const sum of sums) {
    const item = `${sum.customerId} ${sum.meter}`
    if (!defined.meters.has(sum.meter)) compare(sides, `${item} accepted`, sum.accepted, accountedFor(sum))
    if (sum.charged !== sum.inCharges || sum.charged !== '0')
      compare(sides, `${item} charged`, sum.charged, sum.inCharges)
    const providerId = providerIds.get(sum.customerId)
    if (providerId && !new Big(sum.reported).eq(0)) await compareTold(sides, sum, providerId, context)
  }
  return compareBooks('usage', sides.ours, sides.theirs, causeOf)
}

function compare({ ours, theirs }: Sides, item: string, left: string, right: string): void {
  ours.set(item, new Big(left).toFixed())
  theirs.set(item, new Big(right).toFixed())
}

/** Events that come while the tie-out runs are pending, and in the hours a moment later. */
function accountedFor({ inWindows, pending, voided }: UsageSums): string {
  return new Big(inWindows).plus(pending).plus(voided).toFixed()
}

/** The whole time of a customer and meter in one sum; hour by hour only where that differs. */
async function compareTold(
  sides: Sides,
  sum: UsageSums,
  providerId: string,
  context: JobContext,
): Promise<void> {
  const { billing, clock } = context
  const { meter, firstAt, lastAt, reported } = sum
  const to = new Date(lastAt.getTime() + hourMilliseconds)
  const counted = await readPatiently(
    () => billing.meterTotal(meter, providerId, firstAt, to),
    'meter totals',
    clock,
  )
  if (isSameSum(reported, counted))
    return compare(sides, `${sum.customerId} ${meter} sent`, reported, reported)
  await compareHours(sides, sum, providerId, context)
}

async function compareHours(
  sides: Sides,
  { customerId, meter, firstAt, lastAt }: UsageSums,
  providerId: string,
  { store, billing, clock }: JobContext,
): Promise<void> {
  const to = new Date(lastAt.getTime() + hourMilliseconds)
  const hours = await readPatiently(
    () => billing.meterHours(meter, providerId, firstAt, to),
    'meter totals by the hour',
    clock,
  )
  const counted = new Map(hours.map(({ startsAt, quantity }) => [startsAt.getTime(), quantity]))
  const most = (to.getTime() - firstAt.getTime()) / hourMilliseconds
  const told = await listWindows(store.read, { customerId, meter, from: firstAt, to }, most)
  const held = new Map(told.map(({ startsAt, reportedQuantity }) => [startsAt.getTime(), reportedQuantity]))
  for (const at of new Set([...held.keys(), ...counted.keys()])) {
    const [left, right] = [held.get(at) ?? '0', counted.get(at) ?? '0']
    if (!isSameSum(left, right))
      compare(sides, `${customerId} ${meter} ${new Date(at).toISOString().slice(0, 13)} sent`, left, right)
  }
}

function causeOf(item: string): string {
  if (item.endsWith(' sent')) return 'the provider counted another quantity than was sent'
  if (item.endsWith(' charged')) return 'the hours say another quantity was charged than the charges do'
  return 'the hours, what is pending and what was voided do not add up to the events'
}
