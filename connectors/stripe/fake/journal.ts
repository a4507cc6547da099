/** One thing that really happened to money, as the twin knows it; the hub never sees this. */
export type JournalFact = {
  readonly at: number
  readonly kind:
    | 'invoice-finalized'
    | 'invoice-paid'
    | 'invoice-paid-off-stripe'
    | 'invoice-voided'
    | 'invoice-marked-uncollectible'
    | 'credit-note-issued'
    | 'credit-note-voided'
    | 'refund-made'
    | 'refund-failed'
    | 'dispute-opened'
    | 'dispute-won'
    | 'dispute-lost'
    | 'fee-charged'
    | 'payout-paid'
  readonly objectId: string
  readonly invoiceId: string | null
  readonly currency: string
  readonly amountMinor: bigint
  /** Of the amount, what is tax. */
  readonly taxMinor: bigint
}

/** The ground truth, in order of time. */
export type Journal = { add(fact: JournalFact): void; facts(): readonly JournalFact[] }

/** Makes an empty journal. */
export function createJournal(): Journal {
  const facts: JournalFact[] = []
  return { add: (fact) => void facts.push(fact), facts: () => facts }
}
