import { changedAfterClose, isHarmless, termChanges } from '../domain/amendment.ts'
import { planBilling } from '../domain/billing-plan.ts'
import type { BooksSettings } from '../domain/books.ts'
import { entityOf } from '../domain/books.ts'
import { dateIn } from '../domain/calendar.ts'
import type { ContractTerms, ContractVersion } from '../domain/contract.ts'
import type { CrmName, DealSnapshot } from '../domain/deal.ts'
import type { Issue } from '../domain/issue.ts'
import type { Drafted } from '../domain/mapping.ts'
import { draftContract as draftTerms } from '../domain/mapping.ts'
import { attachUsage } from '../store/attach-usage.ts'
import type { StoredContract } from '../store/contracts.ts'
import { contractsOfCases } from '../store/contract-lookup.ts'
import { insertContractVersions } from '../store/contracts.ts'
import { ensureCustomers, type BuyingAccount } from '../store/customers.ts'
import { setDealStates } from '../store/deal-changes.ts'
import { casesWithOpenException } from '../store/deal-lookup.ts'
import type { DealCase } from '../store/deals.ts'
import { loadDeals, loadSnapshots } from '../store/deals.ts'
import { enqueue } from '../store/enqueue.ts'
import { openIssues } from '../store/exceptions.ts'
import type { Unit } from '../store/unit-of-work.ts'
import { openItems } from '../store/work-overview.ts'
import * as work from '../store/work.ts'
import type { Job, JobContext } from './job.ts'
import { keepStandings } from './keep-standings.ts'
import type { LiveMapping } from './live-mappings.ts'
import { loadLiveMapping } from './live-mappings.ts'
import { provisioningOf } from './provisioning-work.ts'
import type { MeterBuyer, SoldMeters } from './sold-meters.ts'
import { soldMetersOf } from './sold-meters.ts'
import { tellingOf } from './status-work.ts'
import { takeOver } from './take-over.ts'

/**
 * Stage 2: turns a deal and the live mapping into a contract version, or into exceptions that name every fault. A deal whose contract is
 * live is only compared: harmless changes become a version, all others wait for a person. The subject is the deal case.
 */
export const draftContract: Job = {
  queue: 'draft-contract',
  batchSize: 50,
  concurrency: 2,
  async run(items, context) {
    await context.store.unitOfWork(async (unit) => {
      const cases = await loadDeals(
        unit,
        items.map(({ subject }) => subject),
      )
      const drafts = await draftAll(unit, cases)
      await commit(unit, drafts, context)
      context.checkpoint('contract-after-draft')
      await work.finish(unit, items)
    })
    // The contracts stand whatever becomes of this; the sweeper does it a minute later.
    await keepStandings(context).catch(context.report)
  },
}

/** A case with what the mapping made of its deal, and the contract it already has. */
type Draft = {
  readonly held: DealCase
  readonly deal: DealSnapshot
  readonly snapshotId: string
  readonly mapping: LiveMapping
  readonly drafted: Drafted
  readonly contract: StoredContract | null
  readonly hasOpenIssues: boolean
}

async function draftAll(unit: Unit, cases: readonly DealCase[]): Promise<Draft[]> {
  const snapshots = new Map(
    (
      await loadSnapshots(
        unit,
        cases.flatMap(({ snapshotId }) => snapshotId ?? []),
      )
    ).map((row) => [row.snapshotId, row]),
  )
  const contracts = await contractsOfCases(
    unit,
    cases.map(({ caseId }) => caseId),
  )
  const open = await casesWithOpenException(
    unit,
    'draft-contract',
    cases.map(({ caseId }) => caseId),
  )
  const mappings = new Map<string, LiveMapping>()
  for (const crm of new Set(cases.map((held) => held.crm)))
    mappings.set(crm, await loadLiveMapping(unit, crm))
  return cases.flatMap((held) => {
    const snapshot = snapshots.get(held.snapshotId ?? '')
    const mapping = mappings.get(held.crm)
    if (!snapshot || !mapping) return []
    const drafted = draftTerms(snapshot.content, mapping.mapping)
    const contract = contracts.get(held.caseId) ?? null
    const hasOpenIssues = open.has(held.caseId)
    return [
      {
        held,
        deal: snapshot.content,
        snapshotId: snapshot.snapshotId,
        mapping,
        drafted,
        contract,
        hasOpenIssues,
      },
    ]
  })
}

