import { z } from '@hono/zod-openapi'
import { dealCan, dealStates } from '../../domain/deal.ts'
import { recordAct } from '../../store/audit.ts'
import { setDealStates } from '../../store/deal-changes.ts'
import { listDeals, loadDeals, type DealCase } from '../../store/deals.ts'
import { enqueue } from '../../store/enqueue.ts'
import { listExceptions, settleException } from '../../store/exceptions.ts'
import type { Unit } from '../../store/unit-of-work.ts'
import { page, pageOf, pageQuery } from '../cursor.ts'
import { dealNamed, loadDealDetail, type DealDetail } from '../deal-detail.ts'
import { addRead, addWrite } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { byId } from '../ids.ts'
import { ProblemError } from '../problem.ts'
import { replay } from '../replay.ts'
import { Instant, instantOut } from '../shapes.ts'
import { actorOf, type ApiContext } from './api-context.ts'
import { contractHeadOut, ContractHeadShape } from './contract-shapes.ts'
import { dealOut, DealShape } from './deal-shapes.ts'
import { exceptionOut, ExceptionShape } from './exception-shapes.ts'

const DealDetailShape = DealShape.extend({
  issues: z.array(ExceptionShape).openapi({ description: 'What stops the deal now.' }),
  contract: ContractHeadShape.nullable(),
  timeline: z.array(
    z.object({
      at: Instant,
      kind: z.enum(['deal', 'exception', 'contract', 'operation']),
      title: z.string(),
      detail: z.string().nullable(),
      provider_id: z.string().nullable(),
    }),
  ),
}).openapi('DealDetail')

const mostIssues = 200

/** Deals: where each stands, and what a person can do about it. */
export function addDeals(app: Api, context: ApiContext): void {
  const { store } = context
  addRead(app, context, {
    path: '/v1/deals',
    scope: 'deals:read',
    tag: 'deals',
    summary: 'List deals, the latest seen first',
    query: z.strictObject({ ...pageQuery, 'filter[state]': z.enum(dealStates).optional() }),
    answer: pageOf(DealShape).openapi('DealList'),
    read: async ({ query: { limit, cursor, 'filter[state]': state }, cursors }) => {
      const after = cursors.open(cursor)
      const wanted = { limit: limit + 1, ...(state ? { state } : {}), ...(after ? { cursor: after } : {}) }
      return page(await listDeals(store.read, wanted), limit, cursors, ({ caseId }) => caseId, dealOut)
    },
  })
  addRead(app, context, {
    path: '/v1/deals/{id}',
    scope: 'deals:read',
    tag: 'deals',
    summary: 'Show a deal by any id: ours, the CRM’s, the contract’s or the subscription’s',
    params: byId,
    problems: [404, 409],
    answer: DealDetailShape,
    read: async ({ params }) =>
      detailOut(await loadDealDetail(store.read, await dealNamed(store.read, params.id))),
  })
  addRetry(app, context)
  addIgnore(app, context)
}

function detailOut({ held, exceptions, contract, timeline }: DealDetail): z.input<typeof DealDetailShape> {
  return {
    ...dealOut(held),
    issues: exceptions.filter(({ state }) => state === 'open').map(exceptionOut),
    contract: contract === null ? null : contractHeadOut(contract),
    timeline: timeline.map(({ at, providerId, ...entry }) => ({
      at: instantOut(at),
      ...entry,
      provider_id: providerId,
    })),
  }
}

function addRetry(app: Api, context: ApiContext): void {
  addWrite(app, context, {
    path: '/v1/deals/{id}/retry',
    scope: 'exceptions:work',
    tag: 'deals',
    summary: 'Take a stopped or ignored deal up again',
    params: byId,
    problems: [404],
    body: z.strictObject({}),
    statuses: [202],
    answer: DealShape,
    write: async (unit, { params, key }) => {
      const held = await dealFor(unit, params.id, 'retry')
      const { caseId, state, crm, org, dealId } = held
      const now = context.clock.now()
      if (state === 'ignored') await setDealStates(unit, [{ caseId, action: 'retry', to: 'seen' }], now)
      const open = await listExceptions(unit, { caseId, state: 'open', limit: mostIssues })
      const taken = await replay(unit, open, actorOf(key), context)
      if (taken === 0)
        await enqueue(unit, [{ queue: 'intake-deal', subject: `${crm}:${org}:${dealId}` }], context)
      const act = { action: 'deal-retried', subjectKind: 'deal', subject: caseId, detail: { state } }
      await recordAct(unit, { actor: actorOf(key), ...act }, now)
      return { status: 202, body: await current(unit, caseId) }
    },
  })
}

function addIgnore(app: Api, context: ApiContext): void {
  addWrite(app, context, {
    path: '/v1/deals/{id}/ignore',
    scope: 'exceptions:work',
    tag: 'deals',
    summary: 'Decide that a deal is not billed',
    params: byId,
    problems: [404],
    body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    answer: DealShape,
    write: async (unit, { params, body: { reason }, key }) => {
      const { caseId, crm, org } = await dealFor(unit, params.id, 'ignore')
      const [at, by] = [context.clock.now(), actorOf(key)]
      await setDealStates(unit, [{ caseId, action: 'ignore', to: 'ignored', detail: reason }], at)
      for (const { exceptionId } of await listExceptions(unit, { caseId, state: 'open', limit: mostIssues }))
        await settleException(unit, exceptionId, 'ignored', { by, resolution: reason, at })
      await enqueue(unit, [{ queue: 'write-back-status', subject: `${crm}:${org}` }], context)
      const act = { action: 'deal-ignored', subjectKind: 'deal', subject: caseId, detail: { reason } }
      await recordAct(unit, { actor: by, ...act }, at)
      return { body: await current(unit, caseId) }
    },
  })
}

/** The deal an id names, in a state that allows the action. Throws ProblemError (404, 409). */
async function dealFor(unit: Unit, id: string, action: 'retry' | 'ignore'): Promise<DealCase> {
  const held = await dealNamed(unit, id)
  if (dealCan(action, held.state)) return held
  const detail = `Deal ${held.caseId} is ${held.state}, which does not allow ${action}.`
  throw new ProblemError({ status: 409, code: 'state-conflict', detail })
}

async function current(unit: Unit, caseId: string): Promise<z.input<typeof DealShape>> {
  const [held] = await loadDeals(unit, [caseId])
  return dealOut(held as DealCase)
}
