import type { BooksSettings } from '../domain/books.ts'
import type { Clock } from '../ports/clock.ts'
import type { FakesControl } from './demo/fakes-control.ts'
import { localControl, serveControl } from './demo/fakes-control.ts'
import type { Fakes } from './demo/fakes.ts'
import { createFakes, demoSecrets, serveFakes } from './demo/fakes.ts'
import type { Variables } from './hub-variables.ts'

/** The four twins with addresses of their own, and one more to control them all. */
export type HostedFakes = {
  readonly control: FakesControl
  readonly controlUrl: string
  /** What a hub's environment must say to be connected to them. */
  readonly variables: Variables
  close(): Promise<void>
}

export type HostOptions = {
  /** Where the twins' time comes from; the control sets it forward. */
  readonly clock: Clock & { advanceTo(instant: Date): void }
  /** Where the twins send their messages. */
  readonly hubUrl: string
  readonly books: BooksSettings
  /** Where the control listens; 0 takes any free port. */
  readonly port: number
  /** The twins themselves, where others than the demo's are wanted. */
  readonly fakes?: Fakes
}

/** Makes the twins and serves them on loopback. Throws an error of the network when the port is taken. */
export async function hostFakes({ clock, hubUrl, books, port, ...given }: HostOptions): Promise<HostedFakes> {
  const fakes = given.fakes ?? createFakes(clock, hubUrl, books)
  const served = await serveFakes(fakes)
  const control = localControl(fakes, served.urls, () => clock.now())
  const controlled = await serveControl(control, (instant) => clock.advanceTo(instant), port).catch(
    async (error: unknown) => {
      await served.close()
      throw error
    },
  )
  return {
    control,
    controlUrl: controlled.url,
    variables: await variablesFor(control),
    close: async () => {
      await controlled.close()
      await served.close()
    },
  }
}

/** The environment a person would set, pointing at the twins. */
async function variablesFor({ urls, signIn }: FakesControl): Promise<Variables> {
  const { salesforce, hubspot, netsuite } = await signIn()
  return {
    STRIPE_SECRET_KEY: demoSecrets.stripeKey,
    STRIPE_WEBHOOK_SECRETS: demoSecrets.stripeWebhook,
    STRIPE_API_URL: urls.stripe,
    SALESFORCE_LOGIN_URL: urls.salesforce,
    SALESFORCE_CLIENT_ID: salesforce.clientId,
    SALESFORCE_CLIENT_SECRET: salesforce.clientSecret,
    SALESFORCE_ORGANIZATION_ID: salesforce.organizationId,
    SALESFORCE_CURRENCY: 'USD',
    SALESFORCE_FLOW_SECRETS: demoSecrets.salesforceFlow,
    HUBSPOT_ACCESS_TOKEN: hubspot.accessToken,
    HUBSPOT_PORTAL_ID: hubspot.portalId,
    HUBSPOT_CLIENT_SECRETS: demoSecrets.hubspotClient,
    HUBSPOT_API_URL: urls.hubspot,
    NETSUITE_ACCOUNT: netsuite.accountId,
    NETSUITE_CLIENT_ID: netsuite.clientId,
    NETSUITE_CERTIFICATE_ID: netsuite.certificateId,
    NETSUITE_PRIVATE_KEY: netsuite.privateKeyPem,
    NETSUITE_API_URL: urls.netsuite,
    // The sample company is registered for tax nowhere, so Stripe's twin refuses to compute any.
    TIEOUT_AUTOMATIC_TAX: 'false',
  }
}

/** Lets the twins live: each second what is due happens and messages leave. Answers how to end it. */
export function keepLiving(
  control: FakesControl,
  clock: Clock,
  report: (error: unknown) => void,
): () => Promise<void> {
  let isEnding = false
  const liveOnce = async () => {
    await control.advanceTo(clock.now())
    await control.pump()
  }
  const live = async () => {
    for (;;) {
      if (isEnding) return
      await liveOnce().catch(report)
      await clock.sleep(1_000)
    }
  }
  const living = live()
  return async () => {
    isEnding = true
    await living
  }
}
