import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ContractTerms, ContractVersion } from '../../src/domain/contract.ts'
import { money } from '../../src/domain/money.ts'
import { activateContract, endContract, startProvisioning } from '../../src/store/contract-states.ts'
import {
  contractBySubscription,
  contractOfCase,
  contractsOfCustomer,
  contractsOfEntity,
  insertContractVersions,
  listContracts,
  loadContracts,
  versionsOfContract,
} from '../../src/store/contracts.ts'
import {
  addAlias,
  customerByProviderId,
  customerBySubject,
  ensureCustomer,
  linkProviderCustomer,
} from '../../src/store/customers.ts'
import { saveSnapshots } from '../../src/store/deal-changes.ts'
import { findDeals, upsertSeenDeals } from '../../src/store/deals.ts'
import { liveMapping, mappingHistory, mappingVersionAt, publishMapping } from '../../src/store/mappings.ts'
import { after, ownStore, refusalOf, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

function terms(changes: Partial<ContractTerms> = {}): ContractTerms {
  return {
    customer: { crmAccountId: '001', name: 'Acme', billingEmail: null, address: null, taxIds: [] },
    entity: 'us',
    currency: 'USD',
    signedOn: '2026-02-20',
    startsOn: '2026-03-01',
    endsBefore: '2027-03-01',
    renewal: { kind: 'none' },
    collection: { kind: 'invoice', daysUntilDue: 60 },
    purchaseOrder: { number: 'PO-1', amount: money('USD', 9_007_199_254_740_993n), expiresOn: null },
    references: [],
    proration: 'next-invoice',
    lines: [
      {
        kind: 'usage',
        lineId: 'tokens',
        product: { code: 'TOK', name: 'Tokens', family: 'API' },
        meter: 'tokens',
        includedUnits: 10_000_000n,
        unitSize: 1000n,
        model: 'per-unit',
        tiers: [{ upTo: null, unitPrice: '0.004', flatFee: null }],
        overageDiscountPercent: '20',
        commit: null,
        minimum: null,
        billing: { months: 1, timing: 'arrears' },
      },
    ],
    discounts: [],
    entitlements: { sso: true, seats: 50, region: 'eu' },
    provenance: { salesRep: null, documentUrl: null, crmUrl: null },
    ...changes,
  }
}

let turn = 0

/** A drafted contract with all it stands on. */
async function drafted(changes: Partial<ContractTerms> = {}) {
  const dealId = `deal-${++turn}`
  const account = {
    crm: 'hubspot',
    org: '1',
    crmAccountId: `account-${turn}`,
    entity: 'us',
    name: 'Acme',
  } as const
  return own.store.unitOfWork(async (unit) => {
    const [seen] = await upsertSeenDeals(
      unit,
      [{ crm: 'hubspot', org: '1', dealId, modifiedAt: 'm' }],
      after(0),
    )
    const caseId = seen?.caseId as string
    const head = {
      crm: 'hubspot',
      org: '1',
      dealId,
      name: 'x',
      isClosedWon: true,
      closedOn: null,
      amount: null,
    } as const
    const rest = {
      currency: null,
      modifiedAt: 'm',
      url: '',
      fields: { deal: {}, account: null, contact: null, lines: [] },
    }
    const [snap] = await saveSnapshots(
      unit,
      [{ caseId, deal: { ...head, ...rest }, accountName: null }],
      after(0),
    )
    const mapping = await publishMapping(
      unit,
      { name: 'hubspot', text: 'v: 1', contentHash: 'h1', by: 'revops' },
      after(0),
    )
    const { customerId } = await ensureCustomer(unit, account, after(0))
    const version: ContractVersion = {
      contractId: unit.ids.next('ctr'),
      version: 1,
      generation: 1,
      dealSnapshotId: snap?.snapshotId as string,
      mappingVersionId: mapping.mappingVersionId,
      effectiveOn: '2026-03-01',
      treatment: null,
      terms: terms(changes),
    }
    await insertContractVersions(unit, [{ caseId, customerId, version }], after(0))
    return { caseId, customerId, version, contractId: version.contractId, dealId }
  })
}

test('terms come back exactly, and contracts are numbered one after the other', async () => {
  const [first, second] = [await drafted(), await drafted()]
  const [stored] = await loadContracts(own.store.read, [first.contractId])
  expect(stored?.version).toEqual(first.version)
  expect(stored).toMatchObject({
    state: 'drafted',
    currency: 'USD',
    startsOn: '2026-03-01',
    endsBefore: '2027-03-01',
  })
  expect(stored?.number).toMatch(/^C-1\d{3}$/)
  const next = await contractOfCase(own.store.read, second.caseId)
  expect(Number(next?.number.slice(2))).toBeGreaterThan(Number(stored?.number.slice(2)))
})

test('an amendment is the latest version; the first one stays, and neither can be written with other terms', async () => {
  const { caseId, customerId, version, contractId } = await drafted()
  const amended: ContractVersion = {
    ...version,
    version: 2,
    treatment: 'prospective',
    terms: terms({ endsBefore: '2028-03-01' }),
  }
  const insert = (added: ContractVersion) =>
    own.store.unitOfWork((unit) =>
      insertContractVersions(unit, [{ caseId, customerId, version: added }], after(9)),
    )
  await insert(amended)
  await insert(version)
  const [stored] = await loadContracts(own.store.read, [contractId])
  expect(stored).toMatchObject({ currentVersion: 2, endsBefore: '2028-03-01', version: { version: 2 } })
  expect(await versionsOfContract(own.store.read, contractId)).toEqual([version, amended])
  await expect(insert({ ...amended, terms: terms() })).rejects.toThrow('other terms in its version 2')
})

test('a contract is provisioned, activated once and found by its subscription', async () => {
  const { contractId, caseId } = await drafted()
  const run = own.store.unitOfWork
  expect(await run((unit) => activateContract(unit, contractId, 'sub_1', after(1)))).toBe(false)
  expect(await run((unit) => startProvisioning(unit, contractId))).toBe(true)
  expect(await run((unit) => activateContract(unit, contractId, 'sub_1', after(2)))).toBe(true)
  expect(await run((unit) => startProvisioning(unit, contractId))).toBe(true)
  expect(await run((unit) => activateContract(unit, contractId, 'sub_1', after(3)))).toBe(true)
  expect(await contractBySubscription(own.store.read, 'sub_1')).toMatchObject({
    contractId,
    state: 'active',
    activatedAt: after(2),
  })
  expect((await findDeals(own.store.read, 'sub_1')).map((deal) => deal.caseId)).toEqual([caseId])
  const other = await drafted()
  await run((unit) => startProvisioning(unit, other.contractId))
  expect(await refusalOf(run((unit) => activateContract(unit, other.contractId, 'sub_1', after(4))))).toBe(
    '23505',
  )
  expect(await run((unit) => endContract(unit, contractId))).toBe(true)
})

test('the contracts of an entity come page by page, each once', async () => {
  const ids = []
  for (let index = 0; index < 5; index++) {
    const { contractId } = await drafted({ entity: 'paged' })
    await own.store.unitOfWork((unit) => startProvisioning(unit, contractId))
    await own.store.unitOfWork((unit) => activateContract(unit, contractId, null, after(1)))
    ids.push(contractId)
  }
  await drafted({ entity: 'paged' })
  const pages = []
  for await (const page of contractsOfEntity(own.store.read, 'paged', ['active'], 2)) pages.push(page)
  expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
  expect(pages.flat().map(({ contractId }) => contractId)).toEqual(ids)
  expect(await listContracts(own.store.read, { state: 'active', limit: 2 })).toMatchObject([
    { contractId: ids[4] },
    { contractId: ids[3] },
  ])
})

test('a customer is one for its account and entity, and tied to one customer of the provider', async () => {
  const { customerId, contractId } = await drafted()
  const account = `account-${turn}`
  const link = (id: string) =>
    own.store.unitOfWork((unit) => linkProviderCustomer(unit, customerId, id, after(1)))
  await link('cus_A')
  await link('cus_A')
  await expect(link('cus_B')).rejects.toThrow('tied to another')
  for (const name of [customerId, account, 'cus_A']) {
    expect((await customerBySubject(own.store.read, name))?.customerId).toBe(customerId)
  }
  expect(await customerByProviderId(own.store.read, 'cus_A')).toMatchObject({ customerId, name: 'Acme' })
  expect(await customerBySubject(own.store.read, 'nobody')).toBeNull()
  const other = await drafted()
  await own.store.unitOfWork((unit) => addAlias(unit, 'cus_A', other.customerId, after(2)))
  expect(await customerBySubject(own.store.read, 'cus_A')).toBeNull()
  expect((await contractsOfCustomer(own.store.read, customerId)).map((held) => held.contractId)).toEqual([
    contractId,
  ])
})

test('publishing the same text again makes no version; going back to an old one is a new activation', async () => {
  const publish = (contentHash: string, at: number) =>
    own.store.unitOfWork((unit) =>
      publishMapping(unit, { name: 'sf', text: contentHash, contentHash, by: 'ann' }, after(at)),
    )
  const first = await publish('one', 1)
  expect(await publish('one', 2)).toMatchObject({
    version: 1,
    isNew: false,
    mappingVersionId: first.mappingVersionId,
  })
  expect(await publish('two', 3)).toMatchObject({ version: 2, isNew: true })
  expect(await liveMapping(own.store.read, 'sf')).toMatchObject({ version: 2, text: 'two' })
  await publish('one', 4)
  expect(await liveMapping(own.store.read, 'sf')).toMatchObject({ version: 1, text: 'one' })
  expect((await mappingHistory(own.store.read, 'sf')).map(({ activatedAt }) => activatedAt)).toEqual([
    after(1),
    after(3),
    after(4),
  ])
  expect(await mappingVersionAt(own.store.read, 'sf', 2)).toMatchObject({
    contentHash: 'two',
    createdBy: 'ann',
  })
  expect(await liveMapping(own.store.read, 'nothing')).toBeNull()
})

test('eight people publishing eight texts at once get the numbers one to eight', async () => {
  const versions = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      own.store.unitOfWork((unit) =>
        publishMapping(unit, { name: 'race', text: '', contentHash: `h${index}`, by: 'x' }, after(0)),
      ),
    ),
  )
  expect(versions.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})
