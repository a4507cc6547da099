import type { Answer } from '../ports/answer.ts'
import type { Performed } from '../ports/billing.ts'
import type { Begun, NewOperation, OperationOutcome } from '../store/operations.ts'
import { beginOperation, settleOperation } from '../store/operations.ts'
import { endingOf, snooze } from './ending.ts'
import type { Ending, JobContext } from './job.ts'

/** A call that changes something at a vendor: how to make it, and how to look whether it was made. */
export type Call = {
  readonly operation: NewOperation
  /** Completes the sentence "We could not …". */
  readonly doing: string
  readonly ask: () => Promise<Answer<Performed>>
  readonly look: () => Promise<Answer<Performed | null>>
}

/** What a call came to: the thing exists, or the work ends for now. */
export type Made =
  | { readonly kind: 'made'; readonly providerId: string; readonly drift: readonly string[] }
  | { readonly kind: 'ended'; readonly ending: Ending }

/** What making a call needs. */
export type CallContext = Pick<JobContext, 'store' | 'clock' | 'checkpoint'>

const leaseMilliseconds = 120_000

/**
 * Makes a call once for its key, whatever happens in between: the intent is written down before, the result after, and a call of
 * which we lost the answer is looked up before it is made again.
 */
export async function callOnce(call: Call, context: CallContext): Promise<Made> {
  const { store, clock, checkpoint } = context
  const now = clock.now()
  const lease = { now, leaseUntil: new Date(now.getTime() + leaseMilliseconds) }
  const begun = await store.unitOfWork((unit) => beginOperation(unit, call.operation, lease))
  if (begun.kind === 'start') {
    checkpoint('operation-in-flight')
    return settle(call, begun.fence, await call.ask(), context)
  }
  if (begun.kind === 'resume-unknown') return resume(call, begun.fence, context)
  return endedBefore(call, begun, now)
}

function endedBefore(call: Call, begun: Exclude<Begun, { fence: number }>, now: Date): Made {
  switch (begun.kind) {
    case 'done':
      return { kind: 'made', providerId: begun.providerId ?? '', drift: [] }
    case 'busy':
      return { kind: 'ended', ending: snooze(now, 1000, `another runner is at ${call.operation.opKey}`) }
    case 'fingerprint-differs':
      return { kind: 'ended', ending: parkStuck(call, 'it was asked for with other contents before') }
  }
}

/** The answer was lost: look first, and ask again only when the thing surely is not there. */
async function resume(call: Call, fence: number, context: CallContext): Promise<Made> {
  const looked = await call.look()
  if (looked.kind !== 'ok') return stillUnknown(call, fence, looked, context)
  if (looked.value !== null) return settle(call, fence, { kind: 'ok', value: looked.value }, context)
  const answer = await call.ask()
  if (answer.kind !== 'replayed-failure') return settle(call, fence, answer, context)
  await record(call, fence, { kind: 'unknown', detail: answer.detail }, context)
  return { kind: 'ended', ending: parkStuck(call, `the vendor keeps replaying a failure: ${answer.detail}`) }
}

/** We could not even look, so what we asked for may be there as before: the call stays unknown, whatever kept us from looking. */
async function stillUnknown(
  call: Call,
  fence: number,
  looked: Exclude<Answer<Performed | null>, { kind: 'ok' }>,
  context: CallContext,
): Promise<Made> {
  await record(call, fence, { kind: 'unknown', detail: `could not look: ${looked.kind}` }, context)
  return { kind: 'ended', ending: endingOf(looked, call.doing, call.operation.provider, context.clock.now()) }
}

async function settle(
  call: Call,
  fence: number,
  answer: Answer<Performed>,
  context: CallContext,
): Promise<Made> {
  if (answer.kind === 'conflict' || answer.kind === 'broken') return adopt(call, fence, answer, context)
  return settleWith(call, fence, answer, context)
}

async function settleWith(
  call: Call,
  fence: number,
  answer: Answer<Performed>,
  context: CallContext,
): Promise<Made> {
  context.checkpoint('operation-after-answer')
  await record(call, fence, outcomeOf(answer), context)
  context.checkpoint('operation-after-result')
  if (answer.kind === 'ok') return { kind: 'made', ...answer.value }
  return { kind: 'ended', ending: endingOf(answer, call.doing, call.operation.provider, context.clock.now()) }
}

/** Something is there under our key already, or we could not read the answer: when it is what we wanted, it is ours. */
async function adopt(
  call: Call,
  fence: number,
  doubtful: Extract<Answer<Performed>, { kind: 'conflict' | 'broken' }>,
  context: CallContext,
): Promise<Made> {
  const looked = await call.look()
  if (looked.kind === 'ok' && looked.value !== null) {
    return settleWith(call, fence, { kind: 'ok', value: looked.value }, context)
  }
  const refused =
    doubtful.kind === 'conflict' ? { ...doubtful, kind: 'rejected' as const, field: null } : doubtful
  return settleWith(call, fence, refused, context)
}

async function record(
  call: Call,
  fence: number,
  outcome: OperationOutcome,
  { store, clock }: CallContext,
): Promise<void> {
  await store.unitOfWork((unit) => settleOperation(unit, call.operation.opKey, fence, outcome, clock.now()))
}

/** How an answer is written down: what certainly did not happen may be asked again, what may have happened is looked up. */
export function outcomeOf(answer: Answer<Performed>): OperationOutcome {
  switch (answer.kind) {
    case 'ok':
      return { kind: 'succeeded', providerId: answer.value.providerId }
    case 'rejected':
    case 'conflict':
    case 'locked':
      return { kind: 'failed', detail: answer.detail }
    case 'auth':
    case 'transient':
      return { kind: 'not-sent', detail: answer.detail }
    case 'throttled':
      return { kind: 'not-sent', detail: 'throttled' }
    case 'unknown':
    case 'replayed-failure':
    case 'broken':
      return { kind: 'unknown', detail: answer.detail }
  }
}

function parkStuck(call: Call, why: string): Ending {
  const { opKey, provider } = call.operation
  return {
    kind: 'park',
    issues: [
      {
        code: 'PROVIDER_STUCK',
        field: opKey,
        found: why,
        sentence: `We could not ${call.doing}: ${why}. We do not know whether ${provider} has it.`,
        action: `Look at ${provider}; link what is there, or confirm that nothing is.`,
        owner: 'engineer',
        cause: `${provider} stuck: ${why.slice(0, 120)}`,
      },
    ],
  }
}
