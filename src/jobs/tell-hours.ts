import type { Answer } from '../ports/answer.ts'
import { mapAnswer } from '../ports/answer.ts'
import type { Customer } from '../store/customers.ts'
import { beginOperation, settleOperation } from '../store/operations.ts'
import type { SendingWindow } from '../store/usage-due.ts'
import { endReport } from '../store/usage-telling.ts'
import type { JobContext } from './job.ts'
import { outcomeOf } from './operation.ts'
import { wordsOf, type Told } from './tell-hour.ts'

const leaseMilliseconds = 120_000

/** An hour whose telling has begun for the first time. */
type BegunHour = Told & { readonly window: SendingWindow; readonly fence: number }

/**
 * Tells hours of one customer and meter in one request, at most 100. What was begun before, and what the provider does not take this way, is left
 * to be told one by one under the same identifiers. Answers the hours that are left.
 */
export async function tellHours(
  windows: readonly SendingWindow[],
  customer: Customer,
  context: JobContext,
): Promise<SendingWindow[]> {
  const begun = await beginHours(windows, customer, context)
  if (begun.length === 0) return [...windows]
  context.checkpoint('operation-in-flight')
  const answer = await context.billing.sendMeterEvents(begun.map(({ event }) => event))
  context.checkpoint('operation-after-answer')
  await settleHours(begun, answer, context)
  const told = new Set(answer.kind === 'ok' ? begun.map(({ window }) => window) : [])
  return windows.filter((window) => !told.has(window))
}

async function beginHours(
  windows: readonly SendingWindow[],
  customer: Customer,
  { store, clock }: JobContext,
): Promise<BegunHour[]> {
  const now = clock.now()
  const lease = { now, leaseUntil: new Date(now.getTime() + leaseMilliseconds) }
  return store.unitOfWork(async (unit) => {
    const hours: BegunHour[] = []
    for (const window of windows) {
      const told = wordsOf(window, customer)
      const begun = await beginOperation(unit, told.operation, lease)
      if (begun.kind === 'start') hours.push({ ...told, window, fence: begun.fence })
      if (begun.kind === 'resume-unknown') await giveBack(begun.fence, told.operation.opKey)
    }
    return hours

    /** What may be at the provider already is looked up one by one. */
    function giveBack(fence: number, opKey: string): Promise<void> {
      return settleOperation(unit, opKey, fence, { kind: 'unknown', detail: 'looked up by itself' }, now)
    }
  })
}

async function settleHours(
  begun: readonly BegunHour[],
  answer: Answer<{ sent: true }>,
  { store, clock }: JobContext,
): Promise<void> {
  const now = clock.now()
  await store.unitOfWork(async (unit) => {
    for (const { operation, event, window, fence } of begun) {
      const made = mapAnswer(answer, () => ({ providerId: event.identifier, drift: [] }))
      await settleOperation(unit, operation.opKey, fence, outcomeOf(made), now)
      if (answer.kind === 'ok') await endReport(unit, window, now)
    }
  })
}
