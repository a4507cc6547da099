import type { ContractTerms, ContractVersion } from '../../src/domain/contract.ts'
import type { DealSnapshot } from '../../src/domain/deal.ts'
import { insertContractVersions } from '../../src/store/contracts.ts'
import { ensureCustomer } from '../../src/store/customers.ts'
import { saveSnapshots } from '../../src/store/deal-changes.ts'
import { upsertSeenDeals } from '../../src/store/deals.ts'
import { publishMapping } from '../../src/store/mappings.ts'
import type { Unit } from '../../src/store/unit-of-work.ts'
import { after } from './store.ts'

/** A contract that was drafted, and what it takes to draft its next version. */
export type Sold = {
  readonly caseId: string
  readonly customerId: string
  readonly contractId: string
  readonly subject: string
  readonly version: ContractVersion
}

let turn = 0

/** Sells terms to an account of their own, whose CRM id is the subject of its usage. */
export async function sell(unit: Unit, terms: ContractTerms): Promise<Sold> {
  const subject = `sold-${++turn}`
  const deal = dealNamed(subject)
  const [seen] = await upsertSeenDeals(unit, [deal], after(0))
  const caseId = seen?.caseId ?? ''
  const [saved] = await saveSnapshots(unit, [{ caseId, deal, accountName: null }], after(0))
  const { mappingVersionId } = await publishMapping(
    unit,
    { name: 'hubspot', text: 'v: 1', contentHash: 'h1', by: 'revops' },
    after(0),
  )
  const account = {
    crm: 'hubspot',
    org: '1',
    crmAccountId: subject,
    entity: terms.entity,
    name: 'Acme',
  } as const
  const { customerId } = await ensureCustomer(unit, account, after(0))
  const version: ContractVersion = {
    contractId: unit.ids.next('ctr'),
    version: 1,
    generation: 1,
    dealSnapshotId: saved?.snapshotId ?? '',
    mappingVersionId,
    effectiveOn: terms.startsOn,
    treatment: null,
    terms,
  }
  await insertContractVersions(unit, [{ caseId, customerId, version }], after(0))
  return { caseId, customerId, contractId: version.contractId, subject, version }
}

/** Gives a contract its next version. */
export async function changeTerms(unit: Unit, sold: Sold, terms: ContractTerms): Promise<Sold> {
  const version = { ...sold.version, version: sold.version.version + 1, terms }
  const { caseId, customerId } = sold
  await insertContractVersions(unit, [{ caseId, customerId, version }], after(0))
  return { ...sold, version }
}

function dealNamed(dealId: string): DealSnapshot {
  return {
    crm: 'hubspot',
    org: '1',
    dealId,
    name: dealId,
    isClosedWon: true,
    closedOn: null,
    amount: null,
    currency: null,
    modifiedAt: 'm',
    url: '',
    fields: { deal: {}, account: null, contact: null, lines: [] },
  }
}
