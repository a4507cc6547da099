import type { CalendarDate, Month } from '../domain/calendar.ts'
import { dateIn, firstDayOf, monthOf } from '../domain/calendar.ts'
import type { BillingFact, InvoiceFinalized } from '../domain/fact.ts'
import type { LedgerTransaction } from '../domain/ledger.ts'
import { Positions } from '../domain/position.ts'
import { post } from '../domain/posting.ts'
import { balancesByContractLine, balancesByInvoice } from '../store/balances.ts'
import { factsNaming, finalizationsOf, lockContracts } from '../store/book-lookup.ts'
import { loadContracts } from '../store/contracts.ts'
import { saveFacts } from '../store/facts.ts'
import { bookedFactKeys, traceTransactions, transactionByFactKey } from '../store/ledger-trail.ts'
import { appendTransactions } from '../store/ledger.ts'
import { openMonthFor } from '../store/months.ts'
import type { Unit } from '../store/unit-of-work.ts'
import type { JobContext } from './job.ts'

/** What became of a fact: in the books, nothing to book, or waiting for an earlier one. */
export type Booked =
  | { readonly kind: 'booked' | 'known' }
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'waits'; readonly forFact: string }
  | { readonly kind: 'not-ours'; readonly why: string }

/**
 * Books facts in one unit of work, each once for its key whatever brought it here. Finalizations go first, because
 * other facts of a batch stand on them. Answers by fact key.
 */
export async function bookFacts(
  unit: Unit,
  facts: readonly BillingFact[],
  context: JobContext,
): Promise<Map<string, Booked>> {
  const unique = [...new Map(facts.map((fact) => [fact.factKey, fact])).values()].sort(byDependence)
  const booked = await bookedFactKeys(
    unit,
    unique.map(({ factKey }) => factKey),
  )
  const fresh = unique.filter(({ factKey }) => !booked.has(factKey))
  const outcomes = new Map<string, Booked>(unique.map(({ factKey }) => [factKey, { kind: 'known' }]))
  if (fresh.length === 0) return outcomes
  const ledger = await loadBooks(unit, fresh)
  // Another batch may have booked some of them while this one waited for the contracts; what follows must not stand on them twice.
  const meanwhile = await bookedFactKeys(
    unit,
    fresh.map(({ factKey }) => factKey),
  )
  const transactions: LedgerTransaction[] = []
  const told: BillingFact[] = []
  for (const fact of fresh.filter(({ factKey }) => !meanwhile.has(factKey))) {
    const outcome = await postOne(unit, fact, ledger, context)
    outcomes.set(fact.factKey, 'transaction' in outcome ? { kind: 'booked' } : outcome)
    if ('transaction' in outcome) transactions.push(outcome.transaction)
    if ('transaction' in outcome || outcome.kind === 'nothing') told.push(fact)
  }
  context.checkpoint('fact-before-append')
  const now = context.clock.now()
  await saveFacts(unit, told, now)
  await appendTransactions(unit, transactions, now)
  return outcomes
}

/** What postings of a batch read, and move on as they go. */
type Books = {
  readonly invoices: Map<string, InvoiceFinalized>
  readonly openMinor: Map<string, bigint>
  readonly entityOf: ReadonlyMap<string, string>
  readonly positions: Positions
  /** The transactions that facts take back, by the fact's key. */
  readonly undone: ReadonlyMap<string, LedgerTransaction>
  /** What this batch posted about an invoice. */
  readonly posted: Map<string, LedgerTransaction[]>
  /** The open month for what happened in a month of an entity, as found so far. */
  readonly openMonths: Map<string, Month>
}

async function loadBooks(unit: Unit, facts: readonly BillingFact[]): Promise<Books> {
  const invoiceIds = [
    ...new Set(facts.flatMap((fact) => ('invoiceId' in fact ? (fact.invoiceId ?? []) : []))),
  ]
  const invoices = await finalizationsOf(unit, invoiceIds)
  const fresh = facts.filter((fact) => fact.kind === 'invoice-finalized')
  const undone = await undoneBy(unit, facts)
  const contractIds = contractsOf([...invoices.values(), ...fresh], [...undone.values()])
  if (contractIds.length > 0) await lockContracts(unit, contractIds)
  const contracts = await loadContracts(unit, contractIds)
  const open = await balancesByInvoice(unit, 'receivable', { invoiceIds })
  return {
    invoices,
    openMinor: new Map(open.map(({ invoiceId, balance }) => [invoiceId, balance.amountMinor])),
    entityOf: new Map(contracts.map(({ contractId, entity }) => [contractId, entity])),
    positions: await positionsOf(unit, contractIds),
    undone,
    posted: new Map(),
    openMonths: new Map(),
  }
}

function contractsOf(invoices: readonly InvoiceFinalized[], undone: readonly LedgerTransaction[]): string[] {
  const invoiced = invoices.flatMap(({ contractId, lines }) => [
    contractId,
    ...lines.map((line) => line.contractId),
  ])
  const moved = undone.flatMap(({ entries }) => entries.map(({ dimensions }) => dimensions.contractId))
  return [...new Set([...invoiced, ...moved].filter((id) => id !== null))]
}

/** Where the lines of contracts stand in the books now, or stood at the end of a month. */
export async function positionsOf(
  unit: Unit,
  contractIds: readonly string[],
  throughMonth?: Month,
): Promise<Positions> {
  const positions = new Positions()
  const balances = await balancesByContractLine(unit, ['contract-liability', 'unbilled-receivable'], {
    contractIds,
    ...(throughMonth === undefined ? {} : { throughMonth }),
  })
  for (const { contractId, lineId, account, balance } of balances) {
    const { currency } = balance
    const held = positions.get(contractId, lineId ?? '', currency)
    const next =
      account.kind === 'contract-liability'
        ? { ...held, liabilityMinor: -balance.amountMinor }
        : { ...held, unbilledMinor: balance.amountMinor }
    positions.set(contractId, lineId ?? '', currency, next)
  }
  return positions
}

