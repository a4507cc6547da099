import { endpoint, list, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import * as params from './params-customer.ts'
import { invalidRequest } from './refusal.ts'
import type { TaxId, TaxIdStatus } from './rows.ts'
import { checkedTaxIdTypes, taxIdTypes } from './tax-id-types.ts'
import type { World } from './world.ts'

type Asked = { readonly type: string; readonly value: string }

const formats: Readonly<Record<string, RegExp>> = {
  eu_vat: /^[A-Z]{2}[0-9A-Z]{2,12}$/,
  gb_vat: /^(GB)?\d{9}(\d{3})?$/,
  au_abn: /^\d{11}$/,
  us_ein: /^\d{2}-\d{7}$/,
}

/** Refuses a type Stripe does not know and a value that cannot be one. */
export function checkTaxId({ type, value }: Asked): void {
  if (!taxIdTypes.has(type)) throw invalidRequest(`Invalid type: ${type}`, { param: 'type' })
  if (formats[type]?.test(value.toUpperCase().replace(/[ .]/g, '')) === false)
    throw invalidRequest(`Invalid value for ${type}.`, { code: 'tax_id_invalid', param: 'value' })
}

/** Adds a tax id; types somebody checks are pending until the check comes back. */
export function addTaxId(world: World, customerId: string, { type, value }: Asked): TaxId {
  const row = world.taxIds.insert({
    id: world.newId('txi'),
    created: world.seconds(),
    customerId,
    type,
    value,
    country: type === 'eu_vat' ? value.slice(0, 2).toUpperCase() : type.slice(0, 2).toUpperCase(),
    status: checkedTaxIdTypes.has(type) ? 'pending' : null,
    verifiedName: null,
    verifiedAddress: null,
  })
  emit(world, 'customer.tax_id.created', taxIdWire(world, row))
  if (row.status === 'pending')
    world.agenda.add(world.seconds() + world.quirks.taxIdCheckSeconds, () => finishCheck(world, row))
  return row
}

/** What the check finds. Stripe's magic digits decide; any other value is good. */
function outcomeOf(value: string): TaxIdStatus {
  if (value.includes('111111111')) return 'unverified'
  if (value.includes('222222222')) return 'pending'
  return value.includes('333333333') ? 'unavailable' : 'verified'
}

function finishCheck(world: World, row: TaxId): void {
  if (world.taxIds.get(row.id) === undefined) return
  const before = taxIdWire(world, row)
  row.status = outcomeOf(row.value)
  if (row.status === 'verified') {
    row.verifiedName = world.customers.get(row.customerId)?.name ?? null
    row.verifiedAddress = world.customers.get(row.customerId)?.address?.line1 ?? null
  }
  emitChange(world, 'customer.tax_id.updated', before, taxIdWire(world, row))
}

/** A tax id on the wire. */
export function taxIdWire(world: World, row: TaxId): Wire {
  return {
    id: row.id,
    object: 'tax_id',
    country: row.country,
    created: row.created,
    customer: row.customerId,
    customer_account: null,
    livemode: world.settings.livemode,
    owner: { customer: row.customerId, customer_account: null, type: 'customer' },
    type: row.type,
    value: row.value,
    verification:
      row.status === null
        ? null
        : {
            status: row.status,
            verified_address: row.verifiedAddress,
            verified_name: row.verifiedName,
          },
  }
}

function mustBeTaxId(world: World, customerId: string, id: string): TaxId {
  const row = world.taxIds.get(id)
  return mustExist(row?.customerId === customerId ? row : undefined, 'tax_id', id)
}

const base = '/v1/customers/:customer/tax_ids'

/** Routes of a customer's tax ids. */
export const taxIdEndpoints = [
  endpoint('POST', base, params.taxIdCreate, (world, input, { customer = '' }) => {
    mustExist(world.customers.get(customer), 'customer', customer)
    checkTaxId(input)
    return taxIdWire(world, addTaxId(world, customer, input))
  }),
  endpoint('GET', base, params.plainList, (world, input, { customer = '' }) => {
    mustExist(world.customers.get(customer), 'customer', customer)
    const url = `/v1/customers/${customer}/tax_ids`
    return list(world.taxIds, 'tax_id', url, input, (row) => taxIdWire(world, row), {
      among: ['customer', customer],
    })
  }),
  endpoint('GET', `${base}/:id`, params.nothing, (world, _input, { customer = '', id = '' }) =>
    taxIdWire(world, mustBeTaxId(world, customer, id)),
  ),
  endpoint('DELETE', `${base}/:id`, params.nothing, (world, _input, { customer = '', id = '' }) => {
    const row = mustBeTaxId(world, customer, id)
    world.taxIds.remove(id)
    emit(world, 'customer.tax_id.deleted', taxIdWire(world, row))
    return { id, object: 'tax_id', deleted: true }
  }),
]
