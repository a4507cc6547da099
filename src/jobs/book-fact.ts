import type { BillingFact } from '../domain/fact.ts'
import type { Issue } from '../domain/issue.ts'
import type { Answer } from '../ports/answer.ts'
import type { BillingNotice } from '../ports/billing.ts'
import type { IssueSubject } from '../store/exceptions.ts'
import { openEach, openIssues, resolveDone } from '../store/exceptions.ts'
import type { Message, MessageEnd } from '../store/inbox.ts'
import { disposeMessages, loadMessages } from '../store/inbox.ts'
import type { Unit } from '../store/unit-of-work.ts'
import type { WorkItem } from '../store/work.ts'
import { finish } from '../store/work.ts'
import type { Booked } from './book-facts.ts'
import { bookFacts } from './book-facts.ts'
import { endingOf, snooze } from './ending.ts'
import { followNotices, wordsOf } from './follow-notices.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { done } from './job.ts'
import { endItem } from './settle-item.ts'

/** How long a fact may wait for the one it stands on. */
const patienceMilliseconds = 24 * 3_600_000

/**
 * Stage 5: turns stored messages of the billing provider into ledger transactions, and follows what they tell besides money. The subject is
 * `inbox:<number>`.
 */
export const bookFact: Job = {
  queue: 'book-fact',
  batchSize: 100,
  concurrency: 2,
  async run(items, context) {
    const messages = new Map(
      (await loadMessages(context.store.read, items.map(seqOf))).map((message) => [message.seq, message]),
    )
    const read = await Promise.all(
      items.map(async (item): Promise<ReadMessage> => {
        const message = messages.get(seqOf(item))
        if (!message) throw new Error(`Message ${item.subject} is not in the inbox`)
        if (isForeign(message, context)) return { item, message, answer: null, notices: [] }
        const answer = await context.billing.readFacts(message)
        const told = context.billing.readNotices(message)
        return { item, message, answer, notices: told.kind === 'ok' ? told.value : [] }
      }),
    )
    await context.store.unitOfWork(async (unit) => {
      const facts = read.flatMap(({ answer }) => (answer?.kind === 'ok' ? answer.value : []))
      const booked = await bookFacts(unit, facts, context)
      await followNotices(
        unit,
        read.flatMap(({ notices }) => notices),
        context,
      )
      await dispose(unit, read, booked, context)
    })
    context.checkpoint('fact-after-append')
  },
}

type ReadMessage = {
  readonly item: WorkItem
  readonly message: Message
  /** Null for a message of an account that is not ours: it is not even read. */
  readonly answer: Answer<readonly BillingFact[]> | null
  readonly notices: readonly BillingNotice[]
}

/** The account a door without STRIPE_ACCOUNT writes down; a door in a Worker has settings of its own, so the hub may know more. */
const unnamedAccount = 'default'

function isForeign({ account }: Message, { billingAccount }: JobContext): boolean {
  return account !== billingAccount && account !== unnamedAccount
}

function seqOf({ subject }: WorkItem): number {
  return Number(subject.slice(subject.indexOf(':') + 1))
}

async function dispose(
  unit: Unit,
  read: readonly ReadMessage[],
  booked: ReadonlyMap<string, Booked>,
  context: JobContext,
): Promise<void> {
  const now = context.clock.now()
  const ends: MessageEnd[] = []
  const finished: WorkItem[] = []
  const untroubled: string[] = []
  for (const told of read) {
    const { item, message } = told
    const { ending, end, issues } = endOf(told, booked, now)
    if (end !== null) ends.push({ seq: message.seq, ...end })
    if (issues.length > 0) {
      const subject = { queue: 'book-fact', subjectKind: 'message', subject: item.subject, caseId: null }
      await openIssues(unit, subject, issues, now)
    }
    if (ending.kind !== 'done') await endItem(unit, item, ending, context)
    else {
      finished.push(item)
      if (issues.length === 0) untroubled.push(item.subject)
    }
  }
  const foreign = read.filter(({ answer }) => answer === null)
  await openEach(
    unit,
    foreign.map(({ message }) => connectedAccount(message)),
    now,
  )
  await resolveDone(unit, 'book-fact', untroubled, now)
  await finish(unit, finished)
  await disposeMessages(unit, ends, now)
}

type End = {
  readonly ending: Ending
  readonly end: Omit<MessageEnd, 'seq'> | null
  readonly issues: readonly Issue[]
}

