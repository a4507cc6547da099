import { z } from '@hono/zod-openapi'
import { journalOf, listJournals, transactionsOfJournal, type StoredJournal } from '../../store/journals.ts'
import { traceTransactions } from '../../store/ledger-trail.ts'
import { page, pageOf, pageQuery } from '../cursor.ts'
import { addRead } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { anyId } from '../ids.ts'
import { ProblemError } from '../problem.ts'
import { Day, Instant, instantOut, moneyOut, MonthShape, MoneyShape } from '../shapes.ts'
import type { ApiContext } from './api-context.ts'
import { accountOut, AccountShape, transactionOut, TransactionShape } from './ledger-shapes.ts'

const states = ['drafted', 'posted', 'held'] as const

const JournalShape = z
  .object({
    object: z.literal('journal'),
    id: z
      .string()
      .openapi({ description: 'The external id in the ERP.', example: 'tieout-us-2026-01-USD-1' }),
    entity: z.string(),
    month: MonthShape,
    currency: z.string(),
    chunk: z.int(),
    state: z.enum(states),
    state_detail: z.string().nullable(),
    posted_on: Day.openapi({ description: 'The day of the books it is dated.' }),
    memo: z.string(),
    erp_id: z.string().nullable(),
    created_at: Instant,
    posted_at: Instant.nullable(),
    lines: z.array(
      z.object({ account: AccountShape, side: z.enum(['debit', 'credit']), amount: MoneyShape }),
    ),
  })
  .openapi('Journal')

const JournalDetailShape = JournalShape.extend({
  transaction_count: z.int(),
  transactions: pageOf(TransactionShape).openapi({ description: 'The ledger transactions it sums up.' }),
}).openapi('JournalDetail')

/** Journals for the ERP, down to the ledger transactions each sums up. */
export function addJournals(app: Api, context: ApiContext): void {
  addRead(app, context, {
    path: '/v1/journals',
    scope: 'ledger:read',
    tag: 'ledger',
    summary: 'List journals by entity, month, currency and chunk',
    query: z.strictObject({
      ...pageQuery,
      'filter[entity]': z.string().min(1).max(40).optional(),
      'filter[month]': MonthShape.optional(),
      'filter[state]': z.enum(states).optional(),
    }),
    answer: pageOf(JournalShape).openapi('JournalList'),
    read: async ({ query, cursors }) => {
      const after = cursors.open(query.cursor)
      const rows = await listJournals(context.store.read, {
        ...(query['filter[entity]'] && { entity: query['filter[entity]'] }),
        ...(query['filter[month]'] && { month: query['filter[month]'] }),
        ...(query['filter[state]'] && { state: query['filter[state]'] }),
        ...(after && { after }),
        limit: query.limit + 1,
      })
      return page(rows, query.limit, cursors, ({ externalId }) => externalId, journalOut)
    },
  })
  addJournal(app, context)
}

function addJournal(app: Api, context: ApiContext): void {
  addRead(app, context, {
    path: '/v1/journals/{external_id}',
    scope: 'ledger:read',
    tag: 'ledger',
    summary: 'Show a journal with the ledger transactions it sums up',
    params: z.strictObject({ external_id: anyId }),
    query: z.strictObject(pageQuery),
    problems: [404],
    answer: JournalDetailShape,
    read: async ({ params: { external_id: id }, query: { limit, cursor }, cursors }) => {
      const { read } = context.store
      const held = await journalOf(read, id)
      if (held === null)
        throw new ProblemError({ status: 404, code: 'not-found', detail: `No journal is known as ${id}.` })
      const ids = await transactionsOfJournal(read, id)
      const after = cursors.open(cursor) ?? ''
      const wanted = ids.filter((each) => each > after).slice(0, limit + 1)
      const found = await traceTransactions(read, { transactionIds: wanted })
      const rows = found.sort((left, right) => (left.transactionId < right.transactionId ? -1 : 1))
      return {
        ...journalOut(held),
        transaction_count: ids.length,
        transactions: page(rows, limit, cursors, ({ transactionId }) => transactionId, transactionOut),
      }
    },
  })
}

function journalOut(held: StoredJournal): z.input<typeof JournalShape> {
  return {
    object: 'journal',
    id: held.externalId,
    entity: held.entity,
    month: held.month,
    currency: held.currency,
    chunk: held.chunk,
    state: held.state,
    state_detail: held.stateDetail,
    posted_on: held.entry.postedOn,
    memo: held.entry.memo,
    erp_id: held.erpId,
    created_at: instantOut(held.draftedAt),
    posted_at: instantOut(held.postedAt),
    lines: held.entry.lines.map(({ account, side, amount }) => ({
      account: accountOut(account),
      side,
      amount: moneyOut(amount),
    })),
  }
}
