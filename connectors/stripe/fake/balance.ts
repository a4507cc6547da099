import { Big } from 'big.js'
import { decimalsOf, roundToInteger } from '../../../src/domain/money.ts'
import { minor } from './api.ts'
import type { Wire } from './emit.ts'
import { emit } from './emit.ts'
import type { BalanceTransaction, BalanceTransactionType, PaymentVia, Payout } from './payment-rows.ts'
import type { World } from './world.ts'

type Movement = {
  readonly type: BalanceTransactionType
  readonly currency: string
  readonly amountMinor: bigint
  readonly feeMinor?: bigint
  readonly sourceId: string
  readonly description?: string
}

const day = 86_400

const reportingCategories: Readonly<Record<BalanceTransactionType, string>> = {
  charge: 'charge',
  payment: 'charge',
  refund: 'refund',
  payment_refund: 'refund',
  refund_failure: 'refund_failure',
  payment_failure_refund: 'refund_failure',
  adjustment: 'dispute',
  payout: 'payout',
  stripe_fee: 'fee',
}

/** Moves the balance. What comes in can be paid out some days later; what goes out counts at once. */
export function moveMoney(world: World, movement: Movement): BalanceTransaction {
  const delay = movement.amountMinor > 0n ? (world.settings.payoutDelayDays ?? 2) * day : 0
  const row = world.balanceTransactions.insert({
    id: world.newId('txn'),
    created: world.seconds(),
    type: movement.type,
    reportingCategory: reportingCategories[movement.type],
    currency: movement.currency,
    amountMinor: movement.amountMinor,
    feeMinor: movement.feeMinor ?? 0n,
    sourceId: movement.sourceId,
    description: movement.description ?? null,
    availableOn: world.seconds() + delay,
  })
  if (row.feeMinor !== 0n) noteFee(world, row)
  if (row.type !== 'payout') awaitPayout(world, row)
  return row
}

function noteFee(world: World, row: BalanceTransaction): void {
  world.journal.add({
    at: row.created,
    kind: 'fee-charged',
    objectId: row.id,
    invoiceId: null,
    currency: row.currency,
    amountMinor: row.feeMinor,
    taxMinor: 0n,
  })
}

/** What Stripe keeps of a payment: cards 2.9 % and 30 cents, bank transfers 0.8 % and at most 5.00. */
export function feeFor(via: PaymentVia, amountMinor: bigint, currency: string): bigint {
  // A fixed part in a currency without cents is taken as so many whole hundredths of a hundred: ¥30, ¥500.
  const decimals = decimalsOf(currency.toUpperCase())
  const scaled = (cents: bigint) => (decimals === 3 ? cents * 10n : cents)
  const share = roundToInteger(new Big(amountMinor.toString()).times(via === 'card' ? '0.029' : '0.008'))
  const fee = via === 'card' ? share + scaled(30n) : least(share, scaled(500n))
  return least(fee, amountMinor)
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right
}

function awaitPayout(world: World, row: BalanceTransaction): void {
  const waiting = world.unpaidMovements.get(row.currency) ?? []
  waiting.push(row)
  world.unpaidMovements.set(row.currency, waiting)
  if (world.settings.payoutDelayDays === null) return
  const payoutDay = Math.ceil((row.availableOn + 1) / day) * day
  const key = `${row.currency} ${payoutDay}`
  if (world.payoutDays.has(key)) return
  world.payoutDays.add(key)
  world.agenda.add(payoutDay, () => {
    world.payoutDays.delete(key)
    payOut(world, row.currency)
  })
}

/** Sends what is available in a currency to the bank, once a day; nothing when it is not more than zero. */
export function payOut(world: World, currency: string): Payout | null {
  const waiting = world.unpaidMovements.get(currency) ?? []
  const available = waiting.filter(({ availableOn }) => availableOn <= world.seconds())
  const amountMinor = available.reduce((sum, row) => sum + row.amountMinor - row.feeMinor, 0n)
  if (amountMinor <= 0n) return null
  world.unpaidMovements.set(
    currency,
    waiting.filter(({ availableOn }) => availableOn > world.seconds()),
  )
  const id = world.newId('po')
  const movement = moveMoney(world, {
    type: 'payout',
    currency,
    amountMinor: -amountMinor,
    sourceId: id,
    description: 'STRIPE PAYOUT',
  })
  const row = world.payouts.insert({
    id,
    created: world.seconds(),
    currency,
    amountMinor,
    arrivalDate: world.seconds() + day,
    balanceTransactionId: movement.id,
    movementIds: [...available.map((one) => one.id), movement.id],
    status: 'in_transit',
  })
  emit(world, 'payout.created', payoutWire(world, row))
  world.agenda.add(row.arrivalDate, () => arrive(world, row))
  return row
}

function arrive(world: World, row: Payout): void {
  row.status = 'paid'
  emit(world, 'payout.paid', payoutWire(world, row))
  world.journal.add({
    at: world.seconds(),
    kind: 'payout-paid',
    objectId: row.id,
    invoiceId: null,
    currency: row.currency,
    amountMinor: row.amountMinor,
    taxMinor: 0n,
  })
}

/** A movement of the balance on the wire. */
export function balanceTransactionWire(world: World, row: BalanceTransaction): Wire {
  const fee = minor(row.feeMinor)
  return {
    id: row.id,
    object: 'balance_transaction',
    amount: minor(row.amountMinor),
    available_on: row.availableOn,
    balance_type: 'payments',
    created: row.created,
    currency: row.currency,
    description: row.description,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency: row.currency,
              description: row.type === 'adjustment' ? 'Dispute fee' : 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: minor(row.amountMinor - row.feeMinor),
    reporting_category: row.reportingCategory,
    source: row.sourceId,
    status: row.availableOn <= world.seconds() ? 'available' : 'pending',
    type: row.type,
  }
}

/** A payout on the wire. */
export function payoutWire(world: World, row: Payout): Wire {
  return {
    id: row.id,
    object: 'payout',
    amount: minor(row.amountMinor),
    application_fee: null,
    application_fee_amount: null,
    arrival_date: row.arrivalDate,
    automatic: true,
    balance_transaction: row.balanceTransactionId,
    created: row.created,
    currency: row.currency,
    description: 'STRIPE PAYOUT',
    destination: 'ba_1TwinBankAccount',
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: world.settings.livemode,
    metadata: {},
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: row.status === 'paid' ? 'completed' : 'in_progress',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: null,
    status: row.status,
    trace_id: null,
    type: 'bank_account',
  }
}
