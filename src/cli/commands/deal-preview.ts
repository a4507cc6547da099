import type { BillingPlan } from '../../domain/billing-plan.ts'
import { planBilling } from '../../domain/billing-plan.ts'
import type { PlannedInvoice, PlannedMonth } from '../../domain/billing-preview.ts'
import { plannedInvoices, plannedRevenue } from '../../domain/billing-preview.ts'
import type { BooksSettings } from '../../domain/books.ts'
import { entityOf } from '../../domain/books.ts'
import type { CalendarDate } from '../../domain/calendar.ts'
import { dateIn } from '../../domain/calendar.ts'
import type { ContractVersion } from '../../domain/contract.ts'
import type { DealSnapshot } from '../../domain/deal.ts'
import type { Issue } from '../../domain/issue.ts'
import type { Mapping } from '../../domain/mapping.ts'
import { draftContract } from '../../domain/mapping.ts'
import { unknownEntity } from '../../jobs/draft-contract.ts'

/** What would become of a deal, by one mapping and on one day. */
export type DealPlan =
  | {
      readonly kind: 'planned'
      readonly version: ContractVersion
      readonly plan: BillingPlan
      readonly invoices: readonly PlannedInvoice[]
      readonly revenue: readonly PlannedMonth[]
      readonly warnings: readonly Issue[]
    }
  | { readonly kind: 'ignored'; readonly rule: string }
  | { readonly kind: 'stopped'; readonly issues: readonly Issue[] }

/** What a plan depends on besides the deal. */
export type PlanSettings = {
  readonly books: BooksSettings
  readonly now: Date
  readonly automaticTax: boolean
}

/** The deal as a contract nobody has signed yet: what is drafted has no ids, and a preview needs none. */
const unsaved = {
  contractId: 'ctr_preview',
  version: 1,
  generation: 1,
  dealSnapshotId: '',
  mappingVersionId: '',
  treatment: null,
} as const

/** Drafts and plans a deal by a mapping, the way the hub would. Pure: nothing is stored and nobody is called. */
export function previewDeal(deal: DealSnapshot, mapping: Mapping, settings: PlanSettings): DealPlan {
  const drafted = draftContract(deal, mapping)
  if (drafted.kind === 'ignored') return drafted
  if (drafted.kind === 'issues') return { kind: 'stopped', issues: drafted.issues }
  const version: ContractVersion = { ...unsaved, effectiveOn: drafted.terms.startsOn, terms: drafted.terms }
  return previewContract(version, deal, settings, drafted.warnings)
}

/** Plans a contract version that is there already, the way the hub would today. */
export function previewContract(
  version: ContractVersion,
  { crm, org }: Pick<DealSnapshot, 'crm' | 'org'>,
  { books, now, automaticTax }: PlanSettings,
  warnings: readonly Issue[] = [],
): DealPlan {
  const entity = entityOf(books, version.terms.entity)
  if (entity === null) return { kind: 'stopped', issues: [unknownEntity(version.terms.entity)] }
  const zone = entity.timeZone
  const asOf: CalendarDate = dateIn(zone, now)
  const plan = planBilling(version, { asOf, zone, crm, org, automaticTax })
  if (!plan.ok) return { kind: 'stopped', issues: plan.error }
  return {
    kind: 'planned',
    version,
    plan: plan.value,
    invoices: plannedInvoices(version, plan.value, asOf),
    revenue: plannedRevenue(version),
    warnings,
  }
}
