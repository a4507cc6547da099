import { endpoint, list, mergeMetadata, metadataTerms, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import { emit, emitChange } from './emit.ts'
import * as params from './params-catalogue.ts'
import { nothing, search } from './params-customer.ts'
import { invalidRequest } from './refusal.ts'
import type { Metadata, Product } from './rows.ts'
import { searchPage } from './search.ts'
import type { World } from './world.ts'

/** A product on the wire. */
export function productWire(world: World, row: Product): Wire {
  return {
    id: row.id,
    object: 'product',
    active: row.active,
    created: row.created,
    default_price: null,
    description: row.description,
    images: [],
    livemode: world.settings.livemode,
    marketing_features: [],
    metadata: row.metadata,
    name: row.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: row.taxCode,
    tax_details: null,
    type: 'service',
    unit_label: row.unitLabel,
    updated: row.updated,
    url: null,
  }
}

type ProductAsked = {
  readonly id?: string | undefined
  readonly name: string
  readonly active?: boolean | undefined
  readonly description?: string | undefined
  readonly metadata?: Metadata | undefined
  readonly tax_code?: string | undefined
  readonly unit_label?: string | undefined
}

/** Makes a product; its id may be the caller's own. */
export function createProduct(world: World, asked: ProductAsked): Product {
  if (asked.id !== undefined && world.products.get(asked.id))
    throw invalidRequest('Product already exists.', { code: 'resource_already_exists', param: 'id' })
  const row = world.products.insert({
    id: asked.id ?? world.newId('prod'),
    created: world.seconds(),
    updated: world.seconds(),
    name: asked.name,
    active: asked.active ?? true,
    description: asked.description ?? null,
    metadata: mergeMetadata({}, asked.metadata),
    taxCode: asked.tax_code ?? null,
    unitLabel: asked.unit_label ?? null,
  })
  noteForSearch(world, row)
  emit(world, 'product.created', productWire(world, row))
  return row
}

function noteForSearch(world: World, row: Product): void {
  const terms = [...metadataTerms(row.metadata), `name:${row.name.toLowerCase()}`, `active:${row.active}`]
  world.search.note(
    row.id,
    terms.map((term) => `product ${term}`),
  )
}

/** Routes of products. */
export const productEndpoints = [
  endpoint('POST', '/v1/products', params.productCreate, (world, input) =>
    productWire(world, createProduct(world, input)),
  ),
  endpoint('GET', '/v1/products', params.productList, (world, input) =>
    list(world.products, 'product', '/v1/products', input, (row) => productWire(world, row), {
      where: (row) =>
        (input.active === undefined || row.active === input.active) && (input.ids?.includes(row.id) ?? true),
    }),
  ),
  endpoint('GET', '/v1/products/search', search, (world, input) =>
    searchPage(world, input, '/v1/products/search', (id) => {
      const row = world.products.get(id)
      return row === undefined ? null : productWire(world, row)
    }),
  ),
  endpoint('GET', '/v1/products/:id', nothing, (world, _input, { id = '' }) =>
    productWire(world, mustExist(world.products.get(id), 'product', id)),
  ),
  endpoint('POST', '/v1/products/:id', params.productUpdate, (world, input, { id = '' }) => {
    const row = mustExist(world.products.get(id), 'product', id)
    const before = productWire(world, row)
    if (input.name !== undefined) row.name = input.name
    if (input.active !== undefined) row.active = input.active
    if (input.description !== undefined) row.description = input.description
    if (input.tax_code !== undefined) row.taxCode = input.tax_code
    if (input.unit_label !== undefined) row.unitLabel = input.unit_label
    row.metadata = mergeMetadata(row.metadata, input.metadata)
    row.updated = world.seconds()
    noteForSearch(world, row)
    emitChange(world, 'product.updated', before, productWire(world, row))
    return productWire(world, row)
  }),
  endpoint('DELETE', '/v1/products/:id', nothing, (world, _input, { id = '' }) => {
    const row = mustExist(world.products.get(id), 'product', id)
    if (world.prices.among('product', id).length > 0)
      throw invalidRequest('This product cannot be deleted because it has one or more user-created prices.')
    world.products.remove(id)
    emit(world, 'product.deleted', productWire(world, row))
    return { id, object: 'product', deleted: true }
  }),
]
