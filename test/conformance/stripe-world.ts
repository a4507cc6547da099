import { createStripeFake } from '../../connectors/stripe/fake.ts'
import { createStripeHook } from '../../connectors/stripe/inbound.ts'
import { createStripeBilling } from '../../connectors/stripe/stripe.ts'
import type { BillingPlan, PlanContext } from '../../src/domain/billing-plan.ts'
import { planBilling } from '../../src/domain/billing-plan.ts'
import type { ContractTerms, ContractVersion } from '../../src/domain/contract.ts'
import type { BillingFact } from '../../src/domain/fact.ts'
import type { Answer } from '../../src/ports/answer.ts'
import type { Page, Performed } from '../../src/ports/billing.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import type { Delivery } from '../../src/ports/inbound.ts'
import { seededRandom } from '../../src/ports/random.ts'
import type { Transport } from '../../src/ports/transport.ts'
import { sampleVersion } from '../domain/contract-samples.ts'

export type SentRequest = { readonly method: string; readonly path: string; readonly body: string }

const secret = 'whsec_world'

/** A twin of Stripe, our connector to it, and the door its webhooks come through. */
export function stripeWorld(startsAt: string) {
  const clock = virtualClock(new Date(`${startsAt}T00:00:00Z`))
  const deliveries: Delivery[] = []
  const requests: SentRequest[] = []
  const deliver = doorFor(clock, deliveries)
  const fake = createStripeFake({
    clock,
    random: seededRandom(7),
    webhooks: [{ url: 'https://hub.example/hooks/stripe', secrets: [secret] }],
    deliver,
  })
  const transport: Transport = async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    requests.push({ method: request.method, path: url.pathname, body: await request.clone().text() })
    return fake.app.fetch(request)
  }
  const billing = createStripeBilling({ secretKey: 'sk_test_world', clock, transport })

  /** Moves time on, in steps of what falls due, and lets the messages arrive. */
  async function advanceTo(date: string, time = '00:00:00'): Promise<void> {
    const until = new Date(`${date}T${time}Z`)
    for (let due = fake.nextDueAt(); due !== null && due <= until; due = fake.nextDueAt()) {
      clock.advanceTo(due)
      await fake.advanceTo(due)
      await fake.pump()
    }
    clock.advanceTo(until)
    await fake.advanceTo(until)
    await fake.pump()
  }

  /** The facts of all messages so far, once for each fact key. */
  async function facts(): Promise<BillingFact[]> {
    const byKey = new Map<string, BillingFact>()
    for (const delivery of deliveries) {
      for (const fact of good(await billing.readFacts(delivery))) byKey.set(fact.factKey, fact)
    }
    return [...byKey.values()]
  }

  /** Carries out a plan, step by step; throws when an answer is not good or differs from the plan. */
  async function performAll(plan: BillingPlan): Promise<Record<string, string>> {
    const ids: Record<string, string> = {}
    for (const step of plan.steps) ids[step.ref] = idWithoutDrift(await billing.perform(step, ids), step.ref)
    return ids
  }

  return { clock, fake, billing, transport, requests, deliveries, advanceTo, facts, performAll }
}

/** The hub's door: verifies what the twin sends and keeps it. */
function doorFor(clock: Clock, deliveries: Delivery[]): Transport {
  const hook = createStripeHook({ secrets: [secret], livemode: false, account: 'acct_1' })
  return async (input, init) => {
    const request = new Request(input, init)
    const inbound = await hook({
      method: request.method,
      url: request.url,
      headers: request.headers,
      rawBody: await request.text(),
      receivedAt: clock.now(),
    })
    if (inbound.kind === 'refused') return new Response(inbound.detail, { status: inbound.status })
    deliveries.push(...inbound.deliveries)
    return new Response(inbound.reply.body)
  }
}

export type StripeWorld = ReturnType<typeof stripeWorld>

/** The value of a good answer; throws the answer otherwise. */
export function good<T>(answer: Answer<T>): T {
  if (answer.kind === 'ok') return answer.value
  throw new Error(`Not a good answer: ${JSON.stringify(answer)}`)
}

/** The provider id of something that is exactly as asked for. */
export function idWithoutDrift(answer: Answer<Performed | null>, name: string): string {
  const value = good(answer)
  if (value === null) throw new Error(`${name} was not found`)
  if (value.drift.length > 0) throw new Error(`${name} differs in ${value.drift.join(', ')}`)
  return value.providerId
}

/** Every item of a listing. */
export async function everything<T>(list: (cursor: string | null) => Promise<Answer<Page<T>>>): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = good(await list(cursor))
    items.push(...page.items)
    cursor = page.cursor
  } while (cursor !== null)
  return items
}

/** The plan of a first version; throws when the terms cannot be billed. */
export function planOf(
  terms: ContractTerms,
  context: Partial<PlanContext> & Pick<PlanContext, 'asOf'>,
  change: Partial<ContractVersion> = {},
): BillingPlan {
  const version = { ...sampleVersion(terms), ...change }
  const plan = planBilling(version, { zone: 'UTC', crm: 'salesforce', org: '00D1', ...context })
  if (!plan.ok) throw new Error(plan.error.map(({ sentence }) => sentence).join('\n'))
  return plan.value
}
