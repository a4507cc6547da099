import type * as z from 'zod'
import { endpoint, inlineList, list, mergeMetadata, metadataTerms, minor, mustExist } from './api.ts'
import { moveBalance } from './customer-balance.ts'
import { emit, emitChange } from './emit.ts'
import type { Wire } from './emit.ts'
import * as params from './params-customer.ts'
import { attach, paymentMethodFor } from './payment-methods.ts'
import { invalidRequest } from './refusal.ts'
import type { Address, Customer } from './rows.ts'
import { searchPage } from './search.ts'
import { addTaxId, checkTaxId, taxIdWire } from './tax-ids.ts'
import { taxLocation, taxState } from './tax.ts'
import type { World } from './world.ts'

/** A customer on the wire. */
export function customerWire(world: World, row: Customer): Wire {
  if (row.deleted) return { id: row.id, object: 'customer', deleted: true }
  return {
    id: row.id,
    object: 'customer',
    address: row.address,
    balance: minor(row.balanceMinor),
    created: row.created,
    currency: row.currency,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: row.description,
    discount: null,
    email: row.email,
    invoice_prefix: row.invoicePrefix,
    invoice_settings: {
      custom_fields: row.customFields,
      default_payment_method: row.defaultPaymentMethod,
      footer: row.footer,
      rendering_options: null,
    },
    livemode: world.settings.livemode,
    metadata: row.metadata,
    name: row.name,
    next_invoice_sequence: row.nextInvoiceSequence,
    phone: row.phone,
    preferred_locales: row.preferredLocales,
    shipping: row.shipping,
    tax_exempt: row.taxExempt,
    test_clock: row.testClock,
  }
}

/** Parts of a customer that come only when asked for. */
export const customerExtras: Readonly<Record<string, (world: World, row: Customer) => unknown>> = {
  tax: (world, row) => {
    const location = taxLocation(row)
    const source = row.shipping ? 'shipping_destination' : 'billing_address'
    return {
      automatic_tax: taxState(world, row),
      ip_address: null,
      location: location && { ...location, source },
      provider: 'stripe',
    }
  },
  tax_ids: (world, row) =>
    inlineList(`/v1/customers/${row.id}/tax_ids`, world.taxIds.among('customer', row.id).toReversed(), (id) =>
      taxIdWire(world, id),
    ),
}

/** The customer, or the refusal for one that is not there. */
export function mustBeCustomer(world: World, id: string, param?: string): Customer {
  const row = mustExist(world.customers.get(id), 'customer', id, param)
  if (row.deleted && param !== undefined) throw mustNotBeDeleted(id, param)
  return row
}

function mustNotBeDeleted(id: string, param: string) {
  return invalidRequest(`No such customer: '${id}'; it was deleted`, { code: 'resource_missing', param })
}

/** Routes of customers. */
export const customerEndpoints = [
  endpoint('POST', '/v1/customers', params.customerCreate, (world, input) =>
    customerWire(world, createCustomer(world, input)),
  ),
  endpoint('GET', '/v1/customers', params.customerList, (world, input) =>
    list(world.customers, 'customer', '/v1/customers', input, (row) => customerWire(world, row), {
      among: input.email === undefined ? undefined : ['email', input.email],
      where: (row) => !row.deleted,
    }),
  ),
  endpoint('GET', '/v1/customers/search', params.search, (world, input) =>
    searchPage(world, input, '/v1/customers/search', (id) => {
      const row = world.customers.get(id)
      return row === undefined || row.deleted ? null : customerWire(world, row)
    }),
  ),
  endpoint('GET', '/v1/customers/:id', params.nothing, (world, _input, { id = '' }) =>
    customerWire(world, mustBeCustomer(world, id)),
  ),
  endpoint('POST', '/v1/customers/:id', params.customerUpdate, (world, input, { id = '' }) =>
    updateCustomer(world, mustBeCustomer(world, id), input),
  ),
  endpoint('DELETE', '/v1/customers/:id', params.nothing, (world, _input, { id = '' }) => {
    const row = mustBeCustomer(world, id)
    const before = customerWire(world, row)
    row.deleted = true
    emit(world, 'customer.deleted', before)
    return customerWire(world, row)
  }),
]

function createCustomer(world: World, input: z.output<typeof params.customerCreate>): Customer {
  const method = input.payment_method === undefined ? null : paymentMethodFor(world, input.payment_method)
  for (const asked of input.tax_id_data ?? []) checkTaxId(asked)
  const row = blankCustomer(world)
  row.testClock = input.test_clock ?? null
  write(row, input)
  refuseBadLocation(row, input.tax?.validate_location)
  if (method && row.defaultPaymentMethod === input.payment_method) row.defaultPaymentMethod = method.id
  refuseUnknownMethod(world, row, method?.id ?? null)
  world.customers.insert(row)
  if (method) attach(world, method, row.id)
  emit(world, 'customer.created', customerWire(world, row))
  if (input.balance !== undefined && input.balance !== 0n)
    moveBalance(world, row, input.balance, { type: 'initial', currency: row.currency ?? 'usd' })
  for (const asked of input.tax_id_data ?? []) addTaxId(world, row.id, asked)
  noteForSearch(world, row)
  return row
}

