import { Hono } from 'hono'
import type { Clock } from '../../src/ports/clock.ts'
import type { Random } from '../../src/ports/random.ts'
import type { Transport } from '../../src/ports/transport.ts'
import type { Fake } from '../fake.ts'
import { faultScript, playFaults } from '../fault-script.ts'
import { type Administration, administration, salesSaver } from './fake/administration.ts'
import { controlRoutes } from './fake/controls.ts'
import { type DealDesk, dealDesk } from './fake/deal-drafts.ts'
import { answerRefusal, dated, faultAnswers, guard } from './fake/guard.ts'
import type { Credentials } from './fake/oauth.ts'
import type { Stages } from './fake/organization.ts'
import { restApi } from './fake/rest-api.ts'
import type { CustomField } from './fake/schema.ts'
import { type TwinParts, twinParts } from './fake/twin-parts.ts'

export { tieoutFields } from './fake/tieout-fields.ts'
export type { DealDraft, LineDraft, LoadBatch } from './fake/deal-drafts.ts'

export type SalesforceFakeOptions = {
  readonly clock: Clock
  readonly random: Random
  /** How the fake calls the hub. */
  readonly deliver: Transport
  readonly organizationId?: string
  readonly credentials?: Credentials
  /** Custom fields; by default those of Tieout's own mapping. */
  readonly customFields?: readonly CustomField[]
  /** Stages beside the standard ones. */
  readonly stages?: Stages
  /** Several currencies, the first being the default; left out, deals carry none. */
  readonly currencies?: readonly string[]
  /** Where outbound messages go; none are made when it is left out. */
  readonly outboundMessageUrl?: string
  /** Where the Flow calls, and with which secret. */
  readonly flow?: { readonly url: string; readonly secret: string }
  readonly apiVersion?: string
  /** Rows a page has at most; Salesforce itself may send fewer than asked for. */
  readonly pageRows?: number
}

/** The twin, with what people do in it. */
export type SalesforceFake = Fake & DealDesk & Administration & { readonly credentials: Credentials }

/** Makes a Salesforce organisation that lives in memory. */
export function createSalesforceFake(options: SalesforceFakeOptions): SalesforceFake {
  const parts = twinParts(options)
  const { organization, credentials, messages, flow, now } = parts
  const app = new Hono()
  const fake: SalesforceFake = {
    ...dealDesk(organization, () => salesSaver(parts)),
    ...administration(parts),
    app,
    credentials,
    faults: faultScript(),
    advanceTo: (instant) => Promise.resolve(parts.advanceTo(instant)),
    nextDueAt: () => (flow && flow.counts().waiting > 0 ? now() : (messages?.nextDueAt() ?? null)),
    pump: async () => ((await messages?.pump()) ?? 0) + ((await flow?.pump()) ?? 0),
  }
  mount(app, fake, parts, options.pageRows ?? 2000)
  return fake
}

/** Faults come first, then sign-in and limits, then the API; the controls are outside of all three. */
function mount(app: Hono, fake: SalesforceFake, parts: TwinParts, pageRows: number): void {
  const { organization, cursors, apiVersion, meter, signIn } = parts
  const saver = () => ({ author: { userId: organization.integrationUserId }, isApi: true })
  app.onError(answerRefusal)
  app.use('/services/*', dated(parts.now))
  app.use('/services/*', playFaults(fake.faults, faultAnswers))
  app.use('/services/data/*', guard(signIn, meter))
  app.route('/', signIn.app)
  app.route('/', restApi({ organization, cursors, apiVersion, pageRows, usage: meter.usage, saver }))
  app.route('/', controlRoutes(fake))
}
