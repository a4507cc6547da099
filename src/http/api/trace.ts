import { z } from '@hono/zod-openapi'
import { addRead } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { byId } from '../ids.ts'
import { ProblemError } from '../problem.ts'
import { Instant, instantOut, moneyOut, MoneyShape } from '../shapes.ts'
import { traceOf, type TraceNode } from '../trace.ts'
import type { ApiContext } from './api-context.ts'

const NodeShape = z
  .object({
    kind: z.enum(['deal', 'contract', 'subscription', 'invoice', 'transaction', 'journal']),
    id: z.string(),
    title: z.string(),
    state: z.string().nullable(),
    at: Instant.nullable(),
    amount: MoneyShape.nullable(),
    from: z.array(z.string()).openapi({ description: 'Ids of the nodes it comes from.' }),
  })
  .openapi('TraceNode')

const TraceShape = z
  .object({
    object: z.literal('trace'),
    id: z.string(),
    nodes: z.array(NodeShape),
    is_cut: z.boolean().openapi({ description: 'More than 1,000 transactions: the rest is not shown.' }),
  })
  .openapi('Trace')

/** Follows the money from the deal to the journal, from wherever one stands. */
export function addTrace(app: Api, context: ApiContext): void {
  addRead(app, context, {
    path: '/v1/trace/{id}',
    scope: 'ledger:read',
    tag: 'ledger',
    summary: 'Follow the money: deal, contract, subscription, invoices, transactions, journals',
    params: byId,
    problems: [404],
    answer: TraceShape,
    read: async ({ params: { id } }) => {
      const trace = await traceOf(context.store.read, id)
      if (trace === null)
        throw new ProblemError({ status: 404, code: 'not-found', detail: `Nothing is known as ${id}.` })
      return { object: 'trace' as const, id, nodes: trace.nodes.map(nodeOut), is_cut: trace.isCut }
    },
  })
}

function nodeOut({ at, amount, from, ...node }: TraceNode): z.input<typeof NodeShape> {
  return { ...node, at: instantOut(at), amount: amount === null ? null : moneyOut(amount), from: [...from] }
}
