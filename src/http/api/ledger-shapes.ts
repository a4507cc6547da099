import { z } from '@hono/zod-openapi'
import { accountName, type Account } from '../../domain/chart.ts'
import type { StoredTransaction } from '../../store/ledger-trail.ts'
import { Day, Instant, instantOut, moneyOut, MonthShape, MoneyShape } from '../shapes.ts'

export const AccountShape = z
  .object({ name: z.string(), kind: z.string(), segment: z.string().nullable() })
  .openapi('Account', { example: { name: 'revenue:GTX', kind: 'revenue', segment: 'GTX' } })

export const TransactionShape = z
  .object({
    object: z.literal('ledger_transaction'),
    id: z.string().openapi({ example: 'txn_0198…' }),
    seq: z.int().openapi({ description: 'The place in the books.' }),
    fact_key: z.string(),
    reason: z.string(),
    source_id: z.string(),
    entity: z.string(),
    month: MonthShape,
    accounting_date: Day,
    occurred_at: Instant.openapi({ description: 'When it happened in the world.' }),
    created_at: Instant.openapi({ description: 'When it was written down.' }),
    memo: z.string(),
    entries: z.array(
      z.object({
        account: AccountShape,
        side: z.enum(['debit', 'credit']),
        amount: MoneyShape,
        contract_id: z.string().nullable(),
        line_id: z.string().nullable(),
        invoice_id: z.string().nullable(),
      }),
    ),
  })
  .openapi('LedgerTransaction')

/** Writes an account for an answer. */
export function accountOut(account: Account): z.input<typeof AccountShape> {
  return { name: accountName(account), kind: account.kind, segment: account.segment }
}

/** Writes a ledger transaction for an answer. */
export function transactionOut(held: StoredTransaction): z.input<typeof TransactionShape> {
  return {
    object: 'ledger_transaction',
    id: held.transactionId,
    seq: held.seq,
    fact_key: held.factKey,
    reason: held.reason,
    source_id: held.sourceId,
    entity: held.entity,
    month: held.month,
    accounting_date: held.accountingDate,
    occurred_at: instantOut(held.occurredAt),
    created_at: instantOut(held.recordedAt),
    memo: held.memo,
    entries: held.entries.map(({ account, side, amount, dimensions }) => ({
      account: accountOut(account),
      side,
      amount: moneyOut(amount),
      contract_id: dimensions.contractId,
      line_id: dimensions.lineId,
      invoice_id: dimensions.invoiceId,
    })),
  }
}
