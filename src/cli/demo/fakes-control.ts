import { Hono } from 'hono'
import type { Fakes, Vendor } from './fakes.ts'
import { vendors } from './fakes.ts'
import { serveApp } from './serve.ts'

/** How the hub signs in to the twins. */
export type SignIns = {
  readonly salesforce: {
    readonly clientId: string
    readonly clientSecret: string
    readonly organizationId: string
  }
  readonly hubspot: { readonly accessToken: string; readonly portalId: string }
  readonly netsuite: {
    readonly accountId: string
    readonly clientId: string
    readonly certificateId: string
    readonly privateKeyPem: string
  }
}

/** The four twins as one, in this process or in another: time, messages, and what people do in them. */
export type FakesControl = {
  readonly urls: Readonly<Record<Vendor, string>>
  signIn(): Promise<SignIns>
  now(): Promise<Date>
  advanceTo(instant: Date): Promise<void>
  nextDueAt(): Promise<Date | null>
  /** Delivers the messages that are due; answers how many requests were made. */
  pump(): Promise<number>
  /** Calls a control of a twin by name with JSON arguments. */
  act<T>(vendor: Vendor, control: string, ...given: readonly unknown[]): Promise<T>
}

/** Controls twins that live in this process. */
export function localControl(fakes: Fakes, urls: FakesControl['urls'], now: () => Date): FakesControl {
  const all = vendors.map((vendor) => fakes[vendor])
  return {
    urls,
    now: () => Promise.resolve(now()),
    signIn: () => Promise.resolve(signInsOf(fakes)),
    advanceTo: async (instant) => {
      for (const fake of all) await fake.advanceTo(instant)
    },
    nextDueAt: () => {
      const times = all.map((fake) => fake.nextDueAt()?.getTime()).filter((time) => time !== undefined)
      return Promise.resolve(times.length === 0 ? null : new Date(Math.min(...times)))
    },
    pump: async () => {
      let sent = 0
      for (const fake of all) sent += await fake.pump()
      return sent
    },
    act: async <T>(vendor: Vendor, control: string, ...given: readonly unknown[]) => {
      const twin = fakes[vendor] as unknown as Record<string, (...args: unknown[]) => unknown>
      const run = twin[control]
      if (typeof run !== 'function') throw new TypeError(`The ${vendor} twin has no control ${control}`)
      return (await run.apply(twin, [...given])) as T
    },
  }
}

function signInsOf({ salesforce, hubspot, netsuite }: Fakes): SignIns {
  return {
    salesforce: { ...salesforce.credentials, organizationId: salesforce.organizationId() },
    hubspot: { accessToken: hubspot.accessToken, portalId: String(hubspot.portalId) },
    netsuite: netsuite.signIn().oauth2,
  }
}

/** Serves the controls for another process; `move` lets the twins' own clock follow. */
export async function serveControl(control: FakesControl, move: (instant: Date) => void, port: number) {
  const app = new Hono()
  app.get('/state', async (c) =>
    c.json({
      urls: control.urls,
      now: await control.now(),
      signIn: await control.signIn(),
      nextDueAt: await control.nextDueAt(),
    }),
  )
  app.post('/advance', async (c) => {
    const { to } = await c.req.json<{ to: string }>()
    move(new Date(to))
    await control.advanceTo(new Date(to))
    return c.json({ now: await control.now() })
  })
  app.post('/pump', async (c) => c.json({ sent: await control.pump() }))
  app.post('/act', async (c) => {
    const {
      vendor,
      control: name,
      given,
    } = await c.req.json<{ vendor: Vendor; control: string; given: unknown[] }>()
    return c.json({ result: (await control.act(vendor, name, ...given.map(revived))) ?? null })
  })
  app.onError((error, c) => c.json({ error: error.message }, 400))
  return serveApp(app, port)
}

/** Instants travel as `{ "$instant": "…" }`. */
function revived(value: unknown): unknown {
  return typeof value === 'object' && value !== null && '$instant' in value
    ? new Date(value.$instant as string)
    : value
}
