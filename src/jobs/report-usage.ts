import { hourMilliseconds } from '../domain/calendar.ts'
import { attachUsage, waitingWithOwner } from '../store/attach-usage.ts'
import { countUsage } from '../store/count-usage.ts'
import { loadCustomers, type Customer } from '../store/customers.ts'
import { enqueue } from '../store/enqueue.ts'
import { resolveSubject } from '../store/exceptions.ts'
import type { Unit } from '../store/unit-of-work.ts'
import type { UsagePair } from '../store/usage-due.ts'
import {
  beginReports,
  hasHourToCome,
  leftoverOf,
  manyWait,
  pairNamed,
  pairSubject,
  pairsToReport,
} from '../store/usage-due.ts'
import { withdrawReport } from '../store/usage-telling.ts'
import { askToSettleCommitted, askToSettleRated, ratedTerms } from './ask-to-settle.ts'
import type { RoutedHour } from './bill-late-use.ts'
import { billLateUse, routerOf } from './bill-late-use.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { done } from './job.ts'
import { endItem } from './settle-item.ts'
import { tellHours } from './tell-hours.ts'
import { settleTold, tellHour, type HourEnding } from './tell-hour.ts'

/** As many as a request of the stream takes. */
const windowsAtOnce = 100
/** From how many waiting hours on the stream is used, unless the settings say otherwise. */
const streamFromHours = 1_000
/** How long one pair may go on before others have their turn. */
const turnMilliseconds = 1_000
const pairsAtOnce = 1_000
/** How long a pair with hours that wait is left alone. */
const lookMilliseconds = 900_000

/**
 * Stage 4: sends the use of each ended hour to the provider's meter, one aggregate for a customer, meter, hour and revision. A
 * revised hour sends the difference. The item `all` asks for whatever is due, customer by customer and meter by meter, and comes back
 * while an hour has not ended; an item `<customer> <meter>` reports one of them, so that a refusal stops nobody else.
 */
export const reportUsage: Job = {
  queue: 'report-usage',
  batchSize: 1,
  concurrency: 4,
  async run([item], context) {
    if (!item) return
    const pair = pairNamed(item.subject)
    const ending = pair === null ? await askForPairs(context) : await reportPair(pair, context)
    await context.store.unitOfWork(async (unit) => {
      if (pair !== null && ending.kind === 'done') await settle(unit, pair, context)
      await endItem(unit, item, ending, context)
    })
  },
}

async function askForPairs(context: JobContext): Promise<Ending> {
  const { store, clock, books } = context
  const found = await waitingWithOwner(store.read)
  if (found.length > 0) await store.unitOfWork((unit) => attachUsage(unit, found, context))
  await countUsage(store, context)
  const due = { now: clock.now(), sellers: books.entities, limit: pairsAtOnce }
  for (let after: UsagePair | null = null; ;) {
    const pairs = await pairsToReport(store.read, { ...due, after })
    await store.unitOfWork((unit) => enqueue(unit, pairs.map(workOf), context))
    if (pairs.length < pairsAtOnce) break
    after = pairs.at(-1) ?? null
  }
  if (!(await hasHourToCome(store.read, due.now, due.sellers))) return done
  const until = new Date((Math.floor(due.now.getTime() / hourMilliseconds) + 1) * hourMilliseconds)
  return { kind: 'snooze', until, why: 'waits for the hour to end' }
}

function workOf(pair: UsagePair) {
  return { queue: 'report-usage', subject: pairSubject(pair) } as const
}

/**
 * Reports the hours of a pair in their order, and again while they grow meanwhile, until its turn is over. A refused one is left to a person,
 * one whose sum may still move waits, and the others go on; anything else that stops an hour would stop them all.
 */
