import type { CalendarDate, Month } from '../../src/domain/calendar.ts'
import { addDays, dateIn, firstDayOf, lastDayOf, monthOf, nextMonth } from '../../src/domain/calendar.ts'
import type { AccountKind } from '../../src/domain/chart.ts'
import { normalSide } from '../../src/domain/chart.ts'
import type { EarnedLine } from '../../src/domain/earned.ts'
import type { BillingFact, InvoiceFinalized } from '../../src/domain/fact.ts'
import type { Entry, LedgerTransaction } from '../../src/domain/ledger.ts'
import { debitMinor } from '../../src/domain/ledger.ts'
import { money } from '../../src/domain/money.ts'
import type { Obligation } from '../../src/domain/obligation.ts'
import { takenObligation } from '../../src/domain/obligation.ts'
import { Positions } from '../../src/domain/position.ts'
import { post, type Posting } from '../../src/domain/posting.ts'
import type { PostingContext } from '../../src/domain/posting/context.ts'
import { billedServices, rebilledObligations } from '../../src/domain/rebilling.ts'
import { revenueDue, revenueRecognized, scheduledBefore, type Spread } from '../../src/domain/revenue.ts'

/** What each line of a contract has earned before a day, given what its invoices changed. */
export type Earning = (before: CalendarDate, changes: readonly Obligation[]) => EarnedLine[]

/** Obligations earned over time and nothing else. */
export function earningOf(obligations: readonly Obligation[], spread: Spread = 'by-day'): Earning {
  return (before, changes) => {
    const all = [...obligations, ...changes]
    return [...Map.groupBy(all, ({ lineId }) => lineId)].map(([lineId, same]) => ({
      contractId: same[0]?.contractId ?? '',
      lineId,
      family: same[0]?.family ?? 'Platform',
      currency: same[0]?.price.currency ?? 'USD',
      earnedMinor: same.reduce((total, one) => total + scheduledBefore(one, before, spread), 0n),
    }))
  }
}

/** The promise behind a line that is billed as it is promised. */
export function promiseOf({ lines }: Pick<InvoiceFinalized, 'lines'>): Obligation[] {
  return lines.map(({ contractId, lineId, net, service }) => ({
    contractId: contractId ?? '',
    lineId: lineId ?? '',
    family: 'Platform',
    price: net,
    service,
  }))
}

type Settings = Pick<PostingContext, 'spread' | 'credits'> & { readonly promised?: readonly Obligation[] }

const positionKinds: readonly AccountKind[] = ['contract-liability', 'unbilled-receivable']
const contraKinds: readonly AccountKind[] = ['refunds-and-credits', 'bad-debt', 'dispute-losses']

/**
 * The books of one entity in memory: it tells facts to the domain and closes months as the jobs do, with maps for tables.
 * What the domain decides is not decided here.
 */
export class PlayedBooks {
  readonly transactions: LedgerTransaction[] = []
  readonly #invoices = new Map<string, InvoiceFinalized>()
  readonly #facts = new Map<string, BillingFact>()
  readonly #positions = new Positions()
  readonly #earning: Earning
  readonly #settings: Settings
  #closed: Month = '0001-01'

  constructor(earning: Earning, settings: Settings = {}) {
    this.#earning = earning
    this.#settings = settings
  }

