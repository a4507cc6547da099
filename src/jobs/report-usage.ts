import { Big } from 'big.js'
import type { MeterEvent } from '../ports/billing.ts'
import { mapAnswer } from '../ports/answer.ts'
import { loadCustomers } from '../store/customers.ts'
import type { StoredWindow } from '../store/usage-windows.ts'
import { hasOpenHours, markReported, windowsToReport } from '../store/usage-windows.ts'
import { fingerprintOf } from '../store/fingerprint.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { callOnce } from './operation.ts'
import { done } from './job.ts'
import { endItem } from './settle-item.ts'

const windowMilliseconds = 3_600_000
const windowsAtOnce = 500

/**
 * Stage 4: sends the use of each ended hour to the provider's meter, one aggregate for a customer, meter, hour and revision. A
 * revised hour sends the difference. There is one item, `all`, which comes back while an hour has not ended.
 */
export const reportUsage: Job = {
  queue: 'report-usage',
  batchSize: 1,
  concurrency: 1,
  async run([item], context) {
    if (!item) return
    const ending = await report(context)
    await context.store.unitOfWork((unit) => endItem(unit, item, ending, context))
  },
}

async function report(context: JobContext): Promise<Ending> {
  const { store, clock } = context
  for (;;) {
    const windows = await windowsToReport(store.read, { endedBefore: clock.now(), limit: windowsAtOnce })
    if (windows.length === 0) return (await hasOpenHours(store.read)) ? nextHour(clock.now()) : done
    const ending = await reportWindows(windows, context)
    if (ending !== null) return ending
  }
}

function nextHour(now: Date): Ending {
  const until = new Date((Math.floor(now.getTime() / windowMilliseconds) + 1) * windowMilliseconds)
  return { kind: 'snooze', until, why: 'waits for the hour to end' }
}

/** Reports windows of customers who are billed; those of others wait. Answers an ending when it must stop. */
async function reportWindows(windows: readonly StoredWindow[], context: JobContext): Promise<Ending | null> {
  const customers = await loadCustomers(context.store.read, [
    ...new Set(windows.map(({ customerId }) => customerId)),
  ])
  const providerIds = new Map(
    customers.map(({ customerId, providerCustomerId }) => [customerId, providerCustomerId]),
  )
  const billed = windows.filter(({ customerId }) => providerIds.get(customerId))
  if (billed.length === 0) return nextHour(context.clock.now())
  for (const window of billed) {
    const ending = await reportOne(window, providerIds.get(window.customerId) ?? '', context)
    if (ending !== null) return ending
  }
  return null
}

async function reportOne(
  window: StoredWindow,
  customerId: string,
  context: JobContext,
): Promise<Ending | null> {
  const event = meterEventOf(window, customerId)
  const send = async () =>
    mapAnswer(await context.billing.sendMeterEvent(event), () => ({
      providerId: event.identifier,
      drift: [],
    }))
  const made = await callOnce(
    {
      operation: {
        opKey: `meter-event/${event.identifier}`,
        fingerprint: fingerprintOf(event),
        provider: 'stripe',
        kind: 'meter-event',
        subject: window.customerId,
      },
      doing: `report the use of ${window.meter}`,
      ask: send,
      // The identifier makes a second sending harmless, so sending is the way to look.
      look: send,
    },
    context,
  )
  if (made.kind === 'ended') return made.ending
  await context.store.unitOfWork((unit) => markReported(unit, [window], context.clock.now()))
  return null
}

/** What an hour adds to what was sent of it before. */
function meterEventOf(window: StoredWindow, customerId: string): MeterEvent {
  const { meter, startsAt, revision, quantity, reportedQuantity } = window
  const hour = startsAt.toISOString().slice(0, 13)
  return {
    identifier: `${window.customerId}/${meter}/${hour}/${revision}`.slice(-100),
    meter,
    customerId,
    value: new Big(quantity).minus(reportedQuantity).toFixed(),
    occurredAt: startsAt,
  }
}
