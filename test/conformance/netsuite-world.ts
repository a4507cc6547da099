import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { parse } from 'yaml'
import { createNetSuiteFake } from '../../connectors/netsuite/fake.ts'
import type { NetSuiteFake } from '../../connectors/netsuite/fake.ts'
import { createOAuth2Transport } from '../../connectors/netsuite/oauth2.ts'
import { createTokenBasedTransport } from '../../connectors/netsuite/token-based.ts'
import type { NetSuiteTransport } from '../../connectors/netsuite/transport.ts'
import { parseBooks } from '../../src/domain/books.ts'
import type { BooksSettings } from '../../src/domain/books.ts'
import type { Account, Side } from '../../src/domain/chart.ts'
import type { JournalEntry, JournalLine } from '../../src/domain/journal.ts'
import { journalExternalId } from '../../src/domain/journal.ts'
import { fromDecimal } from '../../src/domain/money.ts'
import type { VirtualClock } from '../../src/ports/clock.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'
import type { Transport } from '../../src/ports/transport.ts'
import { systemTransport } from '../../src/ports/transport.ts'

export type TransportName = 'oauth2' | 'token-based'

/** The twin of NetSuite with the books of mappings/netsuite.yaml, served on a loopback port. */
export type NetSuiteWorld = {
  readonly fake: NetSuiteFake
  readonly clock: VirtualClock
  readonly settings: BooksSettings
  readonly baseUrl: string
  transport(name: TransportName): NetSuiteTransport
  /** From now on every call is sent to another address, as a gateway does. */
  redirect(address: string): void
  /** The authorization header of the last call that came in. */
  lastAuthorization(): string
  close(): Promise<void>
}

/** The settings that ship with the project; a fault in them fails every test here. */
export function shippedBooks(): BooksSettings {
  const file = new URL('../../mappings/netsuite.yaml', import.meta.url)
  const books = parseBooks(parse(readFileSync(file, 'utf8')), 'netsuite.yaml')
  if (!books.ok) throw new Error(JSON.stringify(books.error))
  return books.value
}

/** Starts a world on 30 November 2026; months from January 2026 to December 2027 are open. */
export async function netSuiteWorld(
  fakeSettings: Parameters<typeof createNetSuiteFake>[0]['settings'] = {},
): Promise<NetSuiteWorld> {
  const clock = virtualClock(new Date('2026-11-30T12:00:00Z'))
  const fake = createNetSuiteFake({ clock, random: seededRandom(42), settings: fakeSettings })
  const settings = shippedBooks()
  const signIn = fake.demoAccount(settings, { first: '2026-01', last: '2027-12' })
  let redirectTo: string | null = null
  let lastAuthorization = ''
  const server = serve({
    fetch: (request: Request, environment: unknown) => {
      lastAuthorization = request.headers.get('authorization') ?? ''
      return redirectTo === null || request.url === redirectTo
        ? fake.app.fetch(request, environment as object)
        : new Response(null, { status: 302, headers: { location: redirectTo } })
    },
    hostname: '127.0.0.1',
    port: 0,
  })
  await new Promise<void>((resolve) => server.once('listening', () => resolve()))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    fake,
    clock,
    settings,
    baseUrl,
    transport: (name) =>
      name === 'oauth2'
        ? createOAuth2Transport({ ...signIn.oauth2, baseUrl }, { clock, transport: systemTransport })
        : createTokenBasedTransport({ ...signIn.tokenBased, baseUrl }),
    lastAuthorization: () => lastAuthorization,
    redirect: (to) => {
      redirectTo = to
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}

/** Calls a twin without a socket. */
export function inProcess(fake: NetSuiteFake): Transport {
  return async (input, init) => fake.app.fetch(new Request(input, init))
}

/** A journal of November 2026 for the entity `us`; each line is an account, a side and a decimal amount. */
export function novemberJournal(
  lines: readonly (readonly [Account['kind'] | Account, Side, string])[],
  { currency = 'USD', chunk = 1, memo = 'Tieout 2026-11: 3 ledger transactions' } = {},
): JournalEntry {
  const scope = { entity: 'us', month: '2026-11', currency }
  return {
    ...scope,
    externalId: journalExternalId(scope, chunk),
    chunk,
    postedOn: '2026-11-30',
    memo,
    lines: lines.map(([account, side, amount]): JournalLine => ({
      account: typeof account === 'string' ? { kind: account, segment: null } : account,
      side,
      amount: fromDecimal(currency, amount),
    })),
  }
}

/** The OAuth 2.0 transport of a world without a socket; `change` spoils its sign-in. */
export function oauth2InProcess(
  world: NetSuiteWorld,
  change: Partial<Parameters<typeof createOAuth2Transport>[0]> = {},
): NetSuiteTransport {
  const signIn = { ...world.fake.signIn().oauth2, baseUrl: 'http://twin.test', ...change }
  return createOAuth2Transport(signIn, { clock: world.clock, transport: inProcess(world.fake) })
}
