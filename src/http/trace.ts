import { money, sum, type Money } from '../domain/money.ts'
import type { InvoiceFinalized } from '../domain/fact.ts'
import { finalizationsOf } from '../store/book-lookup.ts'
import { loadContracts, type StoredContract } from '../store/contracts.ts'
import { findDeals, loadDeals, type DealCase } from '../store/deals.ts'
import {
  journalOf,
  journalsOfTransactions,
  transactionsOfJournal,
  type StoredJournal,
} from '../store/journals.ts'
import { listTransactions, traceTransactions, type StoredTransaction } from '../store/ledger-trail.ts'
import type { Reader } from '../store/unit-of-work.ts'
import { contractValue } from '../domain/contract-value.ts'

export type TraceKind = 'deal' | 'contract' | 'subscription' | 'invoice' | 'transaction' | 'journal'

/** One thing on the way of the money. `from` names the nodes it comes from. */
export type TraceNode = {
  readonly kind: TraceKind
  readonly id: string
  readonly title: string
  readonly state: string | null
  readonly at: Date | null
  readonly amount: Money | null
  readonly from: readonly string[]
}

/** The way of the money from the deal to the journal, in that order. `isCut` when there was more than is shown. */
export type Trace = { readonly nodes: readonly TraceNode[]; readonly isCut: boolean }

const mostTransactions = 1_000

/**
 * Follows the money through whatever an id names: a deal, contract, subscription, invoice, ledger transaction, journal, or a provider's object.
 * From a deal or contract everything that came of it, from the others what they belong to. Null when nothing is known by the id.
 */
export async function traceOf(reader: Reader, id: string): Promise<Trace | null> {
  const cases = await findDeals(reader, id)
  if (cases.length > 0) return fromDeals(reader, cases)
  const booked = await bookedUnder(reader, id)
  if (booked.length === 0) return null
  const entries = booked.flatMap((transaction) => transaction.entries)
  const contracts = await loadContracts(
    reader,
    distinct(entries.map(({ dimensions }) => dimensions.contractId)),
  )
  const held = await loadDeals(
    reader,
    contracts.map(({ caseId }) => caseId),
  )
  return assemble(reader, { cases: held, contracts, transactions: booked })
}

/** Ledger transactions that a transaction id, an invoice, a journal or a provider's object stands for. */
async function bookedUnder(reader: Reader, id: string): Promise<StoredTransaction[]> {
  const journal = await journalOf(reader, id)
  if (journal !== null) {
    const ids = await transactionsOfJournal(reader, id)
    return traceTransactions(reader, { transactionIds: ids.slice(0, mostTransactions) }, mostTransactions)
  }
  return traceTransactions(reader, { transactionIds: [id], invoiceId: id, sourceId: id }, mostTransactions)
}

async function fromDeals(reader: Reader, cases: readonly DealCase[]): Promise<Trace> {
  const contracts = await loadContracts(reader, distinct(cases.map(({ contractId }) => contractId)))
  const contractIds = contracts.map(({ contractId }) => contractId)
  const direct = await listTransactions(reader, { contractIds }, { limit: mostTransactions })
  // A payment names its invoice only, so what the contract's invoices touch is followed too.
  const invoiceIds = invoicesIn(direct)
  const transactions = await listTransactions(
    reader,
    { contractIds, invoiceIds },
    { limit: mostTransactions },
  )
  return assemble(reader, { cases, contracts, transactions })
}

type Found = {
  readonly cases: readonly DealCase[]
  readonly contracts: readonly StoredContract[]
  readonly transactions: readonly StoredTransaction[]
}

async function assemble(reader: Reader, { cases, contracts, transactions }: Found): Promise<Trace> {
  const invoices = await finalizationsOf(reader, invoicesIn(transactions))
  const journalIds = await journalsOfTransactions(
    reader,
    transactions.map(({ transactionId }) => transactionId),
  )
  const journals = await loadJournals(reader, distinct([...journalIds.values()].flat()))
  const nodes = [
    ...cases.map(dealNode),
    ...contracts.flatMap(contractNodes),
    ...[...invoices.values()].map((invoice) => invoiceNode(invoice, contracts)),
    ...transactions.map((transaction) => transactionNode(transaction, invoices)),
    ...journals.map((journal) => journalNode(journal, journalIds)),
  ]
  return { nodes, isCut: transactions.length === mostTransactions }
}