async function commit(unit: Unit, drafts: readonly Draft[], context: JobContext): Promise<void> {
  const fresh = drafts.filter(({ contract }) => contract === null)
  const sound: { draft: Draft; version: ContractVersion; warnings: readonly Issue[] }[] = []
  const meters = await soldMetersOf(unit, fresh.flatMap(buyerOf))
  for (const draft of fresh) {
    const outcome = contractOf(unit, draft, meters, context)
    if (outcome.kind === 'ignored') await ignore(unit, draft, outcome.rule, context)
    else if (outcome.kind === 'issues') await stop(unit, draft, outcome.issues, context)
    else sound.push({ draft, ...outcome })
  }
  await begin(unit, sound, context)
  for (const draft of drafts.filter(({ contract }) => contract !== null)) await compare(unit, draft, context)
}

type Outcome =
  | Exclude<Drafted, { kind: 'drafted' }>
  | { readonly kind: 'sound'; readonly version: ContractVersion; readonly warnings: readonly Issue[] }

/** The first version of a deal's contract, once its billing can be planned too: the preview is the plan. */
function contractOf(unit: Unit, draft: Draft, meters: SoldMeters, context: JobContext): Outcome {
  const { drafted } = draft
  if (drafted.kind !== 'drafted') return drafted
  const version: ContractVersion = {
    contractId: unit.ids.next('ctr'),
    version: 1,
    generation: draft.held.generation,
    dealSnapshotId: draft.snapshotId,
    mappingVersionId: draft.mapping.versionId,
    effectiveOn: drafted.terms.startsOn,
    treatment: null,
    terms: drafted.terms,
  }
  const buyers = buyerOf(draft)
  const issues = [...planIssues(version, draft.held, context), ...buyers.flatMap(meters.issuesOf)]
  if (issues.length > 0) return { kind: 'issues', issues }
  buyers.forEach(meters.sell)
  return { kind: 'sound', version, warnings: drafted.warnings }
}

function buyerOf({ drafted, held, deal }: Draft): MeterBuyer[] {
  if (drafted.kind !== 'drafted') return []
  const { terms } = drafted
  return [{ account: accountOf(held, terms), terms, dealName: deal.name }]
}

function accountOf({ crm, org }: DealCase, { customer, entity }: ContractTerms): BuyingAccount {
  return { crm: crm as CrmName, org, crmAccountId: customer.crmAccountId, entity }
}

function planIssues(
  version: ContractVersion,
  held: DealCase,
  { books, clock }: JobContext,
): readonly Issue[] {
  const zone = zoneOf(books, version.terms)
  if (zone === null) return [unknownEntity(version.terms.entity)]
  const asOf = dateIn(zone, clock.now())
  const plan = planBilling(version, { asOf, zone, crm: held.crm as CrmName, org: held.org })
  return plan.ok ? [] : plan.error
}

function zoneOf(books: BooksSettings, terms: ContractTerms): string | null {
  return entityOf(books, terms.entity)?.timeZone ?? null
}

/** The issue of a seller the books do not know. */
export function unknownEntity(entity: string): Issue {
  return {
    code: 'LOOKUP_MISS',
    field: 'entity',
    found: entity,
    sentence: `The deal is sold by "${entity}", which the books do not know.`,
    action: 'Add the entity to the books settings, or map the deal to one that is there.',
    owner: 'finance',
    cause: `books have no entity "${entity}"`,
  }
}

