import { fullPermissions, type Permissions } from './permissions.ts'
import { type Change, recordStore, type RecordStore, type Value } from './record-store.ts'
import { type CustomField, extendObjects, type Schema, schemaFrom } from './schema.ts'
import { opportunityStages, standardObjects } from './standard-objects.ts'
import { widenId } from '../record-id.ts'

/** A rule of an administrator: changing any of the fields is refused while it applies. */
export type ValidationRule = {
  readonly objectType: string
  readonly message: string
  /** The field the message is shown at; null for the top of the page. */
  readonly errorField: string | null
  readonly whenChanged: readonly string[]
  /** Only records that have these values; all records when left out. */
  readonly where?: Readonly<Record<string, Value>>
}

export type Stages = Readonly<Record<string, { readonly isClosed: boolean; readonly isWon: boolean }>>

/** All that one organisation holds. */
export type Organization = {
  /** Changes when the sandbox is refreshed. */
  id: string
  readonly schema: Schema
  readonly store: RecordStore
  readonly permissions: Permissions
  readonly stages: Stages
  readonly validationRules: ValidationRule[]
  /** How many more writes to a record find it locked. */
  readonly locks: Map<string, number>
  /** Set when the organisation sells in several currencies; the first is the default. */
  readonly currencies: readonly string[] | null
  readonly integrationUserId: string
  readonly salesUserId: string
  readonly now: () => Date
}

export type OrganizationOptions = {
  readonly organizationId: string
  readonly customFields: readonly CustomField[]
  readonly currencies: readonly string[] | null
  readonly stages: Stages | null
  readonly now: () => Date
  readonly observe: (change: Change) => void
}

/** Founds an organisation with two users: ours, and one who sells. */
export function foundOrganization(options: OrganizationOptions): Organization {
  const schema = schemaFrom(extendObjects(standardObjects, options.customFields, options.currencies))
  const store = recordStore(schema, options.now, options.observe)
  const organization: Organization = {
    id: widenId(options.organizationId),
    schema,
    store,
    permissions: fullPermissions(schema),
    stages: { ...opportunityStages, ...options.stages },
    validationRules: [],
    locks: new Map(),
    currencies: options.currencies,
    integrationUserId: '005Qx0000000001AAE',
    salesUserId: '005Qx0000000002AAE',
    now: options.now,
  }
  furnish(organization)
  return organization
}

function furnish({ id, store, integrationUserId, salesUserId }: Organization): void {
  const author = { userId: integrationUserId }
  const user = (Id: string, Name: string, Username: string) =>
    store.insert('User', { Id, Name, Username, Email: Username, IsActive: true }, author)
  user(integrationUserId, 'Tieout Integration', 'tieout@example.com')
  user(salesUserId, 'Sales Representative', 'sales@example.com')
  store.insert('Organization', { Id: id, Name: 'Example', IsSandbox: false, InstanceName: 'Qx' }, author)
  store.insert('Pricebook2', { Name: 'Standard Price Book', IsActive: true, IsStandard: true }, author)
}
