import { assertNever } from './result.ts'
import type { BillingFact } from './fact.ts'
import type { LedgerTransaction } from './ledger.ts'
import { creditNoteIssued, creditNoteVoided } from './posting/credit-note.ts'
import { disputeLost, disputeOpened, disputeWon } from './posting/dispute.ts'
import {
  invoiceFinalized,
  invoiceMarkedUncollectible,
  invoicePaid,
  invoiceVoided,
} from './posting/invoice.ts'
import { payoutPaid, refundFailed, refundMade, stripeFeeCharged } from './posting/cash.ts'
import type { PostingContext } from './posting/context.ts'

/** What a fact posts, or the fact it must wait for. */
export type Posting =
  | { readonly kind: 'posted'; readonly transaction: LedgerTransaction }
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'waits'; readonly forFact: string }

/**
 * Turns a billing fact into a ledger transaction: one function for each fact, named after what happened.
 * Facts about an invoice wait until its finalization is known, because messages arrive in any order.
 */
export function post(fact: BillingFact, context: PostingContext): Posting {
  const transaction = transactionOf(fact, context)
  if (transaction === null) return { kind: 'waits', forFact: parentOf(fact) }
  if (transaction.entries.length === 0) return { kind: 'nothing', why: 'the amounts are zero' }
  return { kind: 'posted', transaction }
}

function transactionOf(fact: BillingFact, context: PostingContext): LedgerTransaction | null {
  switch (fact.kind) {
    case 'invoice-finalized':
      return invoiceFinalized(fact, context)
    case 'invoice-paid':
      return invoicePaid(fact, context)
    case 'invoice-voided':
      return invoiceVoided(fact, context)
    case 'invoice-marked-uncollectible':
      return invoiceMarkedUncollectible(fact, context)
    case 'credit-note-issued':
      return creditNoteIssued(fact, context)
    case 'credit-note-voided':
      return creditNoteVoided(fact, context)
    case 'refund-made':
      return refundMade(fact, context)
    case 'refund-failed':
      return refundFailed(fact, context)
    case 'dispute-opened':
      return disputeOpened(fact, context)
    case 'dispute-won':
      return disputeWon(fact, context)
    case 'dispute-lost':
      return disputeLost(fact, context)
    case 'stripe-fee-charged':
      return stripeFeeCharged(fact, context)
    case 'payout-paid':
      return payoutPaid(fact, context)
    default:
      return assertNever(fact)
  }
}

/** Names what a fact waits for, for the sentence a person reads. */
function parentOf(fact: BillingFact): string {
  if ('invoiceId' in fact && fact.invoiceId !== null) return `the finalization of invoice ${fact.invoiceId}`
  if (fact.kind === 'credit-note-voided') return `credit note ${fact.creditNoteId}`
  if (fact.kind === 'refund-failed') return `refund ${fact.refundId}`
  if (fact.kind === 'dispute-won' || fact.kind === 'dispute-lost')
    return `the opening of dispute ${fact.disputeId}`
  return 'an earlier fact'
}
