import type { Context } from 'hono'
import { Hono } from 'hono'
import * as z from 'zod'
import { WholeNumber } from '../../../src/domain/codec.ts'
import { parseBooks } from '../../../src/domain/books.ts'
import type { NetSuiteFake } from '../fake.ts'

const Month = z.string().regex(/^\d{4}-\d{2}$/)
const ExternalId = z.object({ externalId: z.string() })

const Faults = z.array(
  z.object({
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
    method: z.string().exactOptional(),
    times: z.int().exactOptional(),
    skip: z.int().exactOptional(),
  }),
)

const Edit = z.object({
  externalId: z.string(),
  tranDate: z.string().exactOptional(),
  memo: z.string().exactOptional(),
  lines: z
    .array(
      z.object({
        line: z.int(),
        account: z.string().exactOptional(),
        memo: z.string().exactOptional(),
        amountMinor: WholeNumber.exactOptional(),
      }),
    )
    .exactOptional(),
})

const DemoAccount = z.object({
  settings: z.unknown(),
  months: z.object({ first: Month, last: Month }).exactOptional(),
})

/** The controls below `/__fake`, for driving the twin from another process: each takes and answers JSON. */
export function fakeControls(fake: () => NetSuiteFake): Hono {
  const app = new Hono()
  app.onError((error, c) => c.json({ error: error.message }, 400))
  app.get('/truth', (c) => c.json(fake().truth()))
  app.get('/sign-in', (c) => c.json(fake().signIn()))
  app.get('/load', (c) =>
    c.json({ peakConcurrency: fake().peakConcurrency(), tokensIssued: fake().tokensIssued() }),
  )
  app.get('/next-due', (c) => c.json({ at: fake().nextDueAt() }))
  app.get('/faults', (c) => c.json({ remaining: fake().faults.remaining() }))
  app.post('/faults', async (c) => done(c, Faults, (faults) => fake().faults.add(...faults)))
  app.post('/advance', async (c) => {
    const { to } = z.object({ to: z.iso.datetime() }).parse(await c.req.json())
    await fake().advanceTo(new Date(to))
    return c.json({ ok: true })
  })
  app.post('/pump', async (c) => c.json({ delivered: await fake().pump() }))
  app.post('/demo-account', async (c) => {
    const { settings, months } = DemoAccount.parse(await c.req.json())
    const books = parseBooks(settings, 'settings')
    return books.ok ? c.json(fake().demoAccount(books.value, months)) : c.json({ faults: books.error }, 400)
  })
  addPeople(app, fake)
  return app
}

function addPeople(app: Hono, fake: () => NetSuiteFake): void {
  const Lock = z.object({ month: Month, lock: z.enum(['closed', 'all-locked', 'ar-locked']) })
  app.post('/periods/lock', (c) => done(c, Lock, ({ month, lock }) => fake().lockPeriod(month, lock)))
  app.post('/periods/open', (c) =>
    done(c, z.object({ month: Month }), ({ month }) => fake().openPeriod(month)),
  )
  app.post('/periods/lock-before-next-write', (c) =>
    done(c, z.object({ month: Month }), ({ month }) => fake().lockPeriodBeforeNextWrite(month)),
  )
  app.post('/journals/edit', (c) =>
    done(c, Edit, ({ externalId, ...edit }) => fake().editJournal(externalId, edit)),
  )
  app.post('/journals/void', (c) => done(c, ExternalId, ({ externalId }) => fake().voidJournal(externalId)))
  app.post('/journals/delete', (c) =>
    done(c, ExternalId, ({ externalId }) => fake().deleteJournal(externalId)),
  )
  app.post('/accounts/deactivate', (c) =>
    done(c, z.object({ account: z.string() }), ({ account }) => fake().deactivateAccount(account)),
  )
  app.post('/tokens/expire', (c) => done(c, z.unknown(), () => fake().expireTokens()))
}

async function done<S extends z.ZodType>(c: Context, schema: S, act: (input: z.output<S>) => void) {
  act(schema.parse(await c.req.json().catch(() => ({}))))
  return c.json({ ok: true })
}
