import { hourMilliseconds } from '../domain/calendar.ts'
import { Big } from 'big.js'
import type { Issue } from '../domain/issue.ts'
import { isForgotten, judgeSum, tellingName } from '../domain/told-usage.ts'
import { mapAnswer } from '../ports/answer.ts'
import type { MeterEvent } from '../ports/billing.ts'
import type { Customer } from '../store/customers.ts'
import { openEach } from '../store/exceptions.ts'
import { fingerprintOf, hashOf } from '../store/fingerprint.ts'
import type { NewOperation, Operation } from '../store/operations.ts'
import { beginOperation, operationOf, settleOperation } from '../store/operations.ts'
import type { SendingWindow, UsagePair } from '../store/usage-due.ts'
import { pairSubject } from '../store/usage-due.ts'
import { earlierReading } from '../store/usage-windows.ts'
import { endReport, noteReading, refuseReport, tellAnew, toldQuantity } from '../store/usage-telling.ts'
import { endingOf } from './ending.ts'
import type { Ending, JobContext } from './job.ts'
import { done } from './job.ts'
import { callOnce, type Made } from './operation.ts'

const leaseMilliseconds = 120_000

/**
 * Tells the provider's meter of one hour, once. While the provider knows an identifier, a lost answer is asked for again with the same words;
 * after that only its own sum tells what is there, and exactly what is missing is left to be told anew. A refused hour is left to a person.
 */
export async function tellHour(
  window: SendingWindow,
  customer: Customer,
  context: JobContext,
): Promise<HourEnding> {
  const told = wordsOf(window, customer)
  const asked = await operationOf(context.store.read, told.operation.opKey)
  if (isUnsettled(asked) && isForgotten(asked.firstSentAt, context.clock.now()))
    return settleForgotten(window, told, context)
  const sent = { providerId: told.event.identifier, drift: [] }
  const send = async () => mapAnswer(await context.billing.sendMeterEvent(told.event), () => sent)
  // As long as the provider remembers the identifier, a second sending is harmless and so the way to look.
  const made = await callOnce({ ...told, ask: send, look: send }, context)
  return settle(window, told.operation.opKey, made, context)
}

/** Settles what was begun of an hour that must not be told any more; null when nothing of it can be at the provider. */
export async function settleTold(
  window: SendingWindow,
  customer: Customer,
  context: JobContext,
): Promise<HourEnding | null> {
  const told = wordsOf(window, customer)
  const asked = await operationOf(context.store.read, told.operation.opKey)
  if (isUnsettled(asked)) return settleForgotten(window, told, context, 'nothing-counted')
  if (asked?.state !== 'succeeded') return null
  await context.store.unitOfWork((unit) => endReport(unit, window, context.clock.now()))
  return done
}

/** How telling an hour ends: as other work does, or waiting, this hour alone. */
export type HourEnding = Ending | { readonly kind: 'waits'; readonly until: Date; readonly why: string }

/** An hour as it is told: the event, the operation that records it, and what a person is told was being done. */
export type Told = { readonly event: MeterEvent; readonly operation: NewOperation; readonly doing: string }

/** The words in which an hour is told; the same for as long as it is under way. */
export function wordsOf(window: SendingWindow, customer: Customer): Told {
  const event = meterEventOf(window, customer.providerCustomerId ?? '')
  return {
    event,
    operation: operationFor(event, window),
    doing: `report the use of ${window.meter} by ${customer.name}`,
  }
}

/** What was sent of an hour, in words that name it for ever. */
function operationFor(event: MeterEvent, { customerId }: UsagePair): NewOperation {
  return {
    opKey: `meter-event/${event.identifier}`,
    fingerprint: fingerprintOf(event),
    provider: 'stripe',
    kind: 'meter-event',
    subject: customerId,
  }
}

async function settle(
  window: SendingWindow,
  opKey: string,
  made: Made,
  context: JobContext,
): Promise<Ending> {
  if (made.kind === 'ended' && made.ending.kind !== 'park') return made.ending
  const issues = made.kind === 'ended' && made.ending.kind === 'park' ? made.ending.issues : []
  await context.store.unitOfWork(async (unit) => {
    const now = context.clock.now()
    if (made.kind === 'made') return endReport(unit, window, now)
    const mayBeThere = (await operationOf(unit, opKey))?.state !== 'failed'
    await refuseReport(unit, window, { mayBeThere })
    await openEach(unit, issues.map(stopping(window)), now)
  })
  return done
}

