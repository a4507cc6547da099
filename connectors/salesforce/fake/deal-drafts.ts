import type { Organization } from './organization.ts'
import { createRecord, type Saver } from './saving.ts'

/** Fields of a record to make, under their API names. */
export type Fields = Readonly<Record<string, unknown>>

/** A whole deal as sales would enter it. An account given by name is made when there is none. */
export type DealDraft = Fields & {
  readonly Name: string
  /** Default: `Prospecting`. */
  readonly StageName?: string
  readonly CloseDate: string
  readonly account?: Fields & { readonly Name: string }
  readonly contact?: Fields & { readonly LastName: string }
  readonly lines?: readonly LineDraft[]
}

/** A line; its product is made, with a list price, when there is none of that name. */
export type LineDraft = Fields & {
  readonly product: Fields & { readonly Name: string; readonly listPrice?: number }
  readonly Quantity: number
}

/** Records to load in bulk. A field `"@acme"` names a record loaded before with `ref: "acme"`. */
export type LoadBatch = readonly {
  readonly type: string
  readonly ref?: string
  readonly fields: Fields
}[]

/** Enters deals and records for people and for bulk loads; remembers accounts and products by name. */
export type DealDesk = {
  addDeal(draft: DealDraft): string
  load(batch: LoadBatch): string[]
}

/** Opens a desk that saves as the sales user. */
export function dealDesk(organization: Organization, saver: () => Saver): DealDesk {
  const byName = new Map<string, string>()
  const refs = new Map<string, string>()
  const make = (type: string, fields: Fields) => createRecord(organization, type, fields, saver()).Id
  const named = (type: string, fields: Fields & { readonly Name: string }) => {
    const key = `${type}/${fields.Name}`
    const id = byName.get(key) ?? make(type, fields)
    byName.set(key, id)
    return id
  }
  const standardPricebook = [...organization.store.all('Pricebook2')][0]?.Id ?? null
  const priced = ({ listPrice, ...product }: LineDraft['product']) => {
    const isNew = !byName.has(`Product2/${product.Name}`)
    const Product2Id = named('Product2', { IsActive: true, ...product })
    if (isNew && listPrice !== undefined)
      make('PricebookEntry', { Pricebook2Id: standardPricebook, Product2Id, UnitPrice: listPrice })
    return Product2Id
  }
  return {
    addDeal({ account, contact, lines = [], ...fields }) {
      const AccountId = account ? named('Account', account) : null
      const id = make('Opportunity', { StageName: 'Prospecting', AccountId, ...fields })
      if (contact) {
        const ContactId = make('Contact', { AccountId, ...contact })
        make('OpportunityContactRole', { OpportunityId: id, ContactId, IsPrimary: true })
      }
      for (const { product, ...line } of lines)
        make('OpportunityLineItem', { OpportunityId: id, Product2Id: priced(product), ...line })
      return id
    },
    load(batch) {
      return batch.map(({ type, ref, fields }) => {
        const id = make(type, withRefs(fields, refs))
        if (ref !== undefined) refs.set(ref, id)
        if (typeof fields['Name'] === 'string') byName.set(`${type}/${fields['Name']}`, id)
        return id
      })
    },
  }
}

function withRefs(fields: Fields, refs: ReadonlyMap<string, string>): Fields {
  const filled: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    const isRef = name.endsWith('Id') && typeof value === 'string' && value.startsWith('@')
    if (isRef && !refs.has(value.slice(1)))
      throw new Error(`No record was loaded with ref "${value.slice(1)}"`)
    filled[name] = isRef ? refs.get(value.slice(1)) : value
  }
  return filled
}