  /** Books a fact, in the next open month when its own is closed. */
  tell(fact: BillingFact): Posting {
    const invoiceId = 'invoiceId' in fact ? fact.invoiceId : null
    const earlier = this.transactions.filter(({ entries }) =>
      entries.some(({ dimensions }) => invoiceId !== null && dimensions.invoiceId === invoiceId),
    )
    const occurredOn = dateIn('UTC', fact.occurredAt)
    const posting = post(fact, {
      entity: 'us',
      occurredOn,
      accountingDate: monthOf(occurredOn) > this.#closed ? occurredOn : firstDayOf(nextMonth(this.#closed)),
      invoice: fact.kind === 'invoice-finalized' ? fact : (this.#invoices.get(invoiceId ?? '') ?? null),
      openReceivableMinor: this.openReceivable(invoiceId ?? ''),
      earlier,
      positions: this.#positions,
      undone: this.#undoneBy(fact),
      ...this.#settings,
    })
    if (posting.kind === 'waits') return posting
    this.#facts.set(fact.factKey, fact)
    if (fact.kind === 'invoice-finalized') this.#invoices.set(fact.invoiceId, fact)
    if (posting.kind === 'posted') this.transactions.push(posting.transaction)
    return posting
  }

  /** Recognizes what was earned by the end of a month and closes it. */
  closeMonth(month: Month): void {
    this.#closed = month
    const recognized = new Map<string, bigint>()
    for (const { account, dimensions, ...entry } of this.entries(['revenue'])) {
      const lineId = dimensions.lineId ?? ''
      recognized.set(lineId, (recognized.get(lineId) ?? 0n) - debitMinor({ account, dimensions, ...entry }))
    }
    const lines = this.#earning(firstDayOf(nextMonth(month)), this.#changes())
    const due = revenueDue(
      lines.map((line) => ({ ...line, recognizedMinor: recognized.get(line.lineId) ?? 0n })),
    )
    if (due.length === 0) return
    const accountingDate = lastDayOf(month)
    const occurredAt = new Date(`${addDays(accountingDate, 1)}T00:00:00Z`)
    const run = 1 + this.transactions.filter(({ factKey }) => factKey.includes(`:${month}:`)).length
    const on = { entity: 'us', month, accountingDate, occurredAt }
    this.transactions.push(revenueRecognized(due, on, this.#positions, run))
  }

  /** All entries of some kinds of account. */
  entries(kinds: readonly AccountKind[], month?: Month): Entry[] {
    return this.transactions
      .filter(({ accountingDate }) => month === undefined || monthOf(accountingDate) === month)
      .flatMap(({ entries }) => entries.filter(({ account }) => kinds.includes(account.kind)))
  }

  /** What an account kind stands at, or moved by in a month, counted on the side on which it grows. */
  balance(kind: AccountKind, month?: Month): bigint {
    const debits = this.entries([kind], month).reduce((total, entry) => total + debitMinor(entry), 0n)
    return normalSide(kind) === 'debit' ? debits : -debits
  }

  openReceivable(invoiceId: string): bigint {
    return this.entries(['receivable'])
      .filter(({ dimensions }) => dimensions.invoiceId === invoiceId)
      .reduce((total, entry) => total + debitMinor(entry), 0n)
  }

  #undoneBy(fact: BillingFact): LedgerTransaction | null {
    const earlier = [...this.#facts.values()].find((told) => takesBack(fact, told))
    return this.transactions.find(({ factKey }) => factKey === earlier?.factKey) ?? null
  }

  /** What the jobs read from the ledger: what was taken off each line and invoice, and what was billed again since. */
  #changes(): Obligation[] {
    const moved = this.transactions.filter(
      ({ reason }) => reason !== 'invoice-finalized' && reason !== 'revenue-recognized',
    )
    const taken = moved.flatMap(({ entries, sourceId }) => {
      const takenOn = this.transactions.find(({ factKey }) => factKey === sourceId)?.accountingDate ?? ''
      return entries
        .filter(({ account }) => positionKinds.includes(account.kind))
        .flatMap((entry) => this.#takenBy(entry, takenOn))
    })
    const { promised } = this.#settings
    return promised === undefined ? taken : [...taken, ...rebilledObligations(promised, this.#billed(moved))]
  }

  #takenBy(entry: Entry, takenOn: CalendarDate): Obligation[] {
    const { contractId, lineId, invoiceId } = entry.dimensions
    if (contractId === null || lineId === null) return []
    const services = (this.#invoices.get(invoiceId ?? '')?.lines ?? [])
      .filter((line) => line.lineId === lineId)
      .map(({ service }) => service)
    const price = money(entry.amount.currency, debitMinor(entry))
    return [takenObligation({ contractId, lineId, price, takenOn, services })]
  }

  #billed(moved: readonly LedgerTransaction[]) {
    return [...this.#invoices.values()].flatMap((invoice) => {
      const takenOff = new Map<string, bigint>()
      for (const entry of moved.flatMap(({ entries }) => entries)) {
        const { lineId, invoiceId } = entry.dimensions
        const isTaken = [...positionKinds, ...contraKinds].includes(entry.account.kind)
        if (lineId === null || invoiceId !== invoice.invoiceId || !isTaken) continue
        takenOff.set(lineId, (takenOff.get(lineId) ?? 0n) + debitMinor(entry))
      }
      return billedServices(invoice, dateIn('UTC', invoice.occurredAt), takenOff)
    })
  }
}

function takesBack(fact: BillingFact, earlier: BillingFact): boolean {
  switch (fact.kind) {
    case 'credit-note-voided':
      return earlier.kind === 'credit-note-issued' && earlier.creditNoteId === fact.creditNoteId
    case 'refund-failed':
      return earlier.kind === 'refund-made' && earlier.refundId === fact.refundId
    case 'dispute-won':
    case 'dispute-lost':
      return earlier.kind === 'dispute-opened' && earlier.disputeId === fact.disputeId
    default:
      return false
  }
}
