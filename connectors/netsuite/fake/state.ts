import type { CalendarDate, Month } from '../../../src/domain/calendar.ts'

/** What may be chosen where NetSuite's behaviour differs by account or is not published. */
export type FakeSettings = {
  readonly accountId: string
  /** Concurrent requests of the whole account: 5, 15 or 20 by tier, 10 more for each SuiteCloud Plus licence. */
  readonly concurrencyLimit: number
  readonly journalLineLimit: number
  /** Whether SuiteQL leaves a null column out of a row or writes it as null. */
  readonly nullColumns: 'left-out' | 'written'
  readonly expiresInAs: 'text' | 'number'
  readonly zeroAmountLines: 'accepted' | 'refused'
  /** Whether a line on an account of the type Accounts Receivable needs an entity. */
  readonly receivablesNeedEntity: boolean
  /** Segments that the form asks for on every line. */
  readonly requiredSegments: readonly SegmentKind[]
  /** The text that refuses a closed or locked period; NetSuite does not publish REST's. */
  readonly lockedPeriodText: string
  /** How long an asynchronous job waits before it runs. */
  readonly jobMilliseconds: number
}

export const defaultFakeSettings: FakeSettings = {
  accountId: '1234567',
  concurrencyLimit: 5,
  journalLineLimit: 1000,
  nullColumns: 'left-out',
  expiresInAs: 'text',
  zeroAmountLines: 'accepted',
  receivablesNeedEntity: true,
  requiredSegments: [],
  lockedPeriodText: 'You cannot create or change transactions in a closed or locked accounting period.',
  jobMilliseconds: 5_000,
}

export type SegmentKind = 'class' | 'department' | 'location'

export type Subsidiary = {
  readonly id: string
  readonly name: string
  readonly currency: string
  isInactive: boolean
}

/** `rates` turn one unit of it into a base currency, by that currency's id; missing means one for one. */
export type CurrencyRecord = {
  readonly id: string
  readonly symbol: string
  readonly rates: Readonly<Record<string, string>>
}

/** `subsidiaries` null: every one may use it. */
export type AccountRecord = {
  readonly id: string
  readonly acctNumber: string
  acctName: string
  readonly acctType: string
  isInactive: boolean
  readonly isSummary: boolean
  readonly subsidiaries: readonly string[] | null
}

export type PeriodRecord = {
  readonly id: string
  readonly periodName: string
  readonly startDate: CalendarDate
  readonly endDate: CalendarDate
  readonly isQuarter: boolean
  readonly isYear: boolean
  closed: boolean
  allLocked: boolean
  arLocked: boolean
  apLocked: boolean
}

/** A record that only needs a name: a class, a department, a location, a customer. */
export type NamedRecord = { readonly id: string; readonly name: string }

/** A line of a journal. Amounts are minor units of the journal's currency; one of the two is set. */
export type JournalLineRecord = {
  readonly line: number
  readonly account: string
  readonly debitMinor: bigint | null
  readonly creditMinor: bigint | null
  readonly memo: string | null
  readonly entity: string | null
  readonly class: string | null
  readonly department: string | null
  readonly location: string | null
  /** Custom columns, as they were sent. */
  readonly custom: Readonly<Record<string, unknown>>
}

export type JournalRecord = {
  readonly id: string
  readonly externalId: string | null
  readonly tranId: string
  readonly subsidiary: string
  readonly currency: string
  readonly exchangeRate: string
  readonly tranDate: CalendarDate
  readonly postingPeriod: string
  readonly memo: string | null
  readonly approvalStatus: string
  readonly isVoid: boolean
  readonly createdDate: string
  readonly lastModifiedDate: string
  readonly lines: readonly JournalLineRecord[]
  readonly custom: Readonly<Record<string, unknown>>
}

/** Everything a NetSuite account of the twin holds. */
export type NetSuiteState = {
  readonly settings: FakeSettings
  readonly now: () => Date
  readonly subsidiaries: Map<string, Subsidiary>
  readonly currencies: Map<string, CurrencyRecord>
  readonly accounts: Map<string, AccountRecord>
  readonly periods: Map<string, PeriodRecord>
  readonly segments: Readonly<Record<SegmentKind, Map<string, NamedRecord>>>
  readonly customers: Map<string, NamedRecord>
  readonly journals: Map<string, JournalRecord>
  /** Months that someone locks just before the next journal is written, after the caller has looked. */
  readonly lockBeforeWrite: Set<Month>
  nextId: number
}

/** An empty account. */
export function emptyState(settings: FakeSettings, now: () => Date): NetSuiteState {
  return {
    settings,
    now,
    subsidiaries: new Map(),
    currencies: new Map(),
    accounts: new Map(),
    periods: new Map(),
    segments: { class: new Map(), department: new Map(), location: new Map() },
    customers: new Map(),
    journals: new Map(),
    lockBeforeWrite: new Set(),
    nextId: 5001,
  }
}

/** A journal by `eid:x` or by its internal id. */
export function journalAt(state: NetSuiteState, key: string): JournalRecord | undefined {
  if (!key.startsWith('eid:')) return state.journals.get(key)
  const externalId = key.slice('eid:'.length)
  return [...state.journals.values()].find((journal) => journal.externalId === externalId)
}

/** The base period that holds a day. */
export function periodHolding(state: NetSuiteState, day: CalendarDate): PeriodRecord | undefined {
  return [...state.periods.values()].find(
    (period) => !period.isQuarter && !period.isYear && period.startDate <= day && day <= period.endDate,
  )
}