function stopping(pair: UsagePair) {
  const subject = { queue: 'report-usage', subjectKind: 'work', subject: pairSubject(pair), caseId: null }
  return (issue: Issue) => ({ subject, issue })
}

/** Whether an event was sent and we do not know with what outcome. */
function isUnsettled(asked: Operation | null): asked is Operation & { readonly firstSentAt: Date } {
  return asked !== null && asked.firstSentAt !== null && ['unknown', 'in_flight'].includes(asked.state)
}

/** Reads the provider's sum of an hour and settles by it what became of an event whose answer never came. */
async function settleForgotten(
  window: SendingWindow,
  { event, operation, doing }: Told,
  context: JobContext,
  withoutMeter: 'refused' | 'nothing-counted' = 'refused',
): Promise<HourEnding> {
  const { store, clock, billing } = context
  const lease = { now: clock.now(), leaseUntil: new Date(clock.now().getTime() + leaseMilliseconds) }
  const begun = await store.unitOfWork((unit) => beginOperation(unit, operation, lease))
  if (begun.kind !== 'resume-unknown') {
    return { kind: 'snooze', until: lease.leaseUntil, why: `another runner is at ${operation.opKey}` }
  }
  const end = new Date(window.startsAt.getTime() + hourMilliseconds)
  const total = await billing.meterTotal(event.meter, event.customerId, window.startsAt, end)
  if (total.kind === 'ok')
    return settleBySum(window, { opKey: operation.opKey, fence: begun.fence }, total.value, context)
  // A meter is never removed: where none bears the name, there never was one that could have counted. Only who still wants to tell must know.
  if (withoutMeter === 'nothing-counted' && total.kind === 'rejected' && total.code === 'METER_REJECTED')
    return settleBySum(window, { opKey: operation.opKey, fence: begun.fence }, '0', context)
  const ending = endingOf(total, doing, operation.provider, clock.now())
  const detail = `could not look: ${total.kind}`
  await store.unitOfWork((unit) =>
    settleOperation(unit, operation.opKey, begun.fence, { kind: 'unknown', detail }, clock.now()),
  )
  return settle(window, operation.opKey, { kind: 'ended', ending }, context)
}

type Leased = { readonly opKey: string; readonly fence: number }

async function settleBySum(
  window: SendingWindow,
  { opKey, fence }: Leased,
  counted: string,
  { store, clock }: JobContext,
): Promise<HourEnding> {
  const reading = { quantity: counted, at: clock.now() }
  const verdict = judgeSum(toldQuantity(window), reading, earlierReading(window))
  const detail = `the provider counted ${counted} of ${toldQuantity(window)}`
  return store.unitOfWork(async (unit): Promise<HourEnding> => {
    switch (verdict.kind) {
      case 'complete':
        await settleOperation(unit, opKey, fence, { kind: 'succeeded', providerId: null, detail }, reading.at)
        await endReport(unit, window, reading.at)
        return done
      case 'moving':
        await settleOperation(unit, opKey, fence, { kind: 'unknown', detail }, reading.at)
        await noteReading(unit, window, verdict.since)
        return { kind: 'waits', until: verdict.until, why: `${detail}, which may still move` }
      case 'missing':
        await settleOperation(unit, opKey, fence, { kind: 'failed', detail }, reading.at)
        await tellAnew(unit, window, counted)
        return done
    }
  })
}

/** The longest identifier the provider takes. */
const longestIdentifier = 100

/** What an hour adds to what was sent of it before. */
function meterEventOf(window: SendingWindow, customerId: string): MeterEvent {
  const name = tellingName({ ...window, revision: window.sendingRevision })
  return {
    // Two long names that end alike must not count as one.
    identifier: name.length > longestIdentifier ? hashOf(name) : name,
    meter: window.meter,
    customerId,
    value: new Big(window.sendingValue).toFixed(),
    occurredAt: window.startsAt,
  }
}