async function reportPair(pair: UsagePair, context: JobContext): Promise<Ending> {
  const { store, clock, books } = context
  const [customer] = await loadCustomers(store.read, [pair.customerId])
  if (!customer?.providerCustomerId) return done
  const waiting = new Map<number, Snooze>()
  const rated = await ratedTerms(pair, context)
  await askToSettleRated(pair, rated, context)
  const route = routerOf(pair, context)
  const began = clock.now().getTime()
  const streams = await manyWait(store.read, clock.now(), context.settings.streamFromHours ?? streamFromHours)
  const isOver = () => clock.now().getTime() - began > turnMilliseconds
  while (!isOver()) {
    const due = {
      now: clock.now(),
      sellers: books.entities,
      except: [...waiting.keys()],
      besides: rated,
      limit: windowsAtOnce,
    }
    const windows = await store.unitOfWork((unit) => beginReports(unit, pair, due))
    if (windows.length === 0) return soonest([...waiting.values()], clock.now())
    context.checkpoint('usage-before-send')
    const hours: RoutedHour[] = []
    for (const window of windows) hours.push(await route(window))
    await askToSettleCommitted(hours, context)
    const late: RoutedHour[] = []
    for (const hour of streams ? await streamHours(hours, customer, context) : hours) {
      const ending = await settleHour(hour, customer, context)
      if (ending.kind === 'late') late.push(hour)
      else if (ending.kind === 'waits')
        waiting.set(hour.window.startsAt.getTime(), { ...ending, kind: 'snooze' })
      else if (ending.kind !== 'done') return ending
      if (hour.route.kind === 'meter-event' && isOver()) break
    }
    const until = new Date(clock.now().getTime() + lookMilliseconds)
    for (const { startsAt } of await billLateUse(pair, late, context))
      waiting.set(startsAt.getTime(), {
        kind: 'snooze',
        until,
        why: 'other hours of its period are being told',
      })
  }
  return { kind: 'snooze', until: clock.now(), why: 'other customers have their turn' }
}

/** Tells in one request what goes to the meter; answers the hours that are left to be settled one by one. */
async function streamHours(
  hours: readonly RoutedHour[],
  customer: Customer,
  context: JobContext,
): Promise<RoutedHour[]> {
  const isMetered = ({ route }: RoutedHour) => route.kind === 'meter-event'
  const metered = hours.filter(isMetered).map(({ window }) => window)
  const left = new Set(metered.length === 0 ? [] : await tellHours(metered, customer, context))
  return hours.filter((hour) => !isMetered(hour) || left.has(hour.window))
}

type HourSettled = HourEnding | { readonly kind: 'late' }

/** Tells an hour, or finds that it is to be charged, or to wait. */
async function settleHour(hour: RoutedHour, customer: Customer, context: JobContext): Promise<HourSettled> {
  const { window, route } = hour
  if (route.kind === 'meter-event') return tellHour(window, customer, context)
  const settled = await settleTold(window, customer, context)
  if (settled !== null) return settled
  if (route.kind === 'wait') return { kind: 'waits', until: route.until, why: 'its invoice is not final yet' }
  if (route.kind === 'next-invoice') return { kind: 'late' }
  // Its telling had begun before it was known that we rate it; next time it is left out.
  await context.store.unitOfWork((unit) => withdrawReport(unit, window))
  return done
}

type Snooze = Extract<Ending, { kind: 'snooze' }>

/** The pair is looked at again soon, whatever it waits for, because its next hour must not wait with it. */
function soonest(waits: readonly Snooze[], now: Date): Ending {
  const [first] = waits.toSorted((one, other) => one.until.getTime() - other.until.getTime())
  if (first === undefined) return done
  const latest = now.getTime() + lookMilliseconds
  return { ...first, until: new Date(Math.min(first.until.getTime(), latest)) }
}

/** Exceptions of a pair end when nothing is left of what they are about. */
async function settle(unit: Unit, pair: UsagePair, { clock, books }: JobContext): Promise<void> {
  const { refused, uncovered } = await leftoverOf(unit, pair, books.entities)
  const settled = { by: 'hub', resolution: 'the use is reported', at: clock.now() }
  if (!refused) await resolveSubject(unit, about(pair, 'work'), settled)
  if (!refused) await resolveSubject(unit, about(pair, 'told-usage'), settled)
  if (!uncovered) await resolveSubject(unit, about(pair, 'usage-meter'), settled)
}

function about(pair: UsagePair, subjectKind: 'work' | 'told-usage' | 'usage-meter') {
  return { queue: 'report-usage', subjectKind, subject: pairSubject(pair) }
}
