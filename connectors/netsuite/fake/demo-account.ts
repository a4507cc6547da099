import type { KeyObject } from 'node:crypto'
import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto'
import type { BooksAccount, BooksSettings } from '../../../src/domain/books.ts'
import type { Month } from '../../../src/domain/calendar.ts'
import { firstDayOf, lastDayOf, monthsBetween } from '../../../src/domain/calendar.ts'
import type { AccountKind } from '../../../src/domain/chart.ts'
import type { Random } from '../../../src/ports/random.ts'
import type { OAuth2SignIn } from '../oauth2.ts'
import type { TokenBasedSignIn } from '../token-based.ts'
import type { SignInDesk } from './sign-in.ts'
import type { NetSuiteState } from './state.ts'

/** What the hub needs to sign in to the twin, by either way. Add `baseUrl`, the address at which the twin is served. */
export type DemoSignIn = { readonly oauth2: OAuth2SignIn; readonly tokenBased: TokenBasedSignIn }

const accountTypes: Readonly<Record<AccountKind, string>> = {
  receivable: 'AcctRec',
  'unbilled-receivable': 'OthCurrAsset',
  'contract-liability': 'DeferRevenue',
  revenue: 'Income',
  'tax-payable': 'OthCurrLiab',
  'stripe-clearing': 'OthCurrAsset',
  bank: 'Bank',
  'stripe-fees': 'Expense',
  'customer-credit': 'OthCurrLiab',
  'refunds-and-credits': 'Income',
  'bad-debt': 'Expense',
  'dispute-losses': 'Expense',
  'fx-gain-loss': 'OthIncome',
  rounding: 'OthExpense',
}

/** A real certificate ends after two years at most; the demo's outlives every story it plays. */
const certificateMilliseconds = 50 * 365 * 86_400_000

/** Fills an empty account with what the books' settings name: subsidiaries, currencies, accounts, customers, segments and open months. */
export function seedFromBooks(
  state: NetSuiteState,
  settings: BooksSettings,
  months: { readonly first: Month; readonly last: Month },
): void {
  for (const [symbol, id] of Object.entries(settings.currencies))
    state.currencies.set(id, { id, symbol, rates: {} })
  for (const { subsidiary: id, legalName: name, functionalCurrency } of settings.entities)
    state.subsidiaries.set(id, {
      id,
      name,
      currency: settings.currencies[functionalCurrency] ?? '',
      isInactive: false,
    })
  for (const row of settings.accounts) seedAccount(state, row)
  for (const segment of ['class', 'department', 'location'] as const) {
    const id = settings.segments[segment]
    if (id !== null) state.segments[segment].set(id, { id, name: segment })
  }
  for (const month of monthsBetween(months.first, months.last)) seedMonth(state, month)
}

function seedAccount(state: NetSuiteState, { account: id, name, kind, lineEntity }: BooksAccount): void {
  // An account that asks for a customer on each line is of no use to books that name none.
  const acctType = kind === 'receivable' && lineEntity === null ? 'OthCurrAsset' : accountTypes[kind]
  if (!state.accounts.has(id))
    state.accounts.set(id, {
      id,
      acctNumber: id,
      acctName: name,
      acctType,
      isInactive: false,
      isSummary: false,
      subsidiaries: null,
    })
  if (lineEntity !== null) state.customers.set(lineEntity, { id: lineEntity, name: 'Billed through the hub' })
}

function seedMonth(state: NetSuiteState, month: Month): void {
  const id = month.replace('-', '')
  state.periods.set(id, {
    id,
    periodName: month,
    startDate: firstDayOf(month),
    endDate: lastDayOf(month),
    isQuarter: false,
    isYear: false,
    closed: false,
    allLocked: false,
    arLocked: false,
    apLocked: false,
  })
}

/** Registers one certificate and one token, made from the twin's own chance: the same seed gives the same keys. */
export function registerDemoSignIn(state: NetSuiteState, desk: SignInDesk, random: Random): DemoSignIn {
  const word = (length: number) => Buffer.from(random.bytes(length)).toString('hex')
  const key = privateKeyFrom(random)
  const { accountId } = state.settings
  const oauth2 = {
    accountId,
    clientId: word(32),
    certificateId: word(16),
    privateKeyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    algorithm: 'ES256',
  } as const
  desk.registerCertificate({
    certificateId: oauth2.certificateId,
    clientId: oauth2.clientId,
    publicKeyPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
    expiresAt: new Date(state.now().getTime() + certificateMilliseconds),
  })
  const tokenBased = {
    accountId,
    consumerKey: word(32),
    consumerSecret: word(32),
    tokenId: word(32),
    tokenSecret: word(32),
  }
  desk.registerToken(tokenBased)
  return { oauth2, tokenBased }
}

/** A P-256 key whose secret is 32 random bytes; bytes outside the curve's order, about one in 2^32, are drawn again. */
function privateKeyFrom(random: Random): KeyObject {
  const curve = createECDH('prime256v1')
  for (;;) {
    const secret = Buffer.from(random.bytes(32))
    try {
      curve.setPrivateKey(secret)
    } catch {
      continue
    }
    const point = curve.getPublicKey()
    const coordinate = (from: number) => point.subarray(from, from + 32).toString('base64url')
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: coordinate(1),
      y: coordinate(33),
      d: secret.toString('base64url'),
    }
    return createPrivateKey({ key: jwk, format: 'jwk' })
  }
}
