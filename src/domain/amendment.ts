import type { ContractTerms } from './contract.ts'
import { encodeTerms } from './contract.ts'
import type { Issue } from './issue.ts'

/** One field in which two sets of terms differ, with both values as text; null where one side lacks it. */
export type TermChange = {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}

/** Fields that may change after close without a person: they move no money. Everything else does, or may. */
const harmless = [/^provenance\./, /^customer\.billingEmail$/, /^purchaseOrder(\.|$)/, /^references(\.|$)/]

/**
 * Compares what was agreed with what the CRM says now. Because both went through the mapping, a change the mapping does not read
 * is no change, our own status fields among them.
 */
export function termChanges(before: ContractTerms, after: ContractTerms): TermChange[] {
  const [old, fresh] = [leavesOf(encodeTerms(before)), leavesOf(encodeTerms(after))]
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort()
  return paths
    .map((path) => ({ path, before: old.get(path) ?? null, after: fresh.get(path) ?? null }))
    .filter((change) => change.before !== change.after)
}

/** Whether a change may be taken over without asking. */
export function isHarmless({ path }: TermChange): boolean {
  return harmless.some((pattern) => pattern.test(path))
}

/** What a person reads when a deal's money changed after billing began. Nothing happens by itself. */
export function changedAfterClose(dealName: string, changes: readonly TermChange[]): Issue {
  const list = changes.map(
    ({ path, before, after }) => `${path}: ${before ?? 'nothing'} → ${after ?? 'nothing'}`,
  )
  return {
    code: 'DEAL_CHANGED_AFTER_CLOSE',
    field: changes[0]?.path ?? '',
    found: list.join('; ').slice(0, 500),
    sentence: `Deal "${dealName}" changed after billing began (${list.join('; ').slice(0, 300)}). Billing was left as it is.`,
    action: 'Amend the contract, ignore the change, or put the deal back as it was in the CRM.',
    owner: 'revops',
    cause: `changed after close: ${[...new Set(changes.map(({ path }) => path.split('.')[0]))].join(', ')}`,
  }
}

/** What a person reads when a deal left closed-won while its contract is live. */
export function leftClosedWon(dealName: string): Issue {
  return {
    code: 'DEAL_REGRESSED',
    field: 'stage',
    found: null,
    sentence: `Deal "${dealName}" is no longer closed-won, but its subscription is live. Billing goes on.`,
    action: 'Keep the contract, or cancel it; nothing is canceled by itself.',
    owner: 'revops',
    cause: 'deal left closed-won with a live contract',
  }
}

/** What a person reads when a deal vanished from the CRM while its contract is live. */
export function recordGone(dealName: string): Issue {
  return {
    code: 'CRM_RECORD_GONE',
    field: 'deal',
    found: null,
    sentence: `Deal "${dealName}" was deleted in the CRM. Its contract and the snapshot taken at close are kept.`,
    action: 'Keep the contract, or end it.',
    owner: 'revops',
    cause: 'deal deleted with a live contract',
  }
}

function leavesOf(value: unknown, path = ''): Map<string, string> {
  if (value === null || value === undefined) return new Map()
  if (typeof value !== 'object') return new Map([[path, String(value)]])
  const children = childrenOf(value).map(([key, child]) =>
    leavesOf(child, path === '' ? key : `${path}.${key}`),
  )
  return new Map(children.flatMap((leaves) => [...leaves]))
}

/** Contract lines go by their ids: a CRM that lists the same lines in another order has changed nothing. */
function childrenOf(value: object): [string, unknown][] {
  if (!Array.isArray(value)) return Object.entries(value)
  const ids = value.map((item: { lineId?: unknown } | null) => item?.lineId)
  const goById = ids.every((id) => typeof id === 'string') && new Set(ids).size === ids.length
  return value.map((item: unknown, index) => [goById ? String(ids[index]) : index.toString(), item])
}
