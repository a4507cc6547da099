/** What a portal knows of a property. Every value is text, whatever the type. */
export type PropertyDefinition = {
  readonly name: string
  readonly label: string
  readonly type: 'string' | 'number' | 'date' | 'datetime' | 'enumeration' | 'bool'
  readonly options: readonly string[]
  readonly hasUniqueValue: boolean
  /** Kept by HubSpot itself; a write to it is refused. */
  readonly readOnly: boolean
}

export const recordTypes = ['deals', 'companies', 'contacts', 'line_items'] as const

/** The kinds of record this portal has. */
export type RecordType = (typeof recordTypes)[number]

type Shorthand = readonly [name: string, type?: PropertyDefinition['type'], options?: readonly string[]]

function written(...shorthands: Shorthand[]): PropertyDefinition[] {
  return shorthands.map(([name, type = 'string', options = []]) => ({
    name,
    label: name,
    type,
    options,
    hasUniqueValue: false,
    readOnly: false,
  }))
}

function kept(...shorthands: Shorthand[]): PropertyDefinition[] {
  return written(...shorthands).map((property) => ({ ...property, readOnly: true }))
}

/** The properties every portal has, as far as this twin knows them. */
export const standardProperties: Readonly<Record<RecordType, readonly PropertyDefinition[]>> = {
  deals: [
    ...written(
      ['dealname'],
      ['amount', 'number'],
      ['closedate', 'datetime'],
      ['dealstage', 'enumeration'],
      ['pipeline', 'enumeration'],
      ['dealtype', 'enumeration', ['newbusiness', 'existingbusiness']],
      ['deal_currency_code'],
      ['hubspot_owner_id'],
      ['description'],
    ),
    ...kept(
      ['hs_object_id', 'number'],
      ['createdate', 'datetime'],
      ['hs_lastmodifieddate', 'datetime'],
      ['hs_is_closed', 'bool'],
      ['hs_is_closed_won', 'bool'],
      ['hs_deal_stage_probability', 'number'],
      ['hs_merged_object_ids'],
    ),
  ],
  companies: [
    ...written(
      ['name'],
      ['domain'],
      ['address'],
      ['address2'],
      ['city'],
      ['state'],
      ['zip'],
      ['country'],
      ['phone'],
    ),
    ...kept(['hs_object_id', 'number'], ['createdate', 'datetime'], ['hs_lastmodifieddate', 'datetime']),
  ],
  contacts: [
    ...written(['email'], ['firstname'], ['lastname'], ['phone'], ['jobtitle']),
    ...kept(['hs_object_id', 'number'], ['createdate', 'datetime'], ['lastmodifieddate', 'datetime']),
  ],
  line_items: [
    ...written(
      ['name'],
      ['description'],
      ['quantity', 'number'],
      ['price', 'number'],
      ['discount', 'number'],
      ['hs_discount_percentage', 'number'],
      ['hs_product_id'],
      ['hs_sku'],
      ['hs_line_item_currency_code'],
      [
        'recurringbillingfrequency',
        'enumeration',
        ['weekly', 'biweekly', 'monthly', 'quarterly', 'per_six_months', 'annually', 'per_two_years'],
      ],
      ['hs_recurring_billing_period'],
      ['hs_recurring_billing_start_date', 'date'],
      ['hs_term_in_months', 'number'],
      ['hs_position_on_quote', 'number'],
    ),
    ...kept(
      ['amount', 'number'],
      ['hs_object_id', 'number'],
      ['createdate', 'datetime'],
      ['hs_lastmodifieddate', 'datetime'],
    ),
  ],
}

/** The words of `tieout_status`, which sales sees on the deal. */
const statuses = ['Queued', 'Checking', 'Needs fix', 'Provisioning', 'Active', 'On hold', 'Ignored']

/** The properties Tieout asks an administrator to create: what our default mapping reads and what we write back. */
export const tieoutProperties: Readonly<Record<RecordType, readonly PropertyDefinition[]>> = {
  deals: written(
    ['payment_terms'],
    ['po_number'],
    ['contract_start', 'date'],
    ['contract_months', 'number'],
    ['billing_email'],
    ['entity'],
    ['tieout_status', 'enumeration', statuses],
    ['tieout_message'],
    ['tieout_link'],
  ),
  companies: [],
  contacts: [],
  line_items: written(
    ['billing_timing'],
    ['line_kind'],
    ['meter'],
    ['included_units', 'number'],
    ['unit_size', 'number'],
    ['overage_price', 'number'],
    ['overage_discount', 'number'],
  ),
}
