import { Hono } from 'hono'
import type { BooksSettings } from '../../src/domain/books.ts'
import type { Month } from '../../src/domain/calendar.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Random } from '../../src/ports/random.ts'
import type { Fake } from '../fake.ts'
import { faultScript } from '../fault-script.ts'
import { fakeControls } from './fake/controls.ts'
import type { DemoSignIn } from './fake/demo-account.ts'
import { registerDemoSignIn, seedFromBooks } from './fake/demo-account.ts'
import type { People } from './fake/human.ts'
import { peopleOf } from './fake/human.ts'
import { jobQueue } from './fake/jobs.ts'
import type { Load } from './fake/services.ts'
import { netSuiteServices } from './fake/services.ts'
import type { SignInDesk } from './fake/sign-in.ts'
import { signInDesk } from './fake/sign-in.ts'
import type { FakeSettings, NetSuiteState } from './fake/state.ts'
import { defaultFakeSettings, emptyState } from './fake/state.ts'
import type { TruthTotal } from './fake/truth.ts'
import { truthTotals } from './fake/truth.ts'

/** NetSuite's twin: the REST services of one account under `/services/rest`, controls under `/__fake`. */
export interface NetSuiteFake
  extends Fake, People, Pick<SignInDesk, 'registerCertificate' | 'registerToken' | 'expireTokens'> {
  /** Seeds what the books' settings name, with open months (unset: last year to four years ahead), and lets the hub sign in. */
  demoAccount(settings: BooksSettings, months?: { readonly first: Month; readonly last: Month }): DemoSignIn
  /** The sign-in of the demo account; throws Error before there is one. */
  signIn(): DemoSignIn
  /** The account's own records, to be arranged by tests. */
  readonly state: NetSuiteState
  /** Sums of the books, counted past the API. */
  truth(): TruthTotal[]
  /** The most requests that ran at once. */
  peakConcurrency(): number
  tokensIssued(): number
}

/** Makes a twin. Unset settings are those of a Standard account; see connectors/netsuite/README.md for what it does not model. */
export function createNetSuiteFake({
  clock,
  random,
  settings = {},
}: {
  readonly clock: Clock
  readonly random: Random
  readonly settings?: Partial<FakeSettings>
}): NetSuiteFake {
  let advancedTo = new Date(0)
  const now = () => new Date(Math.max(clock.now().getTime(), advancedTo.getTime()))
  const state = emptyState({ ...defaultFakeSettings, ...settings }, now)
  const desk = signInDesk(state, random)
  const jobs = jobQueue(now, state.settings.jobMilliseconds)
  const faults = faultScript()
  const load: Load = { running: 0, peak: 0 }
  let signIn: DemoSignIn | null = null
  const fake: NetSuiteFake = {
    ...peopleOf(state),
    ...desk,
    app: appOf(netSuiteServices(state, desk, jobs, faults, load), () => fake),
    faults,
    state,
    advanceTo: async (instant) => {
      advancedTo = instant > advancedTo ? instant : advancedTo
      jobs.runDue()
    },
    nextDueAt: () => jobs.nextDueAt(),
    // NetSuite sends no messages.
    pump: () => Promise.resolve(0),
    demoAccount(books, months = monthsAround(now())) {
      seedFromBooks(state, books, months)
      signIn ??= registerDemoSignIn(state, desk, random)
      return signIn
    },
    signIn: () => signIn ?? missingDemoAccount(),
    truth: () => truthTotals(state),
    peakConcurrency: () => load.peak,
    tokensIssued: () => desk.issued(),
  }
  return fake
}

function appOf(services: Hono, fake: () => NetSuiteFake): Hono {
  const app = new Hono()
  // A cut connection is an exception on purpose: it has to reach whoever runs the app, not become an answer.
  services.onError((error) => {
    throw error
  })
  app.onError((error) => {
    throw error
  })
  app.route('/services/rest', services)
  app.route('/__fake', fakeControls(fake))
  return app
}

function monthsAround(now: Date): { first: Month; last: Month } {
  const year = now.getUTCFullYear()
  return { first: `${year - 1}-01`, last: `${year + 4}-12` }
}

function missingDemoAccount(): never {
  throw new Error('The twin has no demo account yet')
}
