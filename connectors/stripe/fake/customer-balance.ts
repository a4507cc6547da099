import { endpoint, list, minor, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import { plainList } from './params-customer.ts'
import type { CustomerBalanceTransaction } from './payment-rows.ts'
import type { Customer } from './rows.ts'
import type { World } from './world.ts'

type Cause = {
  readonly type: CustomerBalanceTransaction['type']
  readonly currency: string
  readonly invoiceId?: string
  readonly creditNoteId?: string
}

/** Moves a customer's credit balance: down is money we owe them, which the next invoice takes. */
export function moveBalance(
  world: World,
  customer: Customer,
  amountMinor: bigint,
  cause: Cause,
): CustomerBalanceTransaction {
  customer.balanceMinor += amountMinor
  return world.customerBalanceTransactions.insert({
    id: world.newId('cbtxn'),
    created: world.seconds(),
    customerId: customer.id,
    type: cause.type,
    currency: cause.currency,
    amountMinor,
    endingBalanceMinor: customer.balanceMinor,
    invoiceId: cause.invoiceId ?? null,
    creditNoteId: cause.creditNoteId ?? null,
    description: null,
  })
}

/** A movement of the credit balance on the wire. */
export function customerBalanceTransactionWire(world: World, row: CustomerBalanceTransaction): Wire {
  return {
    id: row.id,
    object: 'customer_balance_transaction',
    amount: minor(row.amountMinor),
    checkout_session: null,
    created: row.created,
    credit_note: row.creditNoteId,
    currency: row.currency,
    customer: row.customerId,
    customer_account: null,
    description: row.description,
    ending_balance: minor(row.endingBalanceMinor),
    invoice: row.invoiceId,
    livemode: world.settings.livemode,
    metadata: {},
    type: row.type,
  }
}

/** Routes of the credit balance. */
export const customerBalanceEndpoints = [
  endpoint('GET', '/v1/customers/:id/balance_transactions', plainList, (world, input, { id = '' }) => {
    mustExist(world.customers.get(id), 'customer', id)
    return list(
      world.customerBalanceTransactions,
      'customer_balance_transaction',
      `/v1/customers/${id}/balance_transactions`,
      input,
      (row) => customerBalanceTransactionWire(world, row),
      { among: ['customer', id] },
    )
  }),
]
