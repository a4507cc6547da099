import { sql, type SQL } from 'drizzle-orm'
import { dealActions, type DealSnapshot, type DealState } from '../domain/deal.ts'
import { fingerprintOf } from './fingerprint.ts'
import { among, inputRows, toJson } from './json.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/** A deal as read for a case; the account's name lies in a field whose name only the connector knows. */
export type ReadDeal = {
  readonly caseId: string
  readonly deal: DealSnapshot
  readonly accountName: string | null
}

/** `isNew` is false when the case already had a snapshot of the same content. */
export type SavedSnapshot = {
  readonly caseId: string
  readonly snapshotId: string
  readonly isNew: boolean
}

const snapshotColumns =
  'ordinal integer, snapshot_id text, case_id text, content text, content_hash text, name text, account_name text, amount text, ' +
  'currency text, closed_on date, url text, modified_at text'

/**
 * Keeps what was read, once for each content, and shows it on the case; bulk. When only `modifiedAt` differs the content is the
 * same: our own write-back moves it.
 */
export async function saveSnapshots(
  unit: Unit,
  reads: readonly ReadDeal[],
  takenAt: Date,
): Promise<SavedSnapshot[]> {
  if (reads.length === 0) return []
  const rows = reads.map((read, ordinal) => snapshotRow(unit, read, ordinal))
  const added = await rowsOf<{ snapshot_id: string }>(
    unit,
    sql`
    insert into deal_snapshot (snapshot_id, case_id, content, content_hash, taken_at)
    select snapshot_id, case_id, content::jsonb, content_hash, ${takenAt.toISOString()}::timestamptz
    from ${inputRows(rows, snapshotColumns)} order by case_id, content_hash
    on conflict (case_id, content_hash) do nothing returning snapshot_id`,
  )
  const shown = await rowsOf<{ case_id: string; snapshot_id: string }>(
    unit,
    sql`
    update deal_case held set
      name = input.name, account_name = input.account_name, amount = input.amount, currency = input.currency,
      closed_on = input.closed_on, url = input.url, modified_at = input.modified_at, snapshot_id = stored.snapshot_id
    from ${inputRows(rows, snapshotColumns)} join deal_snapshot stored using (case_id, content_hash)
    where held.case_id = input.case_id
    returning held.case_id, held.snapshot_id`,
  )
  const addedIds = new Set(added.map((row) => row.snapshot_id))
  const ids = new Map(shown.map((row) => [row.case_id, row.snapshot_id]))
  return reads.map(({ caseId }) => {
    const snapshotId = ids.get(caseId) as string
    return { caseId, snapshotId, isNew: addedIds.has(snapshotId) }
  })
}

function snapshotRow(unit: Unit, { caseId, deal, accountName }: ReadDeal, ordinal: number) {
  const { modifiedAt, ...content } = deal
  return {
    ordinal,
    snapshot_id: unit.ids.next('snap'),
    case_id: caseId,
    content: toJson(deal),
    content_hash: fingerprintOf(content),
    name: deal.name,
    account_name: accountName,
    amount: deal.amount,
    currency: deal.currency,
    closed_on: deal.closedOn,
    url: deal.url,
    modified_at: modifiedAt,
  }
}

/** What is done with a case and the state that follows; `detail` is the rule or reason, where there is one. */
export type DealChange = {
  readonly caseId: string
  readonly action: keyof typeof dealActions
  readonly to: DealState
  readonly contractId?: string
  readonly detail?: string
}

/** A case in a state in which the action is not allowed; it stays as it is. */
export type RefusedChange = { readonly caseId: string; readonly state: DealState | null }

/**
 * Moves cases to other states; bulk. Each action is done only from the states `dealActions` allows. Answers the refused, with the
 * state they are in (null: no such case).
 */
export async function setDealStates(
  unit: Unit,
  changes: readonly DealChange[],
  changedAt: Date,
): Promise<RefusedChange[]> {
  if (changes.length === 0) return []
  const rows = changes.map(({ caseId, action, to, contractId, detail }) => ({
    case_id: caseId,
    allowed: dealActions[action],
    state: to,
    contract_id: contractId ?? null,
    detail: detail ?? null,
  }))
  const at = changedAt.toISOString()
  const moved = await rowsOf<{ case_id: string }>(
    unit,
    sql`
    update deal_case held set
      state = input.state, state_detail = input.detail, changed_at = ${laterThan(at)},
      contract_id = coalesce(input.contract_id, held.contract_id),
      activated_at = case when input.state = 'active' then coalesce(held.activated_at, ${at}::timestamptz) else held.activated_at end
    from ${inputRows(rows, 'case_id text, allowed jsonb, state text, contract_id text, detail text')}
    where held.case_id = input.case_id and input.allowed ? held.state
    returning held.case_id`,
  )
  const movedIds = new Set(moved.map((row) => row.case_id))
  const refusedIds = changes.map((change) => change.caseId).filter((caseId) => !movedIds.has(caseId))
  return refusedIds.length === 0 ? [] : statesOf(unit, refusedIds)
}

/** Changes of one case never share an instant, so that what sales was told can be compared with what changed since. */
function laterThan(at: string): SQL {
  return sql`greatest(${at}::timestamptz, held.changed_at + interval '1 millisecond')`
}

async function statesOf(unit: Unit, caseIds: readonly string[]): Promise<RefusedChange[]> {
  const rows = await rowsOf<{ case_id: string; state: DealState }>(
    unit,
    sql`select case_id, state from deal_case where case_id in ${among(caseIds)}`,
  )
  const states = new Map(rows.map((row) => [row.case_id, row.state]))
  return caseIds.map((caseId) => ({ caseId, state: states.get(caseId) ?? null }))
}

/** The deal of a contract whose billing cannot go on needs a person; one that is active stays so. */
export async function stopDealOfContract(unit: Unit, contractId: string, changedAt: Date): Promise<void> {
  await unit.tx.execute(sql`
    update deal_case held set state = 'exception', changed_at = ${laterThan(changedAt.toISOString())}
    where contract_id = ${contractId} and state in ('planned', 'provisioning')`)
}

/** Remembers what sales was told in the CRM, and of which change; bulk. A later change is told too. */
export async function markWritten(
  unit: Unit,
  written: readonly { caseId: string; status: string; message: string; changedAt: Date }[],
): Promise<void> {
  const rows = written.map(({ caseId, status, message, changedAt }) => ({
    case_id: caseId,
    status,
    message,
    changed_at: changedAt,
  }))
  await unit.tx.execute(sql`
    update deal_case held set
      written_status = input.status, written_message = input.message, written_at = input.changed_at
    from ${inputRows(rows, 'case_id text, status text, message text, changed_at timestamptz')}
    where held.case_id = input.case_id`)
}
