import { readOwnSettings } from '../../config.ts'
import type { DealSnapshot } from '../../domain/deal.ts'
import type { Mapping } from '../../domain/mapping.ts'
import { dealNamed } from '../../http/deal-detail.ts'
import { loadLiveMapping } from '../../jobs/live-mappings.ts'
import { systemClock } from '../../ports/clock.ts'
import type { StoredContract } from '../../store/contracts.ts'
import { contractOfCase } from '../../store/contracts.ts'
import { loadSnapshots } from '../../store/deals.ts'
import { liveMapping } from '../../store/mappings.ts'
import { providerIdsOf } from '../../store/operations.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { CommandError } from '../exit-codes.ts'
import { readBooks } from '../setting-files.ts'
import type { CommandDatabase } from './command-database.ts'
import { withDatabase } from './command-database.ts'
import { commandHub } from './command-hub.ts'
import { planData } from './deal-plan-data.ts'
import { planText } from './deal-plan-text.ts'
import type { DealPlan, PlanSettings } from './deal-preview.ts'
import { previewContract, previewDeal } from './deal-preview.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'

export type DealPlanOptions = CommonOptions & { readonly fromCrm?: boolean }

/** A plan, the deal it is of, and what of it is there already. */
export type FoundPlan = {
  readonly deal: DealSnapshot
  /** The contract that is planned; null when there is none yet. */
  readonly contract: StoredContract | null
  /** How the mapping is called that made the terms. */
  readonly mappingName: string
  readonly plan: DealPlan
  /** Provider ids of steps already done, by their keys. */
  readonly made: ReadonlyMap<string, string>
}

/** `tieout deals plan`: what would become of a deal. Nothing is sent, and nothing is stored. */
export function planDeal(session: Session, id: string, { fromCrm }: DealPlanOptions): Promise<Outcome> {
  const environment = readOwnSettings(session.variables)
  return withDatabase(session, async (database) => {
    const settings: PlanSettings = {
      books: await readBooks(environment.TIEOUT_MAPPINGS_DIR),
      now: systemClock.now(),
      automaticTax: environment.TIEOUT_AUTOMATIC_TAX === 'true',
    }
    const found =
      fromCrm === true
        ? await planFromCrm(session, database, id, settings)
        : await planKnown(database.store, id, settings)
    const isStopped = found.plan.kind === 'stopped'
    return {
      data: planData(found),
      text: planText(found, settings.books),
      ...(isStopped ? { exit: 'failed', next: `tieout exceptions list` } : {}),
    }
  })
}

/** A deal the hub has read: its contract as it stands, or what the live mapping would make of it. */
async function planKnown(store: Store, id: string, settings: PlanSettings): Promise<FoundPlan> {
  const held = await dealNamed(store.read, id)
  const [snapshot] = await loadSnapshots(store.read, held.snapshotId === null ? [] : [held.snapshotId])
  if (snapshot === undefined) {
    throw new CommandError(
      'not-found',
      `The deal ${held.dealId} has not been read yet.`,
      `tieout deals plan ${held.dealId} --from-crm`,
    )
  }
  const deal = snapshot.content
  const contract = await contractOfCase(store.read, held.caseId)
  if (contract === null) return planByLiveMapping(store, deal, settings)
  const plan = previewContract(contract.version, deal, settings)
  const keys = plan.kind === 'planned' ? plan.plan.steps.map(({ opKey }) => opKey) : []
  const mappingName = await liveName(store, deal.crm)
  return { deal, contract, mappingName, plan, made: await providerIdsOf(store.read, keys) }
}

async function planFromCrm(
  session: Session,
  database: CommandDatabase,
  id: string,
  settings: PlanSettings,
): Promise<FoundPlan> {
  const { context } = await commandHub(session, database, false)
  session.progress.say('Reading the deal in the CRM')
  const troubles: string[] = []
  for (const crm of context.crms.values()) {
    const answer = await crm.readDeals([id])
    if (answer.kind !== 'ok') {
      troubles.push(`${crm.name}: ${'detail' in answer ? answer.detail : answer.kind}`)
      continue
    }
    const [read] = answer.value
    if (read?.kind === 'found') return planByLiveMapping(database.store, read.deal, settings)
  }
  if (troubles.length > 0)
    throw new CommandError('provider', `The deal could not be read. ${troubles.join(' ')}`)
  throw new CommandError('not-found', `No connected CRM has a deal ${id}.`)
}

async function planByLiveMapping(
  store: Store,
  deal: DealSnapshot,
  settings: PlanSettings,
): Promise<FoundPlan> {
  const { mapping } = await live(store, deal)
  const plan = previewDeal(deal, mapping, settings)
  return { deal, contract: null, mappingName: await liveName(store, deal.crm), plan, made: new Map() }
}

async function live(store: Store, { crm }: DealSnapshot): Promise<{ mapping: Mapping }> {
  if ((await liveMapping(store.read, crm)) === null) {
    throw new CommandError(
      'failed',
      `No mapping for ${crm} is published yet: a hub publishes it when it starts.`,
    )
  }
  return loadLiveMapping(store.read, crm)
}

async function liveName(store: Store, crm: string): Promise<string> {
  const version = await liveMapping(store.read, crm)
  return version === null ? crm : `${crm} v${version.version}`
}