function blankCustomer(world: World): Customer {
  const id = world.newId('cus')
  return {
    id,
    created: world.seconds(),
    name: null,
    email: null,
    phone: null,
    description: null,
    address: null,
    shipping: null,
    balanceMinor: 0n,
    currency: null,
    customFields: null,
    footer: null,
    defaultPaymentMethod: null,
    metadata: {},
    taxExempt: 'none',
    invoicePrefix: id.slice(-8).toUpperCase(),
    nextInvoiceSequence: 1,
    preferredLocales: [],
    testClock: null,
    deleted: false,
  }
}

function updateCustomer(world: World, row: Customer, input: z.output<typeof params.customerUpdate>): Wire {
  if (row.deleted) throw mustNotBeDeleted(row.id, 'id')
  const before = customerWire(world, row)
  const changed = { ...row }
  write(changed, input)
  refuseBadLocation(changed, input.tax?.validate_location)
  refuseUnknownMethod(world, changed, null)
  Object.assign(row, changed)
  if (input.balance !== undefined && input.balance !== row.balanceMinor)
    moveBalance(world, row, input.balance - row.balanceMinor, {
      type: 'adjustment',
      currency: row.currency ?? 'usd',
    })
  world.customers.reindex(row)
  noteForSearch(world, row)
  const after = customerWire(world, row)
  emitChange(world, 'customer.updated', before, after)
  return after
}

type Written = Omit<z.output<typeof params.customerUpdate>, 'tax' | 'default_source'>

/** Writes what was sent; what was not sent stays. */
function write(row: Customer, input: Written): void {
  const settings = input.invoice_settings ?? {}
  if (input.name !== undefined) row.name = input.name
  if (input.email !== undefined) row.email = input.email
  if (input.phone !== undefined) row.phone = input.phone
  if (input.description !== undefined) row.description = input.description
  if (input.address !== undefined) row.address = wholeAddress(input.address)
  if (input.shipping !== undefined)
    row.shipping = input.shipping && {
      address: wholeAddress(input.shipping.address) as Address,
      name: input.shipping.name,
      phone: input.shipping.phone ?? null,
    }
  if (settings.custom_fields !== undefined) row.customFields = settings.custom_fields
  if (settings.footer !== undefined) row.footer = settings.footer
  if (settings.default_payment_method !== undefined)
    row.defaultPaymentMethod = settings.default_payment_method
  if (input.tax_exempt !== undefined) row.taxExempt = input.tax_exempt ?? 'none'
  if (input.preferred_locales !== undefined) row.preferredLocales = input.preferred_locales
  if (input.invoice_prefix !== undefined) row.invoicePrefix = input.invoice_prefix
  if (input.next_invoice_sequence !== undefined) row.nextInvoiceSequence = input.next_invoice_sequence
  row.metadata = mergeMetadata(row.metadata, input.metadata)
}

type AddressSent = { readonly [Key in keyof Address]?: string | undefined }

function wholeAddress(sent: AddressSent | null): Address | null {
  if (sent === null) return null
  const part = (value: string | undefined) => (value === undefined || value === '' ? null : value)
  return {
    city: part(sent.city),
    country: part(sent.country),
    line1: part(sent.line1),
    line2: part(sent.line2),
    postal_code: part(sent.postal_code),
    state: part(sent.state),
  }
}

function refuseBadLocation(row: Customer, when: string | undefined): void {
  if (when !== 'immediately' || taxLocation(row) !== null) return
  throw invalidRequest("The customer's location isn't recognized. Set a valid customer address.", {
    code: 'customer_tax_location_invalid',
    param: 'address',
  })
}

function refuseUnknownMethod(world: World, row: Customer, arriving: string | null): void {
  const id = row.defaultPaymentMethod
  if (id === null || id === arriving || world.paymentMethods.get(id)?.customerId === row.id) return
  throw invalidRequest(`The customer does not have a payment method with the ID ${id}.`, {
    code: 'resource_missing',
    param: 'invoice_settings[default_payment_method]',
  })
}

function noteForSearch(world: World, row: Customer): void {
  const terms = metadataTerms(row.metadata)
  if (row.email !== null) terms.push(`email:${row.email.toLowerCase()}`)
  if (row.name !== null) terms.push(`name:${row.name.toLowerCase()}`)
  world.search.note(
    row.id,
    terms.map((term) => `customer ${term}`),
  )
}
