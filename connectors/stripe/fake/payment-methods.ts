import { endpoint, list, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import { emit } from './emit.ts'
import * as params from './params-customer.ts'
import { invalidRequest } from './refusal.ts'
import type { PaymentMethod } from './rows.ts'
import type { World } from './world.ts'

/** Stripe's own names for test cards and accounts. Using one makes a payment method. */
const testMethods: Readonly<Record<string, Pick<PaymentMethod, 'type' | 'declines' | 'last4'>>> = {
  pm_card_visa: { type: 'card', declines: false, last4: '4242' },
  pm_card_mastercard: { type: 'card', declines: false, last4: '4444' },
  pm_card_chargeCustomerFail: { type: 'card', declines: true, last4: '0341' },
  pm_usBankAccount_success: { type: 'us_bank_account', declines: false, last4: '6789' },
}

/** The payment method with an id, made anew for one of the test names; throws the refusal for others. */
export function paymentMethodFor(world: World, id: string): PaymentMethod {
  const test = testMethods[id]
  if (test === undefined)
    return mustExist(world.paymentMethods.get(id), 'PaymentMethod', id, 'payment_method')
  const made = { ...test, id: world.newId('pm'), created: world.seconds(), customerId: null }
  return world.paymentMethods.insert(made)
}

/** Ties a payment method to a customer. */
export function attach(world: World, row: PaymentMethod, customerId: string): void {
  if (row.customerId !== null && row.customerId !== customerId)
    throw invalidRequest('The payment method you provided has already been attached to a customer.', {
      code: 'resource_already_exists',
    })
  row.customerId = customerId
  world.paymentMethods.reindex(row)
  emit(world, 'payment_method.attached', paymentMethodWire(world, row))
}

/** A payment method on the wire. */
export function paymentMethodWire(world: World, row: PaymentMethod): Wire {
  const address = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }
  const card = { brand: 'visa', country: 'US', exp_month: 12, exp_year: 2034, last4: row.last4 }
  return {
    id: row.id,
    object: 'payment_method',
    billing_details: { address, email: null, name: null, phone: null, tax_id: null },
    created: row.created,
    customer: row.customerId,
    customer_account: null,
    livemode: world.settings.livemode,
    metadata: {},
    type: row.type,
    ...(row.type === 'card' ? { card } : { us_bank_account: { last4: row.last4 } }),
  }
}

/** Routes of payment methods: enough to give a customer something to be charged. */
export const paymentMethodEndpoints = [
  endpoint('GET', '/v1/payment_methods', params.paymentMethodList, (world, input) =>
    list(
      world.paymentMethods,
      'PaymentMethod',
      '/v1/payment_methods',
      input,
      (row) => paymentMethodWire(world, row),
      {
        among: input.customer === undefined ? undefined : ['customer', input.customer],
        where: (row) => input.type === undefined || row.type === input.type,
      },
    ),
  ),
  endpoint('GET', '/v1/payment_methods/:id', params.nothing, (world, _input, { id = '' }) =>
    paymentMethodWire(world, mustExist(world.paymentMethods.get(id), 'PaymentMethod', id)),
  ),
  endpoint(
    'POST',
    '/v1/payment_methods/:id/attach',
    params.paymentMethodAttach,
    (world, input, { id = '' }) => {
      mustExist(world.customers.get(input.customer), 'customer', input.customer, 'customer')
      const row = paymentMethodFor(world, id)
      attach(world, row, input.customer)
      return paymentMethodWire(world, row)
    },
  ),
  endpoint('POST', '/v1/payment_methods/:id/detach', params.nothing, (world, _input, { id = '' }) => {
    const row = mustExist(world.paymentMethods.get(id), 'PaymentMethod', id)
    row.customerId = null
    world.paymentMethods.reindex(row)
    emit(world, 'payment_method.detached', paymentMethodWire(world, row))
    return paymentMethodWire(world, row)
  }),
]
