import { readFileSync } from 'node:fs'
import type { ContractVersion } from '../../src/domain/contract.ts'
import type { DealSnapshot } from '../../src/domain/deal.ts'
import { credit, debit, type LedgerTransaction } from '../../src/domain/ledger.ts'
import { draftJournals } from '../../src/domain/journal.ts'
import { money } from '../../src/domain/money.ts'
import { tieOuts } from '../../src/domain/reconcile.ts'
import { issueOf } from '../../src/domain/sentence.ts'
import { activateContract, startProvisioning } from '../../src/store/contract-states.ts'
import { insertContractVersions } from '../../src/store/contracts.ts'
import { ensureCustomer } from '../../src/store/customers.ts'
import { saveSnapshots, setDealStates } from '../../src/store/deal-changes.ts'
import { upsertSeenDeals } from '../../src/store/deals.ts'
import { openIssues } from '../../src/store/exceptions.ts'
import { saveFacts } from '../../src/store/facts.ts'
import { hashOf } from '../../src/store/fingerprint.ts'
import { draftJournal, markPosted } from '../../src/store/journals.ts'
import { transactionsOfMonth } from '../../src/store/ledger-trail.ts'
import { appendTransactions } from '../../src/store/ledger.ts'
import { publishMapping } from '../../src/store/mappings.ts'
import { publishMeter } from '../../src/store/meters.ts'
import { closeMonth, startClosing } from '../../src/store/months.ts'
import { beginOperation, settleOperation } from '../../src/store/operations.ts'
import { finishRun, startRun } from '../../src/store/reconciliation.ts'
import type { Store, Unit } from '../../src/store/unit-of-work.ts'
import { acmeTerms } from '../domain/contract-samples.ts'
import { sampleMeter } from '../domain/meter-samples.ts'
import { after } from '../store/store.ts'

/** Ids of what a seeded hub holds. */
export type Seeded = {
  readonly acmeCase: string
  readonly stoppedCase: string
  readonly contractId: string
  readonly customerId: string
}

const at = after(0)
const org = '00D000000000001AAA'

/** The mapping file the hub ships, published, so that lookups can grow. */
const mappingText = readFileSync(new URL('../../mappings/salesforce.yaml', import.meta.url), 'utf8')

/**
 * Fills a hub: Acme Bank is active, billed and paid for January, and its month is closed and posted; Nordsee waits for the terms
 * `Net 45 EOM` with 12,000.00 USD; of the seven tie-outs, `usage` has one difference.
 */
export async function seed(store: Store): Promise<Seeded> {
  const cases = await store.unitOfWork(seedDeals)
  const contract = await store.unitOfWork((unit) => seedContract(unit, cases))
  await store.unitOfWork((unit) => seedBooks(unit, contract.contractId))
  await store.unitOfWork((unit) => postJanuary(unit))
  await store.unitOfWork(seedTieOuts)
  await store.unitOfWork(seedMeters)
  return { ...cases, ...contract }
}

/** The meters `llm-requests`, and `llm-tokens` whose second version is to come. */
async function seedMeters(unit: Unit): Promise<void> {
  const requests = sampleMeter({ meter: 'llm-requests', aggregation: 'count', valuePath: null })
  const byRegion = sampleMeter({
    groupBy: ['region'],
    filters: [
      { property: 'tier', oneOf: ['gold'] },
      { property: 'test', noneOf: ['true'] },
      { property: 'region', present: true },
    ],
  })
  for (const [definition, month] of [
    [sampleMeter(), '01'],
    [requests, '01'],
    [byRegion, '07'],
  ] as const) {
    const effectiveFrom = new Date(`2026-${month}-01T00:00:00Z`)
    const published = await publishMeter(unit, { definition, effectiveFrom, by: 'revops' }, at)
    if (!published.ok) throw new Error(published.error.sentence)
  }
}

type Cases = { readonly acmeCase: string; readonly stoppedCase: string; readonly snapshotIds: string[] }

async function seedDeals(unit: Unit): Promise<Cases> {
  const drafts = [dealNamed('006ACME', 'Acme Bank', '600000.00'), dealNamed('006NORD', 'Nordsee', '12000.00')]
  const seen = await upsertSeenDeals(unit, drafts, at)
  const [acmeCase = '', stoppedCase = ''] = seen.map(({ caseId }) => caseId)
  const saved = await saveSnapshots(
    unit,
    drafts.map((deal, index) => ({ caseId: seen[index]?.caseId ?? '', deal, accountName: deal.name })),
    at,
  )
  const issue = issueOf(
    {
      code: 'LOOKUP_MISS',
      field: 'deal.Payment_Terms__c',
      label: 'payment terms',
      found: 'Net 45 EOM',
      details: { table: 'payment-terms' },
      cause: 'lookup payment-terms has no entry "Net 45 EOM"',
    },
    { name: 'Nordsee', amount: money('USD', 1_200_000n) },
  )
  const subject = { queue: 'draft-contract', subjectKind: 'deal', subject: stoppedCase, caseId: stoppedCase }
  await openIssues(unit, subject, [issue], at)
  await setDealStates(unit, [{ caseId: stoppedCase, action: 'draft', to: 'exception' }], at)
  return { acmeCase, stoppedCase, snapshotIds: saved.map(({ snapshotId }) => snapshotId) }
}

