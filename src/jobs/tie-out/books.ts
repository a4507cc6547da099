import type { BooksEntity } from '../../domain/books.ts'
import type { ContractVersion } from '../../domain/contract.ts'
import type { StoredContract } from '../../store/contracts.ts'
import { contractsOfEntity } from '../../store/contracts.ts'
import type { BilledLineRow } from '../../store/tie-out-lookup.ts'
import { billedLines } from '../../store/tie-out-lookup.ts'
import type { Clock } from '../../ports/clock.ts'
import { Unreachable } from './unreachable.ts'
import type { Answer } from '../../ports/answer.ts'
import type { JobContext } from '../job.ts'

/** A contract and the entity that sells it: what several comparisons look at. */
export type SoldContract = {
  readonly contractId: string
  readonly customerId: string
  readonly version: ContractVersion
  readonly entity: BooksEntity
}

/** What all comparisons of one run share, loaded once. */
export type OurBooks = {
  readonly contracts: readonly SoldContract[]
  readonly billed: readonly BilledLineRow[]
}

/** Loads contracts and invoice lines once for a run. */
export async function loadOurBooks({ store, books }: JobContext): Promise<OurBooks> {
  const contracts: SoldContract[] = []
  for (const entity of books.entities) {
    for await (const page of contractsOfEntity(store.read, entity.id))
      contracts.push(...page.map(sold(entity)))
  }
  return { contracts, billed: await billedLines(store.read) }
}

function sold(entity: BooksEntity): (contract: StoredContract) => SoldContract {
  return ({ contractId, customerId, version }) => ({ contractId, customerId, version, entity })
}

/** How often a busy book is asked again before the comparison is given up. */
const asksAtMost = 30

/**
 * The value of a good answer. A book that is busy is waited for; one that cannot be read ends the comparison as not made, which
 * is not the same as agreeing.
 */
export async function readPatiently<T>(
  ask: () => Promise<Answer<T>>,
  what: string,
  clock: Clock,
): Promise<T> {
  for (let asked = 1; ; asked++) {
    const answer = await ask()
    if (answer.kind === 'ok') return answer.value
    const isBusy = answer.kind === 'throttled' || answer.kind === 'transient' || answer.kind === 'unknown'
    if (!isBusy || asked === asksAtMost) {
      throw new Unreachable(`${what}: ${'detail' in answer ? answer.detail : answer.kind}`)
    }
    await clock.sleep(
      answer.kind === 'throttled' ? Math.max(answer.retryAfterMilliseconds, 100) : 500 * asked,
    )
  }
}

/** Adds to a sum held by key. */
export function addTo(sums: Map<string, bigint>, key: string, minor: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + minor)
}
