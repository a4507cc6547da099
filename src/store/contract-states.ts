import { and, eq, inArray, sql } from 'drizzle-orm'
import { contract, type ContractState } from './schema.ts'
import { withdrawGrants } from './grants.ts'
import type { Unit } from './unit-of-work.ts'

/** What may happen to a contract, and in which states. */
const contractActions = {
  provision: ['drafted', 'provisioning', 'active'],
  activate: ['provisioning', 'active'],
  end: ['drafted', 'provisioning', 'active', 'ended'],
} as const satisfies Record<string, readonly ContractState[]>

/**
 * Billing is being set up. An active contract stays active while an amendment is set up. Answers whether the state allowed it.
 */
export async function startProvisioning(unit: Unit, contractId: string): Promise<boolean> {
  const state = sql`case ${contract.state} when 'drafted' then 'provisioning' else ${contract.state} end`
  const moved = await unit.tx
    .update(contract)
    .set({ state })
    .where(allowed('provision', contractId))
    .returning({ contractId: contract.contractId })
  return moved.length > 0
}

/**
 * Billing is set up; the first time counts as the contract's activation. Answers whether the state allowed it. Throws when another
 * contract has the subscription.
 */
export async function activateContract(
  unit: Unit,
  contractId: string,
  subscriptionId: string | null,
  at: Date,
): Promise<boolean> {
  const activatedAt = sql`coalesce(${contract.activatedAt}, ${at.toISOString()}::timestamptz)`
  const moved = await unit.tx
    .update(contract)
    .set({ state: 'active', subscriptionId, activatedAt })
    .where(allowed('activate', contractId))
    .returning({ contractId: contract.contractId })
  return moved.length > 0
}

/** Nothing more is billed, and nothing more given. Answers whether the state allowed it. */
export async function endContract(unit: Unit, contractId: string): Promise<boolean> {
  const moved = await unit.tx
    .update(contract)
    .set({ state: 'ended' })
    .where(allowed('end', contractId))
    .returning({ contractId: contract.contractId })
  await withdrawGrants(unit, contractId)
  return moved.length > 0
}

function allowed(action: keyof typeof contractActions, contractId: string) {
  return and(eq(contract.contractId, contractId), inArray(contract.state, [...contractActions[action]]))
}