async function postOne(
  unit: Unit,
  fact: BillingFact,
  books: Books,
  context: JobContext,
): Promise<{ transaction: LedgerTransaction } | Exclude<Booked, { kind: 'booked' | 'known' }>> {
  const invoiceId = 'invoiceId' in fact ? fact.invoiceId : null
  const invoice = fact.kind === 'invoice-finalized' ? fact : (books.invoices.get(invoiceId ?? '') ?? null)
  const undone = books.undone.get(fact.factKey) ?? null
  const contractId = invoice?.contractId ?? null
  const entity =
    undone?.entity ?? (contractId === null ? defaultEntity(context) : books.entityOf.get(contractId))
  if (entity === undefined) return { kind: 'not-ours', why: `contract ${contractId} is not in this hub` }
  if (fact.kind === 'invoice-finalized' && contractId === null) {
    return { kind: 'not-ours', why: `invoice ${fact.invoiceId} names no contract` }
  }
  const posting = post(fact, {
    entity,
    ...(await daysOf(unit, entity, fact.occurredAt, books, context)),
    invoice,
    openReceivableMinor: books.openMinor.get(invoiceId ?? '') ?? 0n,
    earlier: await earlierOn(unit, fact, books),
    positions: books.positions,
    undone,
  })
  if (posting.kind !== 'posted') return posting
  follow(fact, posting.transaction, books)
  return posting
}

function defaultEntity({ books }: JobContext): string | undefined {
  return books.entities[0]?.id
}

/** The day it happened for the entity, and the day of the books: the same, or the first one of the next open month. */
async function daysOf(unit: Unit, entity: string, occurredAt: Date, held: Books, { books }: JobContext) {
  const zone = books.entities.find(({ id }) => id === entity)?.timeZone ?? 'UTC'
  const occurredOn = dateIn(zone, occurredAt)
  const month = await openMonth(unit, entity, occurredOn, held)
  return { occurredOn, accountingDate: month === monthOf(occurredOn) ? occurredOn : firstDayOf(month) }
}

async function openMonth(
  unit: Unit,
  entity: string,
  on: CalendarDate,
  { openMonths }: Books,
): Promise<Month> {
  const key = `${entity} ${monthOf(on)}`
  const month = openMonths.get(key) ?? (await openMonthFor(unit, entity, on))
  openMonths.set(key, month)
  return month
}

/** What the books hold about the invoice of a fact. A payment within what is owed need not know. */
async function earlierOn(unit: Unit, fact: BillingFact, books: Books): Promise<LedgerTransaction[]> {
  const invoiceId = 'invoiceId' in fact ? fact.invoiceId : null
  if (invoiceId === null || fact.kind === 'invoice-finalized') return []
  const owedMinor = books.openMinor.get(invoiceId) ?? 0n
  if (fact.kind === 'invoice-paid' && fact.amount.amountMinor <= owedMinor) return []
  return [...(await traceTransactions(unit, { invoiceId })), ...(books.posted.get(invoiceId) ?? [])]
}

/** The transactions that facts of a batch take back. */
async function undoneBy(unit: Unit, facts: readonly BillingFact[]): Promise<Map<string, LedgerTransaction>> {
  const undone = new Map<string, LedgerTransaction>()
  for (const fact of facts) {
    const named = earlierFact(fact)
    if (named === null) continue
    const [earlier] = await factsNaming(unit, ...named)
    const booked = earlier === undefined ? null : await transactionByFactKey(unit, earlier.factKey)
    if (booked !== null) undone.set(fact.factKey, booked)
  }
  return undone
}

function earlierFact(fact: BillingFact): [BillingFact['kind'], string, string] | null {
  switch (fact.kind) {
    case 'credit-note-voided':
      return ['credit-note-issued', 'creditNoteId', fact.creditNoteId]
    case 'refund-failed':
      return ['refund-made', 'refundId', fact.refundId]
    case 'dispute-won':
    case 'dispute-lost':
      return ['dispute-opened', 'disputeId', fact.disputeId]
    default:
      return null
  }
}

/** Later facts of the batch see what this one did. */
function follow(fact: BillingFact, transaction: LedgerTransaction, books: Books): void {
  if (fact.kind === 'invoice-finalized') books.invoices.set(fact.invoiceId, fact)
  for (const invoiceId of new Set(transaction.entries.map(({ dimensions }) => dimensions.invoiceId))) {
    if (invoiceId === null) continue
    books.posted.set(invoiceId, [...(books.posted.get(invoiceId) ?? []), transaction])
  }
  for (const { account, side, amount, dimensions } of transaction.entries) {
    if (account.kind !== 'receivable' || dimensions.invoiceId === null) continue
    const before = books.openMinor.get(dimensions.invoiceId) ?? 0n
    books.openMinor.set(
      dimensions.invoiceId,
      before + (side === 'debit' ? amount.amountMinor : -amount.amountMinor),
    )
  }
}

const order: readonly BillingFact['kind'][] = [
  'invoice-finalized',
  'credit-note-issued',
  'invoice-paid',
  'dispute-opened',
  'refund-made',
]

function byDependence(left: BillingFact, right: BillingFact): number {
  return rankOf(left) - rankOf(right) || left.occurredAt.getTime() - right.occurredAt.getTime()
}

function rankOf({ kind }: BillingFact): number {
  const rank = order.indexOf(kind)
  return rank === -1 ? order.length : rank
}
