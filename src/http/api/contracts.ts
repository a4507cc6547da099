import { z } from '@hono/zod-openapi'
import { findDeals } from '../../store/deals.ts'
import {
  contractOfCase,
  listContracts,
  loadContracts,
  versionsOfContract,
  type StoredContract,
} from '../../store/contracts.ts'
import type { Reader } from '../../store/unit-of-work.ts'
import { taxIdsOfContract } from '../checked-tax-ids.ts'
import { page, pageOf, pageQuery } from '../cursor.ts'
import { addRead } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { byId } from '../ids.ts'
import { ProblemError } from '../problem.ts'
import type { ApiContext } from './api-context.ts'
import {
  contractItemOut,
  ContractItemShape,
  contractOut,
  ContractShape,
  contractStates,
} from './contract-shapes.ts'

/** Contracts: what was agreed, in which versions, and what is promised. */
export function addContracts(app: Api, context: ApiContext): void {
  const { store } = context
  addRead(app, context, {
    path: '/v1/contracts',
    scope: 'contracts:read',
    tag: 'contracts',
    summary: 'List contracts, the latest first',
    query: z.strictObject({ ...pageQuery, 'filter[state]': z.enum(contractStates).optional() }),
    answer: pageOf(ContractItemShape).openapi('ContractList'),
    read: async ({ query: { limit, cursor, 'filter[state]': state }, cursors }) => {
      const after = cursors.open(cursor)
      const wanted = { limit: limit + 1, ...(state ? { state } : {}), ...(after ? { cursor: after } : {}) }
      const rows = await listContracts(store.read, wanted)
      return page(rows, limit, cursors, ({ contractId }) => contractId, contractItemOut)
    },
  })
  addRead(app, context, {
    path: '/v1/contracts/{id}',
    scope: 'contracts:read',
    tag: 'contracts',
    summary: 'Show a contract by its id, its number, its deal or its subscription',
    params: byId,
    problems: [404],
    answer: ContractShape,
    read: async ({ params }) => {
      const held = await contractNamed(store.read, params.id)
      const versions = await versionsOfContract(store.read, held.contractId)
      return contractOut(held, versions, await taxIdsOfContract(store.read, held))
    },
  })
}

/** The contract that an id, a number, a deal or a subscription names. Throws ProblemError (404) for none. */
export async function contractNamed(reader: Reader, id: string): Promise<StoredContract> {
  const [held] = await loadContracts(reader, [id])
  if (held !== undefined) return held
  for (const { caseId } of await findDeals(reader, id)) {
    const found = await contractOfCase(reader, caseId)
    if (found !== null) return found
  }
  throw new ProblemError({ status: 404, code: 'not-found', detail: `No contract is known as ${id}.` })
}