async function begin(
  unit: Unit,
  sound: readonly { draft: Draft; version: ContractVersion; warnings: readonly Issue[] }[],
  context: JobContext,
): Promise<void> {
  const now = context.clock.now()
  const customers = await ensureCustomers(
    unit,
    sound.map(({ draft: { held }, version: { terms } }) => ({
      ...accountOf(held, terms),
      name: terms.customer.name,
    })),
    now,
  )
  await insertContractVersions(
    unit,
    sound.map(({ draft, version }, index) => ({
      caseId: draft.held.caseId,
      customerId: customers[index]?.customerId ?? '',
      version,
    })),
    now,
  )
  const names = customers.flatMap(({ customerId, crmAccountId }) => [customerId, crmAccountId])
  await attachUsage(unit, names, context)
  const changes = sound.map(({ draft: { held }, version: { contractId } }) => ({
    caseId: held.caseId,
    action: 'draft' as const,
    to: 'planned' as const,
    contractId,
  }))
  await setDealStates(unit, changes, now)
  for (const { draft, warnings } of sound) await report(unit, draft, warnings, context)
  await enqueue(
    unit,
    sound.map(({ draft: { held }, version: { contractId, terms } }) =>
      provisioningOf(contractId, held, terms),
    ),
    context,
  )
}

async function stop(unit: Unit, draft: Draft, issues: readonly Issue[], context: JobContext): Promise<void> {
  const { caseId } = draft.held
  await setDealStates(unit, [{ caseId, action: 'draft', to: 'exception' }], context.clock.now())
  await report(unit, draft, issues, context)
  await tell(unit, draft, context)
}

async function ignore(unit: Unit, draft: Draft, rule: string, context: JobContext): Promise<void> {
  const { caseId } = draft.held
  await setDealStates(unit, [{ caseId, action: 'ignore', to: 'ignored', detail: rule }], context.clock.now())
  await report(unit, draft, [], context)
  await tell(unit, draft, context)
}

/** Compares a contract with what the deal says now. */
async function compare(unit: Unit, draft: Draft, context: JobContext): Promise<void> {
  await compareTerms(unit, draft, context)
  const { held, contract } = draft
  if (contract?.state !== 'drafted' && contract?.state !== 'provisioning') return
  // Reading the deal again has moved its case; it stands where the set-up of billing stands.
  const open = await openItems(unit, [contract.contractId])
  const to = open.some(({ queue }) => queue === 'provision-billing') ? 'planned' : 'exception'
  await setDealStates(unit, [{ caseId: held.caseId, action: 'draft', to }], context.clock.now())
}

async function compareTerms(unit: Unit, draft: Draft, context: JobContext): Promise<void> {
  const { held, contract, snapshotId, mapping, drafted, deal } = draft
  if (contract === null) return
  if (drafted.kind === 'issues') return report(unit, draft, drafted.issues, context)
  if (drafted.kind === 'ignored') return
  const changes = termChanges(contract.version.terms, drafted.terms)
  if (changes.length > 0 && changes.every(isHarmless)) {
    const { terms } = drafted
    const change = { held, contract, snapshotId, mappingVersionId: mapping.versionId, terms, changes }
    await takeOver(unit, change, context)
    return report(unit, draft, drafted.warnings, context)
  }
  const decisions = changes.length === 0 ? [] : [changedAfterClose(deal.name, changes)]
  // What was warned of at close stands for as long as the deal says so.
  await report(unit, draft, [...decisions, ...drafted.warnings], context)
}

/** Makes the issues the standing set of the case, which settles those that are gone. */
async function report(
  unit: Unit,
  { held, hasOpenIssues }: Draft,
  issues: readonly Issue[],
  { clock }: JobContext,
): Promise<void> {
  if (issues.length === 0 && !hasOpenIssues) return
  const subject = { queue: 'draft-contract', subjectKind: 'deal', subject: held.caseId, caseId: held.caseId }
  await openIssues(unit, subject, issues, clock.now())
}

async function tell(unit: Unit, { held }: Draft, context: JobContext): Promise<void> {
  await enqueue(unit, [tellingOf(held, context.clock.now())], context)
}
