import type * as z from 'zod'
import { endpoint, list, mergeMetadata, minor, mustExist } from './api.ts'
import { moveMoney } from './balance.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import { nothing } from './params-customer.ts'
import * as params from './params-money.ts'
import type { Charge, Refund } from './payment-rows.ts'
import { chargeWire } from './payment-wire.ts'
import { invalidRequest } from './refusal.ts'
import type { Metadata } from './rows.ts'
import type { World } from './world.ts'

/** A refund as it is asked for. `fails` lets the bank send it back some days later. */
export type RefundAsked = {
  readonly amountMinor?: bigint | undefined
  readonly reason?: string | undefined
  readonly metadata?: Metadata | undefined
  readonly fails?: boolean
}

const day = 86_400

/** A refund on the wire. */
export function refundWire(row: Refund): Wire {
  return {
    id: row.id,
    object: 'refund',
    amount: minor(row.amountMinor),
    balance_transaction: row.balanceTransactionId,
    charge: row.chargeId,
    created: row.created,
    currency: row.currency,
    customer: row.customerId,
    customer_account: null,
    ...(row.failureBalanceTransactionId === null
      ? {}
      : { failure_balance_transaction: row.failureBalanceTransactionId }),
    ...(row.failureReason === null ? {} : { failure_reason: row.failureReason }),
    metadata: row.metadata,
    payment_intent: row.paymentIntentId,
    payment_method: null,
    reason: row.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: row.status,
    transfer_reversal: null,
  }
}

/** Sends money of a charge back: cards at once, bank transfers some days later. */
export function refundCharge(world: World, charge: Charge, asked: RefundAsked): Refund {
  const amountMinor = asked.amountMinor ?? charge.amountMinor - charge.refundedMinor
  refuseUnsoundRefund(charge, amountMinor)
  const id = world.newId(charge.via === 'card' ? 're' : 'pyr')
  const before = chargeWire(world, charge)
  const movement = moveMoney(world, {
    type: charge.via === 'card' ? 'refund' : 'payment_refund',
    currency: charge.currency,
    amountMinor: -amountMinor,
    sourceId: id,
    description: 'REFUND FOR CHARGE',
  })
  const row = world.refunds.insert({
    id,
    created: world.seconds(),
    chargeId: charge.id,
    paymentIntentId: charge.paymentIntentId,
    customerId: charge.customerId,
    currency: charge.currency,
    amountMinor,
    reason: asked.reason ?? null,
    status: charge.via === 'card' ? 'succeeded' : 'pending',
    metadata: mergeMetadata({}, asked.metadata),
    balanceTransactionId: movement.id,
    failureBalanceTransactionId: null,
    failureReason: null,
  })
  charge.refundedMinor += amountMinor
  emit(world, 'refund.created', refundWire(row))
  emitChange(world, 'charge.refunded', before, chargeWire(world, charge))
  note(world, row, charge, 'refund-made')
  const settlesAt = world.seconds() + 3 * day
  if (asked.fails === true) world.agenda.add(settlesAt, () => failRefund(world, row, charge))
  else if (row.status === 'pending') world.agenda.add(settlesAt, () => settleRefund(world, row))
  return row
}

function refuseUnsoundRefund(charge: Charge, amountMinor: bigint): void {
  const left = charge.amountMinor - charge.refundedMinor
  if (left === 0n)
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    })
  if (charge.disputed)
    throw invalidRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    })
  if (amountMinor <= 0n || amountMinor > left)
    throw invalidRequest(`Refund amount (${amountMinor}) is greater than unrefunded amount (${left})`, {
      param: 'amount',
    })
}

function settleRefund(world: World, row: Refund): void {
  if (row.status !== 'pending') return
  const before = refundWire(row)
  row.status = 'succeeded'
  emitChange(world, 'refund.updated', before, refundWire(row))
}

/** The bank sends a refund back: the money is in the balance again. */
export function failRefund(world: World, row: Refund, charge: Charge): void {
  const before = refundWire(row)
  const movement = moveMoney(world, {
    type: charge.via === 'card' ? 'refund_failure' : 'payment_failure_refund',
    currency: row.currency,
    amountMinor: row.amountMinor,
    sourceId: row.id,
    description: 'REFUND FAILURE',
  })
  row.status = 'failed'
  row.failureReason = 'declined'
  row.failureBalanceTransactionId = movement.id
  charge.refundedMinor -= row.amountMinor
  emitChange(world, 'refund.updated', before, refundWire(row))
  emit(world, 'refund.failed', refundWire(row))
  note(world, row, charge, 'refund-failed')
}

function note(world: World, row: Refund, charge: Charge, kind: 'refund-made' | 'refund-failed'): void {
  world.journal.add({
    at: world.seconds(),
    kind,
    objectId: row.id,
    invoiceId: charge.invoiceId,
    currency: row.currency,
    amountMinor: row.amountMinor,
    taxMinor: 0n,
  })
}

function createRefund(world: World, input: z.output<typeof params.refundCreate>): Wire {
  if ((input.charge === undefined) === (input.payment_intent === undefined))
    throw invalidRequest('One of charge or payment_intent is required, and only one.', {
      code: 'parameter_missing',
      param: 'payment_intent',
    })
  const intent =
    input.payment_intent === undefined
      ? null
      : mustExist(
          world.paymentIntents.get(input.payment_intent),
          'payment_intent',
          input.payment_intent,
          'payment_intent',
        )
  const chargeId = intent?.latestChargeId ?? input.charge ?? ''
  const charge = mustExist(world.charges.get(chargeId), 'charge', chargeId, 'charge')
  return refundWire(
    refundCharge(world, charge, {
      amountMinor: input.amount,
      reason: input.reason,
      metadata: input.metadata ?? {},
    }),
  )
}

/** Routes of refunds. */
export const refundEndpoints = [
  endpoint('POST', '/v1/refunds', params.refundCreate, createRefund),
  endpoint('GET', '/v1/refunds', params.refundList, (world, input) =>
    list(world.refunds, 'refund', '/v1/refunds', input, refundWire, {
      among:
        input.charge === undefined
          ? input.payment_intent === undefined
            ? undefined
            : ['intent', input.payment_intent]
          : ['charge', input.charge],
    }),
  ),
  endpoint('GET', '/v1/refunds/:id', nothing, (world, _input, { id = '' }) =>
    refundWire(mustExist(world.refunds.get(id), 'refund', id)),
  ),
  endpoint('POST', '/v1/refunds/:id', params.refundUpdate, (world, input, { id = '' }) => {
    const row = mustExist(world.refunds.get(id), 'refund', id)
    const before = refundWire(row)
    row.metadata = mergeMetadata(row.metadata, input.metadata)
    emitChange(world, 'refund.updated', before, refundWire(row))
    return refundWire(row)
  }),
]
