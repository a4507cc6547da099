import { Big } from 'big.js'
import { mapAnswer } from '../ports/answer.ts'
import type { MeterEvent } from '../ports/billing.ts'
import { attachUsage, waitingWithOwner } from '../store/attach-usage.ts'
import type { Customer } from '../store/customers.ts'
import { loadCustomers } from '../store/customers.ts'
import { enqueue } from '../store/enqueue.ts'
import { openEach, resolveSubject } from '../store/exceptions.ts'
import { fingerprintOf, hashOf } from '../store/fingerprint.ts'
import { operationOf } from '../store/operations.ts'
import type { Unit } from '../store/unit-of-work.ts'
import type { SendingWindow, UsagePair } from '../store/usage-due.ts'
import {
  beginReports,
  endReport,
  hasHourToCome,
  leftoverOf,
  pairNamed,
  pairSubject,
  pairsToReport,
  refuseReport,
} from '../store/usage-due.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { done } from './job.ts'
import { callOnce } from './operation.ts'
import { endItem } from './settle-item.ts'

const hourMilliseconds = 3_600_000
const windowsAtOnce = 500
const pairsAtOnce = 1_000
/** Stripe knows a meter event's identifier for 24 hours; some of them are kept in hand. */
const rememberedMilliseconds = 20 * hourMilliseconds

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

/** Reports the hours of a pair in their order. A refused one is left to a person, and the others go on. */
async function reportPair(pair: UsagePair, context: JobContext): Promise<Ending> {
  const { store, clock, books } = context
  const [customer] = await loadCustomers(store.read, [pair.customerId])
  if (!customer?.providerCustomerId) return done
  for (;;) {
    const due = { now: clock.now(), sellers: books.entities, limit: windowsAtOnce }
    const windows = await store.unitOfWork((unit) => beginReports(unit, pair, due))
    if (windows.length === 0) return done
    for (const window of windows) {
      const ending = await reportOne(window, customer, context)
      if (ending.kind !== 'done') return ending
    }
  }
}

async function reportOne(window: SendingWindow, customer: Customer, context: JobContext): Promise<Ending> {
  const event = meterEventOf(window, customer.providerCustomerId ?? '')
  const sent = { providerId: event.identifier, drift: [] }
  const send = async () => mapAnswer(await context.billing.sendMeterEvent(event), () => sent)
  const opKey = `meter-event/${event.identifier}`
  const made = await callOnce(
    {
      operation: {
        opKey,
        fingerprint: fingerprintOf(event),
        provider: 'stripe',
        kind: 'meter-event',
        subject: window.customerId,
      },
      doing: `report the use of ${window.meter} by ${customer.name}`,
      ask: send,
      // As long as the provider remembers the identifier, a second sending is harmless and so the way to look.
      look: async () => {
        const asked = (await operationOf(context.store.read, opKey))?.firstSentAt ?? null
        const age = asked === null ? 0 : context.clock.now().getTime() - asked.getTime()
        if (age < rememberedMilliseconds) return send()
        return mapAnswer(await countedIn(window, event, context), (isThere) => (isThere ? sent : null))
      },
    },
    context,
  )
  if (made.kind === 'ended' && made.ending.kind !== 'park') return made.ending
  const issues = made.kind === 'ended' && made.ending.kind === 'park' ? made.ending.issues : []
  await context.store.unitOfWork(async (unit) => {
    const now = context.clock.now()
    if (made.kind === 'made') return endReport(unit, window, now)
    const mayBeThere = (await operationOf(unit, opKey))?.state !== 'failed'
    await refuseReport(unit, window, { mayBeThere })
    const subject = { ...about(window, 'work'), caseId: null }
    await openEach(
      unit,
      issues.map((issue) => ({ subject, issue })),
      now,
    )
  })
  return done
}

/** Whether the provider's own sum of an hour holds what we sent of it. */
async function countedIn(
  { startsAt, sendingQuantity }: SendingWindow,
  event: MeterEvent,
  { billing }: JobContext,
) {
  const end = new Date(startsAt.getTime() + hourMilliseconds)
  const total = await billing.meterTotal(event.meter, event.customerId, startsAt, end)
  return mapAnswer(total, (counted) => new Big(counted).gte(sendingQuantity))
}

/** Exceptions of a pair end when nothing is left of what they are about. */
async function settle(unit: Unit, pair: UsagePair, { clock, books }: JobContext): Promise<void> {
  const { refused, uncovered } = await leftoverOf(unit, pair, books.entities)
  const settled = { by: 'hub', resolution: 'the use is reported', at: clock.now() }
  if (!refused) await resolveSubject(unit, about(pair, 'work'), settled)
  if (!uncovered) await resolveSubject(unit, about(pair, 'usage-meter'), settled)
}

function about(pair: UsagePair, subjectKind: 'work' | 'usage-meter') {
  return { queue: 'report-usage', subjectKind, subject: pairSubject(pair) }
}

/** The longest identifier the provider takes. */
const longestIdentifier = 100

/** What an hour adds to what was sent of it before. */
function meterEventOf(window: SendingWindow, customerId: string): MeterEvent {
  const { meter, startsAt, sendingRevision, sendingQuantity, reportedQuantity } = window
  const hour = startsAt.toISOString().slice(0, 13)
  const identifier = `${window.customerId}/${meter}/${hour}/${sendingRevision}`
  return {
    // Two long names that end alike must not count as one.
    identifier: identifier.length > longestIdentifier ? hashOf(identifier) : identifier,
    meter,
    customerId,
    value: new Big(sendingQuantity).minus(reportedQuantity).toFixed(),
    occurredAt: startsAt,
  }
}
