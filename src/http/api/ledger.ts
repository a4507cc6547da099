import { z } from '@hono/zod-openapi'
import { add, money, subtract, type Money } from '../../domain/money.ts'
import { trialBalance, type AccountBalance } from '../../store/balances.ts'
import { listTransactions } from '../../store/ledger-trail.ts'
import { page, pageOf, pageQuery } from '../cursor.ts'
import { addRead } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { moneyOut, MonthShape, MoneyShape } from '../shapes.ts'
import type { ApiContext } from './api-context.ts'
import { accountOut, AccountShape, transactionOut, TransactionShape } from './ledger-shapes.ts'

const TrialBalanceShape = z
  .object({
    object: z.literal('trial_balance'),
    rows: z.array(
      z.object({
        entity: z.string(),
        account: AccountShape,
        debit: MoneyShape,
        credit: MoneyShape,
        balance: MoneyShape.openapi({ description: 'Debits less credits.' }),
      }),
    ),
    totals: z.array(
      z.object({ entity: z.string(), debit: MoneyShape, credit: MoneyShape, balanced: z.boolean() }),
    ),
  })
  .openapi('TrialBalance')

const entityName = z.string().min(1).max(40)

/** The ledger: balances and transactions. */
export function addLedger(app: Api, context: ApiContext): void {
  addTrialBalance(app, context)
  addRead(app, context, {
    path: '/v1/ledger/transactions',
    scope: 'ledger:read',
    tag: 'ledger',
    summary: 'List ledger transactions in the order of the books',
    query: z.strictObject({
      ...pageQuery,
      'filter[entity]': entityName.optional(),
      'filter[month]': MonthShape.optional(),
      'filter[contract]': z.string().max(256).optional(),
      'filter[invoice]': z.string().max(256).optional(),
      'filter[source]': z.string().max(256).optional(),
    }),
    answer: pageOf(TransactionShape).openapi('LedgerTransactionList'),
    read: async ({ query: { limit, cursor, ...filters }, cursors }) => {
      const after = cursors.open(cursor)
      const rows = await listTransactions(
        context.store.read,
        {
          ...(filters['filter[entity]'] && { entity: filters['filter[entity]'] }),
          ...(filters['filter[month]'] && { month: filters['filter[month]'] }),
          ...(filters['filter[contract]'] && { contractIds: [filters['filter[contract]']] }),
          ...(filters['filter[invoice]'] && { invoiceIds: [filters['filter[invoice]']] }),
          ...(filters['filter[source]'] && { sourceId: filters['filter[source]'] }),
        },
        { limit: limit + 1, ...(after ? { afterSeq: Number(after) } : {}) },
      )
      return page(rows, limit, cursors, ({ seq }) => String(seq), transactionOut)
    },
  })
}

function addTrialBalance(app: Api, context: ApiContext): void {
  addRead(app, context, {
    path: '/v1/ledger/trial-balance',
    scope: 'ledger:read',
    tag: 'ledger',
    summary: 'Every account with its debits and credits',
    query: z
      .strictObject({
        'filter[entity]': entityName.optional(),
        'filter[currency]': z
          .string()
          .regex(/^[A-Z]{3}$/)
          .optional(),
        'filter[month]': MonthShape.optional(),
        'filter[through_month]': MonthShape.optional(),
      })
      .refine(isInOrder, {
        path: ['filter[through_month]'],
        message: 'It is before filter[month], so nothing could be found.',
      }),
    answer: TrialBalanceShape,
    read: async ({ query }) => {
      const balances = await trialBalance(context.store.read, {
        ...(query['filter[entity]'] && { entity: query['filter[entity]'] }),
        ...(query['filter[currency]'] && { currency: query['filter[currency]'] }),
        ...(query['filter[month]'] && { month: query['filter[month]'] }),
        ...(query['filter[through_month]'] && { throughMonth: query['filter[through_month]'] }),
      })
      return {
        object: 'trial_balance' as const,
        rows: balances.map(({ entity, account, debit, credit }) => ({
          entity,
          account: accountOut(account),
          debit: moneyOut(debit),
          credit: moneyOut(credit),
          balance: moneyOut(subtract(debit, credit)),
        })),
        totals: totalsOf(balances),
      }
    },
  })
}

function isInOrder(query: {
  readonly 'filter[month]'?: string | undefined
  readonly 'filter[through_month]'?: string | undefined
}): boolean {
  const { 'filter[month]': month, 'filter[through_month]': through } = query
  return month === undefined || through === undefined || month <= through
}

function totalsOf(balances: readonly AccountBalance[]): z.input<typeof TrialBalanceShape>['totals'] {
  const totals = new Map<string, { entity: string; debit: Money; credit: Money }>()
  for (const { entity, debit, credit } of balances) {
    const key = JSON.stringify([entity, debit.currency])
    const nothing = money(debit.currency, 0n)
    const held = totals.get(key) ?? { entity, debit: nothing, credit: nothing }
    totals.set(key, { entity, debit: add(held.debit, debit), credit: add(held.credit, credit) })
  }
  return [...totals.values()].map(({ entity, debit, credit }) => ({
    entity,
    debit: moneyOut(debit),
    credit: moneyOut(credit),
    balanced: debit.amountMinor === credit.amountMinor,
  }))
}
