import { termChanges } from '../domain/amendment.ts'
import type { CheckedTaxId } from '../domain/tax-id-check.ts'
import { contractOfCase, datedVersionsOfContract, type StoredContract } from '../store/contracts.ts'
import { findDeals, type DealCase } from '../store/deals.ts'
import { listExceptions, type Exception } from '../store/exceptions.ts'
import { operationsOfSubject, type Operation } from '../store/operations.ts'
import type { Reader } from '../store/unit-of-work.ts'
import { taxIdsOfContract } from './checked-tax-ids.ts'
import { ProblemError } from './problem.ts'

/** One thing that happened to a deal, in words for people. */
export type TimelineEntry = {
  readonly at: Date
  readonly kind: 'deal' | 'exception' | 'contract' | 'operation'
  readonly title: string
  readonly detail: string | null
  /** The vendor's id of what was made. */
  readonly providerId: string | null
}

/** Everything the hub knows about one closing of a deal. */
export type DealDetail = {
  readonly held: DealCase
  readonly exceptions: readonly Exception[]
  readonly contract: StoredContract | null
  readonly taxIds: readonly CheckedTaxId[]
  readonly timeline: readonly TimelineEntry[]
}

const mostExceptions = 200

/** The latest closing of the deal an id names. Throws ProblemError: 404 for none, 409 when it names different deals. */
export async function dealNamed(reader: Reader, id: string): Promise<DealCase> {
  const found = await findDeals(reader, id)
  const [latest] = found
  if (latest === undefined)
    throw new ProblemError({ status: 404, code: 'not-found', detail: `No deal is known as ${id}.` })
  const deals = new Set(found.map(({ crm, org, dealId }) => `${crm} ${org} ${dealId}`))
  if (deals.size === 1) return latest
  const detail = `${id} names several deals: ${found.map(({ caseId }) => caseId).join(', ')}.`
  throw new ProblemError({ status: 409, code: 'ambiguous-id', detail })
}

/** Loads what belongs to a deal, with its story in the order it happened. */
export async function loadDealDetail(reader: Reader, held: DealCase): Promise<DealDetail> {
  const exceptions = await listExceptions(reader, { caseId: held.caseId, limit: mostExceptions })
  const contract = await contractOfCase(reader, held.caseId)
  const operations = contract === null ? [] : await operationsOfSubject(reader, contract.contractId)
  const timeline = [
    ...dealEntries(held),
    ...exceptions.flatMap((raised) => exceptionEntries(raised, contract)),
    ...(contract === null ? [] : await contractEntries(reader, contract)),
    ...operations.map(operationEntry),
  ].sort((left, right) => left.at.getTime() - right.at.getTime())
  const taxIds = contract === null ? [] : await taxIdsOfContract(reader, contract)
  return { held, exceptions, contract, taxIds, timeline }
}

function entry(
  kind: TimelineEntry['kind'],
  at: Date,
  title: string,
  detail: string | null = null,
  providerId: string | null = null,
): TimelineEntry {
  return { at, kind, title, detail, providerId }
}

function dealEntries({ seenAt, changedAt, activatedAt, state, stateDetail, crm }: DealCase): TimelineEntry[] {
  const ended = state === 'ignored' || state === 'superseded'
  return [
    entry('deal', seenAt, `Seen closed-won in ${vendors[crm]}`),
    ...(activatedAt === null ? [] : [entry('deal', activatedAt, 'Billing is set up')]),
    ...(ended
      ? [entry('deal', changedAt, state === 'ignored' ? 'Not billed' : 'Superseded', stateDetail)]
      : []),
  ]
}

function exceptionEntries(held: Exception, contract: StoredContract | null): TimelineEntry[] {
  const { openedAt, resolvedAt, resolution, sentence, code, state } = held
  const opened = entry(
    'exception',
    openedAt,
    `${hasStopped(held, contract) ? 'Stopped' : 'Noticed'}: ${code}`,
    sentence,
  )
  if (resolvedAt === null) return [opened]
  return [
    opened,
    entry('exception', resolvedAt, `${state === 'ignored' ? 'Ignored' : 'Settled'}: ${code}`, resolution),
  ]
}

/** Whether an exception kept the deal from going on. A warning comes with the contract, or after it, and keeps nobody from billing it. */
function hasStopped({ subjectKind, openedAt }: Exception, contract: StoredContract | null): boolean {
  return subjectKind === 'work' || contract === null || openedAt < contract.createdAt
}

/** The contract, and what each later version of it changed. */
async function contractEntries(reader: Reader, contract: StoredContract): Promise<TimelineEntry[]> {
  const { contractId, number, createdAt, currentVersion } = contract
  const drafted = entry('contract', createdAt, `Contract ${number} drafted`)
  if (currentVersion === 1) return [drafted]
  const versions = await datedVersionsOfContract(reader, contractId)
  const changed = versions.flatMap((one, index) => {
    const before = versions[index - 1]
    if (before === undefined) return []
    const changes = termChanges(before.version.terms, one.version.terms)
    const words = changes.map(
      ({ path, ...sides }) => `${path}: ${sides.before ?? '–'} → ${sides.after ?? '–'}`,
    )
    const title = `Contract ${number} changed in the CRM: version ${one.version.version}`
    return [entry('contract', one.createdAt, title, words.join('; '))]
  })
  return [drafted, ...changed]
}

const vendors: Readonly<Record<string, string>> = {
  stripe: 'Stripe',
  netsuite: 'NetSuite',
  salesforce: 'Salesforce',
  hubspot: 'HubSpot',
}

/** Operations that change what is there instead of making something. */
const changeWords: Readonly<Record<string, string>> = {
  'customer-email': 'billing e-mail',
  'invoice-references': 'purchase order and references',
}

function operationEntry({
  settledAt,
  plannedAt,
  kind,
  provider,
  state,
  detail,
  providerId,
}: Operation): TimelineEntry {
  const words = {
    succeeded: 'made',
    failed: 'refused',
    planned: 'planned',
    in_flight: 'under way',
    unknown: 'not known yet',
  }
  const shown = state === 'succeeded' ? null : detail
  const change = changeWords[kind]
  const done = change !== undefined && state === 'succeeded' ? 'changed' : words[state]
  return entry(
    'operation',
    settledAt ?? plannedAt,
    `${vendors[provider] ?? provider}: ${change ?? kind} ${done}`,
    shown,
    providerId,
  )
}
