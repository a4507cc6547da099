/** The kinds of account. Names and ERP numbers are settings; kinds are not. */
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
