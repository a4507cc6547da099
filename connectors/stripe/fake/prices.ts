import type * as z from 'zod'
import { endpoint, list, mergeMetadata, metadataTerms, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import * as params from './params-catalogue.ts'
import { nothing, search } from './params-customer.ts'
import { createProduct } from './products.ts'
import { invalidRequest } from './refusal.ts'
import type { Price, Tier } from './rows.ts'
import { searchPage } from './search.ts'
import type { World } from './world.ts'

type PriceAsked = z.output<typeof params.priceCreate>

/** A price on the wire. Tiers come only when asked for. */
export function priceWire(world: World, row: Price): Wire {
  const { recurring } = row
  return {
    id: row.id,
    object: 'price',
    active: row.active,
    billing_scheme: row.tiers === null ? 'per_unit' : 'tiered',
    created: row.created,
    currency: row.currency,
    custom_unit_amount: null,
    livemode: world.settings.livemode,
    lookup_key: row.lookupKey,
    metadata: row.metadata,
    nickname: row.nickname,
    product: row.productId,
    recurring: recurring && {
      interval: recurring.interval.unit,
      interval_count: recurring.interval.count,
      meter: recurring.meterId,
      trial_period_days: null,
      usage_type: recurring.usage,
    },
    tax_behavior: row.taxBehavior,
    tiers_mode: row.tiersMode,
    transform_quantity: row.transformQuantity && {
      divide_by: row.transformQuantity.divideBy,
      round: row.transformQuantity.round,
    },
    type: recurring === null ? 'one_time' : 'recurring',
    unit_amount: wholeOrNull(row.unitAmount),
    unit_amount_decimal: row.unitAmount,
  }
}

/** The tiers of a price on the wire; null for a price without. */
export function tiersWire(row: Price): unknown {
  if (row.tiers === null) return null
  return row.tiers.map((tier) => ({
    flat_amount: wholeOrNull(tier.flatAmount),
    flat_amount_decimal: tier.flatAmount,
    unit_amount: wholeOrNull(tier.unitAmount),
    unit_amount_decimal: tier.unitAmount,
    up_to: tier.upTo === null ? null : Number(tier.upTo),
  }))
}

function wholeOrNull(decimal: string | null): number | null {
  return decimal === null || decimal.includes('.') ? null : Number(decimal)
}

/** A decimal without needless zeros: `0.00032`. */
function plain(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/0+$/, '').replace(/\.$/, '') : decimal
}

function refuseUnsoundPrice(world: World, asked: PriceAsked): void {
  const tiered = asked.billing_scheme === 'tiered'
  const amounts = [asked.unit_amount, asked.unit_amount_decimal].filter((value) => value !== undefined)
  if (asked.product === undefined && asked.product_data === undefined)
    throw invalidRequest('You must specify either `product` or `product_data`.', {
      code: 'parameter_missing',
      param: 'product',
    })
  if (amounts.length === 2)
    throw invalidRequest('You may only specify one of `unit_amount`, `unit_amount_decimal`.')
  if (tiered && (asked.tiers === undefined || asked.tiers_mode === undefined))
    throw invalidRequest('Tiered prices need `tiers` and `tiers_mode`.', { param: 'tiers' })
  if (tiered && (amounts.length > 0 || asked.transform_quantity !== undefined))
    throw invalidRequest('A tiered price takes neither `unit_amount` nor `transform_quantity`.')
  if (!tiered && asked.tiers !== undefined)
    throw invalidRequest('`tiers` needs `billing_scheme=tiered`.', { param: 'tiers' })
  if (!tiered && amounts.length === 0)
    throw invalidRequest('Prices need `unit_amount` or `unit_amount_decimal`.', {
      code: 'parameter_missing',
      param: 'unit_amount',
    })
  refuseUnsoundRecurrence(world, asked)
}

function refuseUnsoundRecurrence(world: World, { recurring }: PriceAsked): void {
  if (recurring === undefined) return
  const metered = recurring.usage_type === 'metered'
  const longest = { day: 1095, week: 156, month: 36, year: 3 } as const
  if ((recurring.interval_count ?? 1) < 1 || (recurring.interval_count ?? 1) > longest[recurring.interval])
    throw invalidRequest('The interval is at least one unit and at most three years.', {
      param: 'recurring[interval_count]',
    })
  if (metered && recurring.meter === undefined)
    throw invalidRequest('A metered price needs a meter.', {
      code: 'parameter_missing',
      param: 'recurring[meter]',
    })
  if (!metered && recurring.meter !== undefined)
    throw invalidRequest('Only metered prices take a meter.', { param: 'recurring[meter]' })
  if (recurring.meter !== undefined) {
    const meter = mustExist(world.meters.get(recurring.meter), 'meter', recurring.meter, 'recurring[meter]')
    if (meter.deactivatedAt !== null) throw invalidRequest('The meter is inactive.')
  }
}

function readTiers(asked: PriceAsked): Tier[] | null {
  if (asked.tiers === undefined) return null
  const tiers = asked.tiers.map((tier) => ({
    upTo: tier.up_to === 'inf' ? null : String(tier.up_to),
    unitAmount: exact(tier.unit_amount_decimal, tier.unit_amount),
    flatAmount: exact(tier.flat_amount_decimal, tier.flat_amount),
  }))
  const rising = tiers.every(({ upTo }, index) => {
    const next = tiers[index + 1]
    if (next === undefined) return upTo === null
    return upTo !== null && (next.upTo === null || BigInt(upTo) < BigInt(next.upTo))
  })
  if (!rising) throw invalidRequest('Tiers must rise and the last must be up to `inf`.', { param: 'tiers' })
  return tiers
}

function exact(decimal: string | undefined, whole: bigint | undefined): string | null {
  if (decimal !== undefined) return plain(decimal)
  return whole === undefined ? null : whole.toString()
}