function dealNamed(dealId: string, name: string, amount: string): DealSnapshot {
  return {
    crm: 'salesforce',
    org,
    dealId,
    name,
    isClosedWon: true,
    closedOn: '2025-12-20',
    amount,
    currency: 'USD',
    modifiedAt: '2026-01-02T00:00:00Z',
    url: `https://example.my.salesforce.com/${dealId}`,
    fields: { deal: {}, account: null, contact: null, lines: [] },
  }
}

async function seedContract(
  unit: Unit,
  { acmeCase, snapshotIds }: Cases,
): Promise<{ contractId: string; customerId: string }> {
  const name = 'salesforce'
  const published = await publishMapping(
    unit,
    { name, text: mappingText, contentHash: hashOf(mappingText), by: 'test' },
    at,
  )
  const account = { crm: name, org, crmAccountId: '001ACME', entity: 'us', name: 'Acme Bank' } as const
  const { customerId } = await ensureCustomer(unit, account, at)
  const terms = acmeTerms({ signedOn: '2025-12-20', startsOn: '2026-01-01', endsBefore: '2027-01-01' })
  const version: ContractVersion = {
    contractId: 'ctr_acme',
    version: 1,
    generation: 1,
    dealSnapshotId: snapshotIds[0] ?? '',
    mappingVersionId: published.mappingVersionId,
    effectiveOn: terms.startsOn,
    treatment: null,
    terms,
  }
  await insertContractVersions(unit, [{ caseId: acmeCase, customerId, version }], at)
  const contractId = version.contractId
  await setDealStates(unit, [{ caseId: acmeCase, action: 'draft', to: 'planned', contractId }], at)
  await setDealStates(unit, [{ caseId: acmeCase, action: 'provision', to: 'provisioning' }], at)
  await setDealStates(unit, [{ caseId: acmeCase, action: 'activate', to: 'active' }], after(4))
  await startProvisioning(unit, contractId)
  await activateContract(unit, contractId, 'sub_acme', after(4))
  const operation = {
    opKey: 'customer/cus_acme',
    fingerprint: 'f',
    provider: 'stripe',
    kind: 'customer',
    subject: contractId,
  }
  await beginOperation(unit, operation, { now: at, leaseUntil: after(60) })
  await settleOperation(unit, operation.opKey, 1, { kind: 'succeeded', providerId: 'cus_123' }, after(3))
  return { contractId, customerId }
}

async function seedBooks(unit: Unit, contractId: string): Promise<void> {
  const invoiceId = 'in_acme_1'
  const amount = money('USD', 5_000_000n)
  const where = { contractId, lineId: 'platform' }
  const common = {
    entity: 'us',
    occurredAt: new Date('2026-01-31T20:00:00Z'),
    accountingDate: '2026-01-31',
    memo: '',
  }
  const finalized: LedgerTransaction = {
    ...common,
    factKey: `invoice-finalized:${invoiceId}`,
    reason: 'invoice-finalized',
    sourceId: invoiceId,
    entries: [debit('receivable', amount, { invoiceId }), credit('contract-liability', amount, where)],
  }
  const paid: LedgerTransaction = {
    ...common,
    factKey: 'invoice-paid:inpay_1',
    reason: 'invoice-paid',
    sourceId: 'inpay_1',
    entries: [debit('stripe-clearing', amount, { invoiceId }), credit('receivable', amount, { invoiceId })],
  }
  const recognized: LedgerTransaction = {
    ...common,
    factKey: `revenue-recognized:${contractId}:2026-01:1`,
    reason: 'revenue-recognized',
    sourceId: contractId,
    entries: [debit('contract-liability', amount, where), credit('revenue', amount, where, 'Platform')],
  }
  await appendTransactions(unit, [finalized, paid, recognized], at)
  await saveFacts(
    unit,
    [
      {
        kind: 'invoice-finalized',
        factKey: finalized.factKey,
        occurredAt: common.occurredAt,
        invoiceId,
        number: 'ACME-0001',
        customerId: 'cus_123',
        contractId,
        total: amount,
        lines: [],
        taxes: [],
        dueOn: '2026-04-01',
        customFields: [],
      },
    ],
    at,
  )
}

async function postJanuary(unit: Unit): Promise<void> {
  const scope = { entity: 'us', month: '2026-01', currency: 'USD' }
  await startClosing(unit, scope.entity, scope.month)
  await closeMonth(unit, scope.entity, scope.month, 'hub', at)
  const held = []
  for await (const page of transactionsOfMonth(unit, scope.entity, scope.month)) held.push(...page)
  const sources = held.flatMap(({ transactionId, entries }) =>
    entries.map(({ account, side, amount }) => ({
      transactionId,
      account,
      side,
      amountMinor: amount.amountMinor,
    })),
  )
  for (const { entry, transactionIds } of draftJournals(scope, sources, 200)) {
    await draftJournal(unit, entry, transactionIds, at)
    await markPosted(unit, entry.externalId, '9001', after(9))
  }
}

async function seedTieOuts(unit: Unit): Promise<void> {
  for (const { name } of tieOuts) {
    const runId = await startRun(unit, name, null, at)
    const difference = {
      subjectKind: name,
      subject: 'cus_acme tokens 2026-02',
      field: 'figure',
      expected: '10',
      found: '9',
      amount: null,
      cause: 'one hour has not been reported',
      occurredAt: null,
    }
    const differences = name === 'usage' ? [difference] : []
    await finishRun(unit, runId, { population: 3, matched: 3 - differences.length }, differences, after(5))
  }
}
