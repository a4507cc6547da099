/** The kinds of account and the side on which each grows. Names and ERP numbers are settings; kinds are not. */
export const accountKinds = {
  receivable: 'debit',
  'unbilled-receivable': 'debit',
  'contract-liability': 'credit',
  revenue: 'credit',
  'tax-payable': 'credit',
  'stripe-clearing': 'debit',
  bank: 'debit',
  'stripe-fees': 'debit',
  'customer-credit': 'credit',
  'refunds-and-credits': 'debit',
  'bad-debt': 'debit',
  'dispute-losses': 'debit',
  'fx-gain-loss': 'credit',
  rounding: 'debit',
} as const satisfies Record<string, Side>

/** The side of an entry. */
export type Side = 'debit' | 'credit'

export type AccountKind = keyof typeof accountKinds

/** A line of the chart: a kind, and where a kind is split, by what (product family, jurisdiction). */
export type Account = { readonly kind: AccountKind; readonly segment: string | null }

/** The side on which an account grows. */
export function normalSide(kind: AccountKind): Side {
  return accountKinds[kind]
}

/** Names an account: `revenue:GTX`. */
export function accountName(account: Account): string {
  return account.segment === null ? account.kind : `${account.kind}:${account.segment}`
}

/** Accounts that may be debited, that may be credited, and that may be either, in one kind of transaction. */
type Meeting = {
  readonly debit: readonly AccountKind[]
  readonly credit: readonly AccountKind[]
  readonly either: readonly AccountKind[]
}

/** Where a contract line stands with us: one asset and one liability, which every invoice and every month moves. */
const promise = ['contract-liability', 'unbilled-receivable'] as const

/** What an invoice line is made of besides the money: an invoice may credit a line as well as charge it. */
const invoiced = [...promise, 'tax-payable'] as const

/**
 * Which accounts may meet, by the reason of a transaction. A transaction can balance and still be wrong: revenue never meets a
 * receivable, tax never passes through revenue, and money comes in on one side and leaves on the other.
 */
export const meetings = {
  'invoice-finalized': { debit: [], credit: [], either: ['receivable', 'customer-credit', ...invoiced] },
  // A payment of what was given up as uncollectible brings the written-off part back.
  'invoice-paid': {
    debit: ['stripe-clearing', 'bank'],
    credit: ['receivable', 'customer-credit'],
    either: ['bad-debt', ...invoiced],
  },
  'invoice-voided': {
    debit: [],
    credit: ['receivable', 'customer-credit'],
    either: ['refunds-and-credits', 'bad-debt', ...invoiced],
  },
  'invoice-marked-uncollectible': { debit: [], credit: ['receivable'], either: ['bad-debt', ...invoiced] },
  'credit-note-issued': {
    debit: [],
    credit: ['receivable', 'customer-credit', 'bank'],
    either: ['refunds-and-credits', ...invoiced],
  },
  'credit-note-voided': {
    debit: ['receivable', 'customer-credit', 'bank'],
    credit: [],
    either: ['refunds-and-credits', ...invoiced],
  },
  'refund-made': {
    debit: ['customer-credit'],
    credit: ['stripe-clearing'],
    either: ['refunds-and-credits', ...invoiced],
  },
  'refund-failed': {
    debit: ['stripe-clearing'],
    credit: ['customer-credit'],
    either: ['refunds-and-credits', ...invoiced],
  },
  'dispute-opened': { debit: [], credit: ['stripe-clearing'], either: ['dispute-losses', ...invoiced] },
  'dispute-won': { debit: ['stripe-clearing'], credit: [], either: ['dispute-losses', ...invoiced] },
  // The money left when the dispute opened.
  'dispute-lost': { debit: [], credit: [], either: [] },
  'stripe-fee-charged': { debit: [], credit: [], either: ['stripe-fees', 'stripe-clearing'] },
  'payout-paid': { debit: [], credit: [], either: ['bank', 'stripe-clearing'] },
  'revenue-recognized': { debit: [], credit: [], either: ['revenue', ...promise] },
  'exchange-settled': {
    debit: ['stripe-clearing', 'bank'],
    credit: ['receivable'],
    either: ['fx-gain-loss'],
  },
  'receivable-revalued': { debit: [], credit: [], either: ['receivable', 'fx-gain-loss'] },
  // A mirror joins what its original joined.
  reversal: { debit: [], credit: [], either: Object.keys(accountKinds) as AccountKind[] },
} as const satisfies Record<string, Meeting>

/** Why a transaction exists. */
export type Reason = keyof typeof meetings

/** Whether a transaction of a reason may have an account on a side. */
export function mayMeet(reason: Reason, side: Side, kind: AccountKind): boolean {
  const meeting: Meeting = meetings[reason]
  return meeting[side].includes(kind) || meeting.either.includes(kind)
}
