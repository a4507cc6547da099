import type { RecordKind } from './known-properties.ts'

/** Properties to read beyond the standard ones, by their internal names. */
export type FieldsConfig = {
  readonly deal?: readonly string[]
  readonly company?: readonly string[]
  readonly contact?: readonly string[]
  readonly line?: readonly string[]
}

/** What the default mapping needs; whatever it has no portal may lack without harm until a mapping row asks for it. */
const standard: Readonly<Record<RecordKind, readonly string[]>> = {
  deals: [
    'hs_object_id',
    'dealname',
    'dealtype',
    'amount',
    'deal_currency_code',
    'closedate',
    'dealstage',
    'pipeline',
    'hs_is_closed_won',
    'hubspot_owner_id',
    'payment_terms',
    'po_number',
    'contract_start',
    'contract_months',
    'billing_email',
    'entity',
  ],
  companies: [
    'hs_object_id',
    'name',
    'domain',
    'address',
    'address2',
    'city',
    'state',
    'zip',
    'country',
    'phone',
  ],
  contacts: ['hs_object_id', 'email', 'firstname', 'lastname', 'phone'],
  line_items: [
    'hs_object_id',
    'name',
    'description',
    'quantity',
    'price',
    'discount',
    'hs_discount_percentage',
    'amount',
    'hs_product_id',
    'hs_sku',
    'hs_line_item_currency_code',
    'recurringbillingfrequency',
    'hs_recurring_billing_period',
    'hs_recurring_billing_start_date',
    'hs_term_in_months',
    'hs_position_on_quote',
    'billing_timing',
    'line_kind',
    'meter',
    'included_units',
    'unit_size',
    'overage_price',
    'overage_discount',
  ],
}

/** The properties to read of each kind of record. */
export type WantedProperties = Readonly<Record<RecordKind, readonly string[]>>

/** The standard properties and the configured ones, each once. */
export function wantedProperties(config: FieldsConfig): WantedProperties {
  const together = (kind: RecordKind, more: readonly string[] = []) => [
    ...new Set([...standard[kind], ...more]),
  ]
  return {
    deals: together('deals', config.deal),
    companies: together('companies', config.company),
    contacts: together('contacts', config.contact),
    line_items: together('line_items', config.line),
  }
}
