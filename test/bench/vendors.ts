import { performance } from 'node:perf_hooks'
import type { Hono } from 'hono'
import { createStripeFake, liveLimits } from '../../connectors/stripe/fake.ts'
import type { StripeFake } from '../../connectors/stripe/fake.ts'
import type { Fakes } from '../../src/cli/demo/fakes.ts'
import { createFakes, demoSecrets } from '../../src/cli/demo/fakes.ts'
import { freePort } from '../../src/cli/demo/serve.ts'
import { graniteFee } from '../../src/cli/demo/story-deals.ts'
import { hostFakes } from '../../src/cli/host-fakes.ts'
import { movingClock } from '../../src/cli/moving-clock.ts'
import { readBooks } from '../../src/cli/setting-files.ts'
import type { Variables } from '../../src/cli/settings.ts'
import { dateIn } from '../../src/domain/calendar.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { systemTransport } from '../../src/ports/transport.ts'

/** Vendors that are put under load, and see when each deal gets its subscription. */
export type VendorLoad = {
  /** What a hub's environment must say to be connected to them. */
  readonly variables: Variables
  /** Enters open deals, each with an account of its own; answers their ids. */
  enter(count: number): string[]
  /** Closes a deal as won and lets the Flow call the hub. */
  closeDeal(dealId: string): void
  /** Waits until all of these deals have a subscription, or too long; answers when each got it. */
  subscribed(dealIds: readonly string[], patienceMilliseconds: number): Promise<Map<string, number>>
  close(): Promise<void>
}

/** Hosts the fakes with Stripe's limits for a live account: 100 requests a second, 25 of one kind. */
export async function hostVendors(): Promise<VendorLoad> {
  const clock = movingClock(systemClock)
  const port = await freePort()
  const hubUrl = `http://127.0.0.1:${port}`
  const books = await readBooks('mappings')
  const watched = watchStripe(
    createStripeFake({
      clock,
      random: seededRandom(3),
      deliver: systemTransport,
      livemode: true,
      limits: liveLimits,
      webhooks: [{ url: `${hubUrl}/v1/hooks/stripe`, secrets: [demoSecrets.stripeWebhook] }],
    }),
  )
  const fakes: Fakes = { ...createFakes(clock, hubUrl, books), stripe: watched.stripe }
  const hosted = await hostFakes({ clock, hubUrl, books, port: 0, fakes })
  const startsOn = dateIn(books.entities[0]?.timeZone ?? 'UTC', clock.now())
  const accountOf = new Map<string, string>()
  return {
    variables: {
      ...hosted.variables,
      STRIPE_SECRET_KEY: 'sk_live_tieout_bench',
      TIEOUT_PORT: String(port),
    },
    enter: (count) =>
      Array.from({ length: count }, () => {
        const account = `Load account ${accountOf.size + 1}`
        const dealId = fakes.salesforce.addDeal({
          ...graniteFee,
          Name: `${account}: platform`,
          CloseDate: startsOn,
          account: { ...graniteFee.account, Name: account },
        })
        accountOf.set(dealId, account)
        return dealId
      }),
    closeDeal: (dealId) => {
      fakes.salesforce.closeDeal(dealId)
      void fakes.salesforce.pump()
    },
    subscribed: async (dealIds, patienceMilliseconds) => {
      const accounts = dealIds.map((dealId) => accountOf.get(dealId) ?? '')
      const began = performance.now()
      while (!accounts.every((account) => watched.subscribedAt.has(account))) {
        if (performance.now() - began > patienceMilliseconds) break
        await systemClock.sleep(20)
      }
      return new Map(
        dealIds.flatMap((dealId, index) => {
          const at = watched.subscribedAt.get(accounts[index] ?? '')
          return at === undefined ? [] : [[dealId, at]]
        }),
      )
    },
    close: hosted.close,
  }
}

type Made = { readonly id: string; readonly name?: string; readonly customer?: string }

/** A Stripe that notes when the subscription of each customer, or the schedule that makes it, was made; by the customer's name. */
function watchStripe(stripe: StripeFake): {
  readonly stripe: StripeFake
  readonly subscribedAt: ReadonlyMap<string, number>
} {
  const nameOf = new Map<string, string>()
  const subscribedAt = new Map<string, number>()
  const note = (path: string, { id, name, customer }: Made) => {
    if (path === '/v1/customers') nameOf.set(id, name ?? '')
    else subscribedAt.set(nameOf.get(customer ?? '') ?? '', performance.now())
  }
  const fetch: Hono['fetch'] = async (request, ...rest) => {
    const response = await stripe.app.fetch(request, ...rest)
    const { pathname } = new URL(request.url)
    const isNoted =
      request.method === 'POST' && /^\/v1\/(customers|subscriptions|subscription_schedules)$/.test(pathname)
    if (isNoted && response.ok) note(pathname, (await response.clone().json()) as Made)
    return response
  }
  // Whoever serves a fake asks nothing of its app but `fetch`.
  return { stripe: { ...stripe, app: { fetch } as Hono }, subscribedAt }
}