/** How a message ends: posted, without consequence, as an exception, or not yet. */
function endOf(
  { message, answer, notices }: ReadMessage,
  booked: ReadonlyMap<string, Booked>,
  now: Date,
): End {
  if (answer === null) return endOfForeign(message)
  if (answer.kind !== 'ok') return endOfRefusal(message, answer, now)
  const outcomes = answer.value.map(({ factKey }) => ({ factKey, booked: booked.get(factKey) }))
  const waiting = outcomes.flatMap(({ booked: outcome }) =>
    outcome?.kind === 'waits' ? [outcome.forFact] : [],
  )
  if (waiting[0] !== undefined) return endOfWaiting(message, waiting[0], now)
  const foreign = outcomes.flatMap(({ booked: outcome }) =>
    outcome?.kind === 'not-ours' ? [outcome.why] : [],
  )
  if (foreign[0] !== undefined) {
    const issue = ruleMissing(message, foreign[0])
    return { ending: done, end: { disposition: 'exception', detail: issue.sentence }, issues: [issue] }
  }
  const posted = outcomes.filter(
    ({ booked: outcome }) => outcome?.kind === 'booked' || outcome?.kind === 'known',
  )
  const nothing = notices.map(wordsOf).join(' ') || `nothing to book in ${message.type}`
  const end =
    posted.length > 0
      ? { disposition: 'posted' as const, detail: posted.map(({ factKey }) => factKey).join(' ') }
      : { disposition: 'no-op' as const, detail: outcomes.length === 0 ? nothing : 'the amounts are zero' }
  return { ending: done, end, issues: [] }
}

/** A connected account has books of its own. What it tells is kept, and nothing of it comes near ours. */
function endOfForeign({ account }: Message): End {
  const detail = `it comes from the connected account ${account}, which these books do not keep`
  return { ending: done, end: { disposition: 'exception', detail }, issues: [] }
}

/** A person learns of a connected account once, however much it tells. */
function connectedAccount({ account }: Message): { subject: IssueSubject; issue: Issue } {
  const issue: Issue = {
    code: 'POSTING_RULE_MISSING',
    field: 'account',
    found: account,
    sentence: `Stripe sends messages of the connected account ${account}, which these books do not keep. None of them was booked.`,
    action:
      'Take connected accounts off the webhook endpoint at Stripe, or give the account a hub of its own.',
    owner: 'engineer',
    cause: `connected account ${account}`,
  }
  const subject = { queue: 'book-fact', subjectKind: 'account', subject: account, caseId: null }
  return { subject, issue }
}

function endOfRefusal(message: Message, answer: Exclude<Answer<unknown>, { kind: 'ok' }>, now: Date): End {
  if (answer.kind === 'rejected' && answer.code === 'resource_missing')
    return endOfMissing(message, answer.detail, now)
  const ending = endingOf(answer, `read Stripe's message ${message.deliveryId}`, 'Stripe', now)
  if (ending.kind !== 'park') return { ending, end: null, issues: [] }
  return {
    ending: done,
    end: { disposition: 'exception', detail: ending.issues[0]?.sentence ?? null },
    issues: ending.issues,
  }
}

/** A message can be ahead of the object it tells of; what is still not there after a day is not of this account, or was deleted. */
function endOfMissing(message: Message, detail: string, now: Date): End {
  if (now.getTime() - message.receivedAt.getTime() < patienceMilliseconds)
    return { ending: snooze(now, 3_600_000, detail), end: null, issues: [] }
  const issue: Issue = {
    code: 'OBJECT_NOT_FOUND',
    field: message.type,
    found: message.deliveryId,
    sentence: `Stripe's message ${message.deliveryId} (${message.type}) tells of something Stripe has not known for a day: ${detail}.`,
    action: 'Check which account and mode the message came from, then replay.',
    owner: 'engineer',
    cause: `${message.type} of an object that does not exist`,
  }
  return { ending: done, end: { disposition: 'exception', detail: issue.sentence }, issues: [issue] }
}

/** Messages come in any order, so a fact waits for its parent; after a day that parent will not come by itself. */
function endOfWaiting(message: Message, forFact: string, now: Date): End {
  if (now.getTime() - message.receivedAt.getTime() < patienceMilliseconds) {
    return { ending: snooze(now, 300_000, `waits for ${forFact}`), end: null, issues: [] }
  }
  const issue: Issue = {
    code: 'OBJECT_NOT_FOUND',
    field: message.type,
    found: message.deliveryId,
    sentence: `Stripe's message ${message.deliveryId} (${message.type}) has waited a day for ${forFact}, which never came.`,
    action: 'Look for the object at Stripe, then replay.',
    owner: 'finance',
    cause: `${message.type} without its parent`,
  }
  return { ending: { kind: 'park', issues: [issue] }, end: null, issues: [] }
}

function ruleMissing(message: Message, why: string): Issue {
  return {
    code: 'POSTING_RULE_MISSING',
    field: message.type,
    found: message.deliveryId,
    sentence: `Stripe's message ${message.deliveryId} (${message.type}) was not booked: ${why}.`,
    action: 'Tie it to a contract, or say that it does not belong to these books.',
    owner: 'finance',
    cause: 'billing outside the hub',
  }
}
