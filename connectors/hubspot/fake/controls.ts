import type { Portal, JournalLine } from './portal.ts'
import { archiveRecord, mergeRecords, recordOf } from './record-routes.ts'
import type { StoredRecord } from './records.ts'
import type { RecordType } from './standard-properties.ts'

/** Property values of a record to put into the portal. */
export type RecordSeed = Readonly<Record<string, string>>

/** A deal to put into the portal with what belongs to it. A company or contact is given by its values, or by the id of one that exists. */
export type DealSeed = {
  readonly deal: RecordSeed
  readonly company?: RecordSeed | string
  readonly contact?: RecordSeed | string
  readonly lines?: readonly RecordSeed[]
}

/** A deal as it stands in truth. */
export type DealTruth = {
  readonly dealId: string
  readonly isClosedWon: boolean
  readonly values: RecordSeed
  readonly companyIds: readonly string[]
  readonly contactIds: readonly string[]
  readonly lines: readonly RecordSeed[]
}

export type Truth = {
  readonly deals: readonly DealTruth[]
  readonly journal: readonly JournalLine[]
  readonly pendingEvents: number
  readonly lostEvents: number
}

/** What people do in the portal, for tests, the demo and trials. */
export type Controls = {
  /** Puts records in as if they had been there before the app was installed; answers the deal ids. */
  load(seeds: readonly DealSeed[]): string[]
  create(type: RecordType, values: RecordSeed): string
  /** A salesperson creates a deal; the app is told. */
  createDeal(seed: DealSeed): string
  closeDeal(dealId: string, values?: RecordSeed): void
  update(type: RecordType, id: string, values: Readonly<Record<string, string | null>>): void
  addLine(dealId: string, values: RecordSeed): string
  /** Removes a record, such as a line item between an event and the read. */
  remove(type: RecordType, id: string): void
  /** Merges two deals; answers the id of the new one. */
  merge(primaryId: string, otherId: string): string
  /** Makes the portal refuse every write to a record over the API. */
  lock(id: string, reason: string): void
  renameStage(stageId: string, label: string): void
  truth(): Truth
}

/** The controls of a portal. */
export function createControls(portal: Portal): Controls {
  const create = (type: RecordType, values: RecordSeed) => portal.records.create(type, values, 'CRM_UI').id
  const addLine = (dealId: string, values: RecordSeed) => {
    const lineId = create('line_items', values)
    portal.associations.associate('deals', dealId, 'line_items', lineId)
    return lineId
  }
  const createDeal = (seed: DealSeed) => {
    const dealId = create('deals', seed.deal)
    const ends = [['companies', seed.company] as const, ['contacts', seed.contact] as const]
    for (const [type, end] of ends) {
      if (end === undefined) continue
      const endId = typeof end === 'string' ? end : (knownContact(portal, type, end) ?? create(type, end))
      portal.associations.associate('deals', dealId, type, endId)
    }
    for (const line of seed.lines ?? []) addLine(dealId, line)
    return dealId
  }
  const update: Controls['update'] = (type, id, values) =>
    portal.records.update(recordOf(portal, type, id), values, 'CRM_UI')
  return {
    load: (seeds) => portal.quietly(() => seeds.map(createDeal)),
    create: (type, values) => portal.quietly(() => create(type, values)),
    createDeal,
    closeDeal: (dealId, values = {}) => {
      const pipeline = recordOf(portal, 'deals', dealId).values.get('pipeline') ?? 'default'
      update('deals', dealId, { ...values, dealstage: portal.pipelines.wonStage(pipeline).id })
    },
    update,
    addLine,
    remove: (type, id) => archiveRecord(portal, recordOf(portal, type, id)),
    merge: (primaryId, otherId) => mergeRecords(portal, 'deals', primaryId, otherId).id,
    lock: (id, reason) => void portal.locked.set(id, reason),
    renameStage: (stageId, label) => portal.pipelines.change(stageId, { label }),
    truth: () => truthOf(portal),
  }
}

/** HubSpot keeps one contact for an e-mail address: a second deal's is the same one. */
function knownContact(portal: Portal, type: RecordType, values: RecordSeed): string | undefined {
  const email = values['email']
  if (type !== 'contacts' || email === undefined) return undefined
  return portal.records.findByValue('contacts', 'email', email)?.id
}

function truthOf(portal: Portal): Truth {
  const live = portal.records.all('deals').filter(({ archivedAt }) => archivedAt === null)
  return {
    deals: live.map((deal) => dealTruth(portal, deal)),
    journal: portal.journal,
    pendingEvents: portal.webhooks.pending(),
    lostEvents: portal.webhooks.lost.length,
  }
}

function dealTruth(portal: Portal, deal: StoredRecord): DealTruth {
  const ids = (type: RecordType) => portal.associations.of('deals', deal.id, type).map(({ toId }) => toId)
  return {
    dealId: deal.id,
    isClosedWon: deal.values.get('hs_is_closed_won') === 'true',
    values: Object.fromEntries(deal.values),
    companyIds: ids('companies'),
    contactIds: ids('contacts'),
    lines: ids('line_items').map((id) =>
      Object.fromEntries(portal.records.find('line_items', id)?.values ?? []),
    ),
  }
}
