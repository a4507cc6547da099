import { endpoint, list, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import { nothing } from './params-customer.ts'
import * as params from './params-catalogue.ts'
import type { TaxRate } from './rows.ts'
import type { World } from './world.ts'

/** A tax rate on the wire. Automatic tax makes them; nobody else can here. */
export function taxRateWire(world: World, row: TaxRate): Wire {
  return {
    id: row.id,
    object: 'tax_rate',
    active: true,
    country: row.country,
    created: row.created,
    description: null,
    display_name: row.displayName,
    effective_percentage: Number(row.percentage),
    flat_amount: null,
    inclusive: row.inclusive,
    jurisdiction: row.state ?? row.country,
    jurisdiction_level: row.state === null ? 'country' : 'state',
    livemode: world.settings.livemode,
    metadata: {},
    percentage: Number(row.percentage),
    rate_type: 'percentage',
    state: row.state,
    tax_type: row.taxType,
  }
}

/** Routes of tax rates and of the account's tax settings. */
export const taxEndpoints = [
  endpoint('GET', '/v1/tax_rates', params.taxRateList, (world, input) =>
    list(world.taxRates, 'tax_rate', '/v1/tax_rates', input, (row) => taxRateWire(world, row), {
      where: (row) =>
        input.active !== false && (input.inclusive === undefined || row.inclusive === input.inclusive),
    }),
  ),
  endpoint('GET', '/v1/tax_rates/:id', nothing, (world, _input, { id = '' }) =>
    taxRateWire(world, mustExist(world.taxRates.get(id), 'tax_rate', id)),
  ),
  endpoint('GET', '/v1/tax/settings', nothing, (world) => ({
    object: 'tax.settings',
    defaults: { provider: 'stripe', tax_behavior: world.settings.tax.defaultBehavior, tax_code: null },
    head_office: {
      address: {
        city: null,
        country: world.settings.tax.headOfficeCountry,
        line1: null,
        line2: null,
        postal_code: null,
        state: null,
      },
    },
    livemode: world.settings.livemode,
    status: 'active',
    status_details: { active: {} },
  })),
]