async function loadJournals(reader: Reader, externalIds: readonly string[]): Promise<StoredJournal[]> {
  const journals = await Promise.all(externalIds.map((externalId) => journalOf(reader, externalId)))
  return journals.filter((journal) => journal !== null)
}

function invoicesIn(transactions: readonly StoredTransaction[]): string[] {
  return distinct(
    transactions.flatMap(({ entries }) => entries.map(({ dimensions }) => dimensions.invoiceId)),
  )
}

function distinct(ids: readonly (string | null)[]): string[] {
  return [...new Set(ids.filter((id) => id !== null))]
}

function dealNode(held: DealCase): TraceNode {
  const { caseId, name, dealId, crm, state, seenAt } = held
  const title = `${name ?? dealId} in ${crm === 'hubspot' ? 'HubSpot' : 'Salesforce'}`
  return { kind: 'deal', id: caseId, title, state, at: seenAt, amount: null, from: [] }
}

function contractNodes(held: StoredContract): TraceNode[] {
  const { contractId, number, caseId, state, createdAt, activatedAt, subscriptionId } = held
  const amount = contractValue(held.version.terms)
  const contract: TraceNode = {
    kind: 'contract',
    id: contractId,
    title: `Contract ${number}`,
    state,
    at: createdAt,
    amount,
    from: [caseId],
  }
  if (subscriptionId === null) return [contract]
  const title = `Subscription ${subscriptionId}`
  const subscription = {
    id: subscriptionId,
    title,
    state: null,
    at: activatedAt,
    amount: null,
    from: [contractId],
  }
  return [contract, { kind: 'subscription', ...subscription }]
}

function invoiceNode(invoice: InvoiceFinalized, contracts: readonly StoredContract[]): TraceNode {
  const { invoiceId, number, total, occurredAt, lines } = invoice
  const billed = new Set([invoice.contractId, ...lines.map(({ contractId }) => contractId)])
  const from = contracts
    .filter(({ contractId }) => billed.has(contractId))
    .map(({ contractId, subscriptionId }) => subscriptionId ?? contractId)
  const title = `Invoice ${number ?? invoiceId}`
  return { kind: 'invoice', id: invoiceId, title, state: null, at: occurredAt, amount: total, from }
}

function transactionNode(
  held: StoredTransaction,
  invoices: ReadonlyMap<string, InvoiceFinalized>,
): TraceNode {
  const { transactionId, reason, occurredAt, month, entries } = held
  const dimensions = entries.map((entry) => entry.dimensions)
  const invoiceIds = distinct(dimensions.map(({ invoiceId }) => invoiceId)).filter((id) => invoices.has(id))
  const from = invoiceIds.length > 0 ? invoiceIds : distinct(dimensions.map(({ contractId }) => contractId))
  const title = `${reason} in ${month}`
  return {
    kind: 'transaction',
    id: transactionId,
    title,
    state: null,
    at: occurredAt,
    amount: debitsOf(held),
    from,
  }
}

/** What a transaction moves: the sum of its debits, when it has one currency. */
function debitsOf({ entries }: StoredTransaction): Money | null {
  const debits = entries.filter(({ side }) => side === 'debit').map(({ amount }) => amount)
  const [first] = debits
  if (first === undefined || debits.some(({ currency }) => currency !== first.currency)) return null
  return sum(first.currency, debits)
}

function journalNode(
  journal: StoredJournal,
  byTransaction: ReadonlyMap<string, readonly string[]>,
): TraceNode {
  const { externalId, entity, month, state, postedAt, draftedAt, entry } = journal
  const from = [...byTransaction].flatMap(([id, journals]) => (journals.includes(externalId) ? [id] : []))
  const debits = entry.lines.filter(({ side }) => side === 'debit').map(({ amount }) => amount)
  return {
    kind: 'journal',
    id: externalId,
    title: `Journal of ${entity} for ${month}`,
    state,
    at: postedAt ?? draftedAt,
    amount: debits.length === 0 ? money(journal.currency, 0n) : sum(journal.currency, debits),
    from,
  }
}
