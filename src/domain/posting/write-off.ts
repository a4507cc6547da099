import type { Entry, LedgerTransaction } from '../ledger.ts'
import { credit, debit, debitMinor, signedCredit } from '../ledger.ts'
import { money } from '../money.ts'
import type { Money } from '../money.ts'
import type { PostingContext } from './context.ts'
import { sharesOf } from './invoice-part.ts'
import { movesPosition } from './unwind.ts'

/** What a payment brought back of what was given up, the entries for it, and the write-off they undo. */
export type Recovery = {
  readonly amount: Money
  readonly entries: readonly Entry[]
  readonly writeOff: LedgerTransaction | null
}

/**
 * Money for an invoice that was marked uncollectible: the bad debt comes back, and with it the part of the contract liability and tax
 * that was given up, in proportion to what was paid. Never more than was written off.
 */
export function recover(paid: Money, context: PostingContext): Recovery {
  const given = givenUp(context)
  const total = given.reduce((sum, { minor }) => sum + minor, 0n)
  const minor = paid.amountMinor < total ? paid.amountMinor : total
  if (minor <= 0n) return { amount: money(paid.currency, 0n), entries: [], writeOff: null }
  const amount = money(paid.currency, minor)
  const shares = sharesOf(
    amount,
    given.map((piece) => piece.minor),
  )
  return {
    amount,
    entries: given.flatMap(({ entry }, index) =>
      returned(entry, shares[index] ?? money(paid.currency, 0n), context),
    ),
    writeOff: context.earlier?.find(({ reason }) => reason === 'invoice-marked-uncollectible') ?? null,
  }
}

/** An invoice given up as uncollectible and voided later was no bad debt: the earned part moves to the voids. */
export function reclassifiedAsVoid(context: PostingContext): Entry[] {
  return givenUp(context)
    .filter(({ entry, minor }) => entry.account.kind === 'bad-debt' && minor > 0n)
    .flatMap(({ entry, minor }) => {
      const amount = money(entry.amount.currency, minor)
      return [
        debit('refunds-and-credits', amount, entry.dimensions, 'voids'),
        credit('bad-debt', amount, entry.dimensions),
      ]
    })
}

/** What is written off and not recovered, one piece for each account and line, debits counting up. */
type GivenUp = { readonly entry: Entry; readonly minor: bigint }

function givenUp({ earlier = [], invoice }: PostingContext): GivenUp[] {
  const entries = earlier.flatMap(({ reason, entries: moved }) =>
    moved.filter((entry) => entry.dimensions.invoiceId === invoice?.invoiceId && isOfWriteOff(reason, entry)),
  )
  return [...Map.groupBy(entries, pieceKey).values()].flatMap((pieces) => {
    const minor = pieces.reduce((total, entry) => total + debitMinor(entry), 0n)
    return pieces[0] === undefined || minor === 0n ? [] : [{ entry: pieces[0], minor }]
  })
}

/** The write-off itself, what payments brought back of it, and a bad debt that was reclassified. */
function isOfWriteOff(reason: LedgerTransaction['reason'], entry: Entry): boolean {
  const { kind } = entry.account
  if (reason === 'invoice-voided') return kind === 'bad-debt'
  const isWrittenOff = kind === 'bad-debt' || kind === 'tax-payable' || movesPosition(entry)
  return isWrittenOff && (reason === 'invoice-marked-uncollectible' || reason === 'invoice-paid')
}

/** Liability and unbilled receivable of a line are one piece: a line stands on one of them at a time. */
function pieceKey(entry: Entry): string {
  const { account, dimensions } = entry
  return JSON.stringify([movesPosition(entry) ? 'position' : account, dimensions])
}

function returned(entry: Entry, share: Money, { positions }: PostingContext): Entry[] {
  const { account, dimensions } = entry
  const { contractId, lineId, invoiceId } = dimensions
  if (movesPosition(entry) && contractId !== null && lineId !== null)
    return positions.bill(contractId, lineId, share, invoiceId)
  return signedCredit(account.kind, share, dimensions, account.segment)
}
