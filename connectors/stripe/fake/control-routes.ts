import { Hono } from 'hono'
import * as z from 'zod'
import type { FaultScript } from '../../fault-script.ts'
import type { Controls } from './controls.ts'
import { StripeRefusal } from './refusal.ts'
import type { World } from './world.ts'

const instant = z.iso.datetime().transform((text) => new Date(text))
const minorUnits = z.union([z.string().regex(/^\d+$/), z.int()]).transform(BigInt)
const via = z.enum(['bank_transfer', 'card', 'out_of_band'])
const choice = {
  chargeId: z.string().optional(),
  invoiceId: z.string().optional(),
  amountMinor: minorUnits.optional(),
}

const fault = z.strictObject({
  kind: z.enum([
    'cut-before',
    'cut-after',
    'throttle',
    'server-error',
    'stored-500',
    'malformed-body',
    'html-body',
    'expired-session',
  ]),
  path: z.string(),
  method: z.string().optional(),
  times: z.int().optional(),
  skip: z.int().optional(),
})

const quirks = z.strictObject({
  doubledEventShare: z.number().optional(),
  duplicateDeliveryShare: z.number().optional(),
  shuffleDeliveries: z.boolean().optional(),
  searchLagSeconds: z.int().optional(),
  meterLagSeconds: z.int().optional(),
  taxIdCheckSeconds: z.int().optional(),
  thinTwins: z.boolean().optional(),
  eventVersion: z.string().optional(),
  retryableThrottle: z.boolean().optional(),
  storedFailureTakesEffect: z.boolean().optional(),
  meterTimeCheckedLater: z.boolean().optional(),
  linePerTier: z.boolean().optional(),
  taxSystemFails: z.boolean().optional(),
})

/** Without the fields that were not sent, which the controls' own types do not allow to be undefined. */
function sent<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(entries) as { [Key in keyof T]: Exclude<T[Key], undefined> }
}

/** The controls as JSON routes, for driving the twin from another process. */
export function controlRoutes(world: World, controls: Controls, faults: FaultScript): Hono {
  const app = new Hono()
  const act = <T extends z.ZodType>(path: string, shape: T, run: (input: z.output<T>) => unknown) =>
    app.post(path, async (c) => {
      const parsed = shape.safeParse(await c.req.json().catch(() => ({})))
      if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400)
      try {
        return c.json({ result: (await run(parsed.data)) ?? null })
      } catch (thrown) {
        if (thrown instanceof StripeRefusal) return c.json(thrown.body(), 400)
        throw thrown
      }
    })
  act('/advance', z.strictObject({ to: instant }), ({ to }) => {
    world.advance(to.getTime())
    return new Date(world.milliseconds()).toISOString()
  })
  act('/pump', z.strictObject({}), () => {
    world.catchUp()
    return world.outbox.pump()
  })
  act('/pay-invoice', z.strictObject({ ...choice, invoiceId: z.string(), via }), (input) =>
    controls.payInvoice(input.invoiceId, sent({ via: input.via, amountMinor: input.amountMinor })),
  )
  act('/pay-due-invoices', z.strictObject({ asOf: instant, via: via.optional() }), (input) =>
    controls.payDueInvoices(input.asOf, { via: input.via ?? 'bank_transfer' }),
  )
  act('/refund', z.strictObject({ ...choice, fails: z.boolean().optional() }), (input) =>
    controls.refund(sent(input)),
  )
  act('/open-dispute', z.strictObject(choice), (input) => controls.openDispute(sent(input)))
  act(
    '/close-dispute',
    z.strictObject({ disputeId: z.string(), outcome: z.enum(['won', 'lost']) }),
    (input) => controls.closeDispute(input.disputeId, input.outcome),
  )
  act(
    '/edit-in-dashboard',
    z.strictObject({ subscriptionId: z.string(), change: z.record(z.string(), z.unknown()) }),
    (input) => controls.editInDashboard(input.subscriptionId, input.change),
  )
  act('/quirks', quirks, (input) => controls.setQuirks(sent(input)))
  act('/faults', z.array(fault), (planned) => faults.add(...planned.map((one) => sent(one))))
  webhookRoutes(act, controls)
  readRoutes(app, world, controls)
  return app
}

type Act = <T extends z.ZodType>(path: string, shape: T, run: (input: z.output<T>) => unknown) => unknown

function webhookRoutes(act: Act, controls: Controls): void {
  act(
    '/webhooks',
    z.strictObject({
      url: z.url(),
      secrets: z.array(z.string().min(1)).min(1),
      enabledEvents: z.array(z.string()).optional(),
    }),
    (input) => controls.addWebhook(sent(input)),
  )
  act('/webhook-enabled', z.strictObject({ endpointId: z.string(), enabled: z.boolean() }), (input) =>
    controls.setWebhookEnabled(input.endpointId, input.enabled),
  )
  act(
    '/webhook-secrets',
    z.strictObject({ endpointId: z.string(), secrets: z.array(z.string().min(1)).min(1) }),
    (input) => controls.setWebhookSecrets(input.endpointId, input.secrets),
  )
}

function readRoutes(app: Hono, world: World, controls: Controls): void {
  app.get('/truth', (c) => c.json(controls.truth()))
  app.get('/journal', (c) =>
    c.json({
      facts: controls.journal().map((fact) => ({
        ...fact,
        amountMinor: fact.amountMinor.toString(),
        taxMinor: fact.taxMinor.toString(),
      })),
    }),
  )
  app.get('/next-due-at', (c) => {
    const next = world.nextDueAt()
    return c.json({ nextDueAt: next === null ? null : new Date(next).toISOString() })
  })
}
