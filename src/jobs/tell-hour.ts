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
import { endReport, noteReading, refuseReport, tellAnew } from '../store/usage-telling.ts'
import { endingOf } from './ending.ts'
import type { Ending, JobContext } from './job.ts'
import { done } from './job.ts'
import { callOnce, type Made } from './operation.ts'

const hourMilliseconds = 3_600_000
const leaseMilliseconds = 120_000

/**
 * Tells the provider's meter of one hour, once. While the provider knows an identifier, a lost answer is asked for again with the same words;
 * after that only its own sum tells what is there, and exactly what is missing is sent under a new identifier. A refused hour is left
 * to a person.
 */
export async function tellHour(
  window: SendingWindow,
  customer: Customer,
  context: JobContext,
): Promise<HourEnding> {
  const event = meterEventOf(window, customer.providerCustomerId ?? '')
  const operation = operationFor(event, window)
  const asked = await operationOf(context.store.read, operation.opKey)
  const doing = `report the use of ${window.meter} by ${customer.name}`
  if (mayBeForgotten(asked, context.clock.now())) {
    const found = await settleForgotten(window, event, { operation, doing }, context)
    return found.kind === 'missing' ? tellHour(found.window, customer, context) : found
  }
  const sent = { providerId: event.identifier, drift: [] }
  const send = async () => mapAnswer(await context.billing.sendMeterEvent(event), () => sent)
  // As long as the provider remembers the identifier, a second sending is harmless and so the way to look.
  const made = await callOnce({ operation, doing, ask: send, look: send }, context)
  return settle(window, operation.opKey, made, context)
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

/** Whether an event was sent, we do not know with what outcome, and sending it again could count it twice. */
function mayBeForgotten(asked: Operation | null, now: Date): boolean {
  if (asked === null || asked.firstSentAt === null) return false
  return (asked.state === 'unknown' || asked.state === 'in_flight') && isForgotten(asked.firstSentAt, now)
}

/** How telling an hour ends: as other work does, or waiting for the provider's sum of this hour alone. */
export type HourEnding =
  | Ending
  | { readonly kind: 'waits-for-sum'; readonly until: Date; readonly why: string }

type Forgotten = HourEnding | { readonly kind: 'missing'; readonly window: SendingWindow }
type Told = { readonly operation: NewOperation; readonly doing: string }

/** Reads the provider's sum of an hour and settles by it what became of an event whose answer never came. */
async function settleForgotten(
  window: SendingWindow,
  event: MeterEvent,
  { operation, doing }: Told,
  context: JobContext,
): Promise<Forgotten> {
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
): Promise<Forgotten> {
  const reading = { quantity: counted, at: clock.now() }
  const verdict = judgeSum(window.sendingQuantity, reading, earlierReading(window))
  const detail = `the provider counted ${counted} of ${window.sendingQuantity}`
  return store.unitOfWork(async (unit): Promise<Forgotten> => {
    switch (verdict.kind) {
      case 'complete':
        await settleOperation(unit, opKey, fence, { kind: 'succeeded', providerId: null, detail }, reading.at)
        await endReport(unit, window, reading.at)
        return done
      case 'moving':
        await settleOperation(unit, opKey, fence, { kind: 'unknown', detail }, reading.at)
        await noteReading(unit, window, verdict.since)
        return { kind: 'waits-for-sum', until: verdict.until, why: `${detail}, which may still move` }
      case 'missing':
        await settleOperation(unit, opKey, fence, { kind: 'failed', detail }, reading.at)
        return { kind: 'missing', window: await tellAnew(unit, window, verdict.quantity) }
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
