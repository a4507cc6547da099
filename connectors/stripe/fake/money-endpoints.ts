import type * as z from 'zod'
import { endpoint, list, mustExist, sliceList } from './api.ts'
import { balanceTransactionWire, payoutWire } from './balance.ts'
import type { Wire } from './emit.ts'
import { nothing } from './params-customer.ts'
import { invoicePaymentList } from './params-invoice.ts'
import * as params from './params-money.ts'
import { chargeWire, intentWire, invoicePaymentWire } from './payment-wire.ts'
import type { InvoicePayment } from './payment-rows.ts'
import type { World } from './world.ts'

function listMovements(world: World, input: z.output<typeof params.balanceTransactionList>): Wire {
  const render = (row: Parameters<typeof balanceTransactionWire>[1]) => balanceTransactionWire(world, row)
  const url = '/v1/balance_transactions'
  if (input.payout !== undefined) {
    const payout = mustExist(world.payouts.get(input.payout), 'payout', input.payout, 'payout')
    const members = payout.movementIds
      .toReversed()
      .flatMap((id) => world.balanceTransactions.get(id) ?? [])
      .filter(({ type }) => input.type === undefined || input.type === type)
    return sliceList(members, 'balance_transaction', url, input, render)
  }
  return list(world.balanceTransactions, 'balance_transaction', '/v1/balance_transactions', input, render, {
    among:
      input.source !== undefined
        ? ['source', input.source]
        : input.type === undefined
          ? undefined
          : ['type', input.type],
    where: (row) =>
      (input.currency === undefined || row.currency === input.currency.toLowerCase()) &&
      (input.type === undefined || row.type === input.type),
  })
}

function listInvoicePayments(world: World, input: z.output<typeof invoicePaymentList>): Wire {
  const intent = input.payment?.payment_intent
  return list(
    world.invoicePayments,
    'invoice_payment',
    '/v1/invoice_payments',
    input,
    (row: InvoicePayment) => invoicePaymentWire(world, row),
    {
      among:
        input.invoice === undefined
          ? intent === undefined
            ? undefined
            : ['intent', intent]
          : ['invoice', input.invoice],
      where: (row) => input.status === undefined || row.status === input.status,
    },
  )
}

/** Routes of money: what was paid, what moved the balance, what went to the bank. */
export const moneyEndpoints = [
  endpoint('GET', '/v1/invoice_payments', invoicePaymentList, listInvoicePayments),
  endpoint('GET', '/v1/invoice_payments/:id', nothing, (world, _input, { id = '' }) =>
    invoicePaymentWire(world, mustExist(world.invoicePayments.get(id), 'invoice_payment', id)),
  ),
  endpoint('GET', '/v1/payment_intents', params.intentList, (world, input) =>
    list(
      world.paymentIntents,
      'payment_intent',
      '/v1/payment_intents',
      input,
      (row) => intentWire(world, row),
      { among: input.customer === undefined ? undefined : ['customer', input.customer] },
    ),
  ),
  endpoint('GET', '/v1/payment_intents/:id', nothing, (world, _input, { id = '' }) =>
    intentWire(world, mustExist(world.paymentIntents.get(id), 'payment_intent', id)),
  ),
  endpoint('GET', '/v1/charges', params.chargeList, (world, input) =>
    list(world.charges, 'charge', '/v1/charges', input, (row) => chargeWire(world, row), {
      among:
        input.payment_intent !== undefined
          ? ['intent', input.payment_intent]
          : input.customer === undefined
            ? undefined
            : ['customer', input.customer],
    }),
  ),
  endpoint('GET', '/v1/charges/:id', nothing, (world, _input, { id = '' }) =>
    chargeWire(world, mustExist(world.charges.get(id), 'charge', id)),
  ),
  endpoint('GET', '/v1/balance_transactions', params.balanceTransactionList, listMovements),
  endpoint('GET', '/v1/balance_transactions/:id', nothing, (world, _input, { id = '' }) =>
    balanceTransactionWire(world, mustExist(world.balanceTransactions.get(id), 'balance_transaction', id)),
  ),
  endpoint('GET', '/v1/payouts', params.payoutList, (world, input) =>
    list(world.payouts, 'payout', '/v1/payouts', input, (row) => payoutWire(world, row), {
      where: (row) => input.status === undefined || row.status === input.status,
    }),
  ),
  endpoint('GET', '/v1/payouts/:id', nothing, (world, _input, { id = '' }) =>
    payoutWire(world, mustExist(world.payouts.get(id), 'payout', id)),
  ),
]