function createPrice(world: World, asked: PriceAsked): Price {
  refuseUnsoundPrice(world, asked)
  const tiers = readTiers(asked)
  const recurring = asked.recurring
  refuseTakenKey(world, asked.lookup_key, asked.transfer_lookup_key)
  const product = asked.product_data
    ? createProduct(world, asked.product_data)
    : mustExist(world.products.get(asked.product ?? ''), 'product', asked.product ?? '', 'product')
  const row = world.prices.insert({
    id: world.newId('price'),
    created: world.seconds(),
    productId: product.id,
    currency: asked.currency.toLowerCase(),
    unitAmount: tiers === null ? exact(asked.unit_amount_decimal, asked.unit_amount) : null,
    tiers,
    tiersMode: asked.tiers_mode ?? null,
    transformQuantity: asked.transform_quantity
      ? { divideBy: asked.transform_quantity.divide_by, round: asked.transform_quantity.round }
      : null,
    recurring: recurring
      ? {
          interval: { unit: recurring.interval, count: recurring.interval_count ?? 1 },
          usage: recurring.usage_type ?? 'licensed',
          meterId: recurring.meter ?? null,
        }
      : null,
    active: asked.active ?? true,
    nickname: asked.nickname ?? null,
    lookupKey: null,
    metadata: mergeMetadata({}, asked.metadata),
    taxBehavior: asked.tax_behavior ?? 'unspecified',
  })
  takeKey(world, row, asked.lookup_key)
  emit(world, 'price.created', priceWire(world, row))
  return row
}

function refuseTakenKey(world: World, key: string | undefined, transfer: boolean | undefined): void {
  if (key === undefined || transfer === true || !world.priceByLookupKey.has(key)) return
  throw invalidRequest(`A price (\`${world.priceByLookupKey.get(key)}\`) already uses that lookup key.`, {
    code: 'resource_already_exists',
    param: 'lookup_key',
  })
}

/** Gives a price a lookup key; the price that had it loses it. */
function takeKey(world: World, row: Price, key: string | undefined): void {
  if (key !== undefined && key !== row.lookupKey) {
    const holder = world.prices.get(world.priceByLookupKey.get(key) ?? '')
    if (holder) holder.lookupKey = null
    if (row.lookupKey !== null) world.priceByLookupKey.delete(row.lookupKey)
    world.priceByLookupKey.set(key, row.id)
    row.lookupKey = key
  }
  const terms = metadataTerms(row.metadata)
  if (row.lookupKey !== null) terms.push(`lookup_key:${row.lookupKey.toLowerCase()}`)
  world.search.note(
    row.id,
    terms.map((term) => `price ${term}`),
  )
}

function updatePrice(world: World, row: Price, input: z.output<typeof params.priceUpdate>): Wire {
  const before = priceWire(world, row)
  const behavior = input.tax_behavior
  if (behavior !== undefined && behavior !== row.taxBehavior && row.taxBehavior !== 'unspecified')
    throw invalidRequest('The tax behavior of a price is fixed once it is set.', { param: 'tax_behavior' })
  if (input.lookup_key !== row.lookupKey) refuseTakenKey(world, input.lookup_key, input.transfer_lookup_key)
  if (behavior !== undefined) row.taxBehavior = behavior
  if (input.active !== undefined) row.active = input.active
  if (input.nickname !== undefined) row.nickname = input.nickname
  row.metadata = mergeMetadata(row.metadata, input.metadata)
  takeKey(world, row, input.lookup_key)
  emitChange(world, 'price.updated', before, priceWire(world, row))
  return priceWire(world, row)
}

function listPrices(world: World, input: z.output<typeof params.priceList>): Wire {
  const { recurring } = input
  const where = (row: Price) =>
    (input.active === undefined || row.active === input.active) &&
    (input.currency === undefined || row.currency === input.currency.toLowerCase()) &&
    (input.product === undefined || row.productId === input.product) &&
    (input.type === undefined || (row.recurring === null) === (input.type === 'one_time')) &&
    (recurring?.meter === undefined || row.recurring?.meterId === recurring.meter) &&
    (recurring?.interval === undefined || row.recurring?.interval.unit === recurring.interval) &&
    (recurring?.usage_type === undefined || row.recurring?.usage === recurring.usage_type)
  const render = (row: Price) => priceWire(world, row)
  if (input.lookup_keys === undefined)
    return list(world.prices, 'price', '/v1/prices', input, render, {
      among: input.product === undefined ? undefined : ['product', input.product],
      where,
    })
  const ids = input.lookup_keys.map((key) => world.priceByLookupKey.get(key))
  const rows = ids.flatMap((id) => world.prices.get(id ?? '') ?? []).filter(where)
  return { object: 'list', data: rows.map(render), has_more: false, url: '/v1/prices' }
}

/** Routes of prices. */
export const priceEndpoints = [
  endpoint('POST', '/v1/prices', params.priceCreate, (world, input) =>
    priceWire(world, createPrice(world, input)),
  ),
  endpoint('GET', '/v1/prices', params.priceList, listPrices),
  endpoint('GET', '/v1/prices/search', search, (world, input) =>
    searchPage(world, input, '/v1/prices/search', (id) => {
      const row = world.prices.get(id)
      return row === undefined ? null : priceWire(world, row)
    }),
  ),
  endpoint('GET', '/v1/prices/:id', nothing, (world, _input, { id = '' }) =>
    priceWire(world, mustExist(world.prices.get(id), 'price', id)),
  ),
  endpoint('POST', '/v1/prices/:id', params.priceUpdate, (world, input, { id = '' }) =>
    updatePrice(world, mustExist(world.prices.get(id), 'price', id), input),
  ),
]
