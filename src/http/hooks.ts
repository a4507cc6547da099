import type { Clock } from '../ports/clock.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import type { Doorbell } from '../ports/doorbell.ts'
import type { Delivery, Hook } from '../ports/inbound.ts'
import type { NewWork } from '../store/enqueue.ts'
import { enqueue } from '../store/enqueue.ts'
import { openEach } from '../store/exceptions.ts'
import type { MessageEnd, Remembered } from '../store/inbox.ts'
import { disposeMessages, messageSubject, rememberDeliveries } from '../store/inbox.ts'
import { keepRefusals } from '../store/refused-usage.ts'
import type { Store, Unit } from '../store/unit-of-work.ts'
import type { UsageContext, UsageIntake } from './accept-usage.ts'
import { bodyLimits, readText } from './body.ts'
import { answerWithin, type Api } from './foundation.ts'
import { describeHooks } from './hooks-description.ts'
import { changedBody, refusedUse, unreadable, type Stored } from './hook-issues.ts'
import { joined } from './joined.ts'
import { ProblemError, refusedByHook } from './problem.ts'

/** What the hooks need: where to remember, and whom to wake. */
export type HookContext = UsageContext & {
  readonly store: Store
  readonly doorbell: Doorbell<Unit['tx']>
  readonly clock: Clock
  readonly checkpoint: Checkpoint
  readonly hooks: ReadonlyMap<string, Hook>
  /** The address the outside world calls us by; signatures cover it, so it is never taken from the request. */
  readonly settings: { readonly publicUrl: string }
  readonly report: (error: unknown) => void
}

/** Senders give up early, and repeat: an answer that says so is worth more than a late one. */
const longestWaitMilliseconds = 2_000

/** How many requests share a unit of work at most. */
const requestsAtOnce = 50

/**
 * The vendors' hooks. The door only remembers: verify, store, answer. Work starts from what is stored. What is malformed or unsigned is
 * refused and changes nothing; trouble of our own is 503, because some senders do not repeat after a 4xx.
 */
export function addHooks(app: Api, context: HookContext, intake: UsageIntake): void {
  describeHooks(app)
  const storeLists = async (lists: readonly (readonly Delivery[])[]) => {
    await storeAll(lists.flat(), context)
    return lists.map(() => undefined)
  }
  const store = joined(storeLists, { atOnce: requestsAtOnce })
  app.post('/v1/hooks/:name{.+}', answerWithin(longestWaitMilliseconds), async (c) => {
    const hook = hookNamed(c.req.param('name'), context)
    const inbound = await hook({
      method: c.req.method,
      url: `${context.settings.publicUrl}${c.req.path}${new URL(c.req.url).search}`,
      headers: c.req.raw.headers,
      rawBody: await readText(c.req.raw, bodyLimits.hook),
      receivedAt: context.clock.now(),
    })
    if (inbound.kind === 'refused') throw new ProblemError(refusedByHook(inbound))
    await remember(inbound.deliveries, store, context)
    if (inbound.deliveries.length > 0) context.checkpoint('inbox-after-commit')
    // What is wrong with use a hook brought opens an exception, and the sender has done its part.
    await remember(inbound.usage ?? [], intake, context)
    const { status, contentType, body } = inbound.reply
    return c.body(body, status as 200, { 'content-type': contentType })
  })
}

function hookNamed(name: string, { hooks }: HookContext): Hook {
  const hook = hooks.get(name)
  if (hook !== undefined) return hook
  const detail = `There is no hook named ${name.slice(0, 100)}.`
  throw new ProblemError({ status: 404, code: 'unknown-hook', detail })
}

/** Stores what a request brought; several requests at once share a unit of work. */
async function remember<Item>(
  items: readonly Item[],
  store: (items: readonly Item[]) => Promise<unknown>,
  context: HookContext,
): Promise<void> {
  if (items.length === 0) return
  try {
    await store(items)
  } catch (error) {
    context.report(error)
    throw notStored()
  }
}

/** Stores every delivery with the work it asks for, in one unit; a delivery seen before asks for nothing. */
async function storeAll(deliveries: readonly Delivery[], context: HookContext): Promise<void> {
  const receivedAt = context.clock.now()
  await context.store.unitOfWork(async (unit) => {
    const held = await rememberDeliveries(unit, deliveries, receivedAt)
    const stored = deliveries.map((delivery, index) => ({ delivery, ...(held[index] as Remembered) }))
    await keep(unit, stored, receivedAt, context)
    context.checkpoint('inbox-before-commit')
  })
}

async function keep(unit: Unit, stored: readonly Stored[], at: Date, context: HookContext): Promise<void> {
  const fresh = stored.filter(({ seen }) => !seen)
  await enqueue(unit, fresh.flatMap(workFor), context)
  await disposeMessages(unit, fresh.flatMap(endOf), at)
  const issues = [
    ...stored.filter(({ bodyChanged }) => bodyChanged).map(changedBody),
    ...fresh.filter(({ delivery }) => isUnreadable(delivery)).map(unreadable),
  ]
  await openEach(unit, issues, at)
  for (const { source, refusals } of refusedUse(fresh)) await keepRefusals(unit, source, refusals, at)
}

/** A CRM's message is a nudge to read the deal; a billing provider's is a fact to book. */
function workFor({ delivery: { provider, account, dealId }, seq }: Stored): NewWork[] {
  if (dealId !== undefined) return [{ queue: 'intake-deal', subject: `${provider}:${account}:${dealId}` }]
  return provider === 'stripe' ? [{ queue: 'book-fact', subject: messageSubject(seq) }] : []
}

/** A CRM's message of which we can make nothing. One about a contact or a ticket is no fault: portals send what they like. */
function isUnreadable({ provider, type, refusedUsage }: Delivery): boolean {
  return provider !== 'stripe' && type === 'malformed' && refusedUsage === undefined
}

/** A CRM's message has done its part once the deal is on the work list; one that cannot be read is kept for a person. */
function endOf({ delivery, seq }: Stored): MessageEnd[] {
  if (delivery.provider === 'stripe') return []
  const { refusedUsage } = delivery
  if (refusedUsage !== undefined) return [{ seq, disposition: 'exception', detail: refusedUsage.why }]
  if (isUnreadable(delivery)) return [{ seq, disposition: 'exception', detail: 'it cannot be read' }]
  const { dealId, type, ignoredBecause = `${type} is about no deal` } = delivery
  const detail = dealId === undefined ? ignoredBecause : `asked to read deal ${dealId}`
  return [{ seq, disposition: 'no-op', detail }]
}

function notStored(): ProblemError {
  return new ProblemError({
    status: 503,
    code: 'not-stored',
    detail: 'The message could not be stored. Send it again.',
    headers: { 'retry-after': '5' },
  })
}
