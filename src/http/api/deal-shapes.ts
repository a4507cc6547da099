import { z } from '@hono/zod-openapi'
import { dealActions, dealStates, type DealState } from '../../domain/deal.ts'
import type { DealCase } from '../../store/deals.ts'
import { Day, Instant, instantOut } from '../shapes.ts'

export const DealShape = z
  .object({
    object: z.literal('deal'),
    id: z.string().openapi({ example: 'case_0198…' }),
    crm: z.enum(['salesforce', 'hubspot']),
    org: z.string(),
    deal_id: z.string(),
    generation: z.int(),
    state: z.enum(dealStates),
    state_detail: z.string().nullable(),
    name: z.string().nullable(),
    account_name: z.string().nullable(),
    amount: z
      .string()
      .nullable()
      .openapi({ description: 'As the CRM wrote it: decimal major units, unchecked.' }),
    currency: z.string().nullable(),
    closed_on: Day.nullable(),
    url: z.string().nullable(),
    contract_id: z.string().nullable(),
    can: z.array(z.enum(['retry', 'ignore'])).openapi({ description: 'What may be done in this state.' }),
    created_at: Instant,
    changed_at: Instant,
    activated_at: Instant.nullable(),
  })
  .openapi('Deal')

/** Writes a deal case for an answer. */
export function dealOut(held: DealCase): z.input<typeof DealShape> {
  const can = (['retry', 'ignore'] as const).filter((action) =>
    (dealActions[action] as readonly DealState[]).includes(held.state),
  )
  return {
    object: 'deal',
    id: held.caseId,
    crm: held.crm,
    org: held.org,
    deal_id: held.dealId,
    generation: held.generation,
    state: held.state,
    state_detail: held.stateDetail,
    name: held.name,
    account_name: held.accountName,
    amount: held.amount,
    currency: held.currency,
    closed_on: held.closedOn,
    url: held.url,
    contract_id: held.contractId,
    can,
    created_at: instantOut(held.seenAt),
    changed_at: instantOut(held.changedAt),
    activated_at: instantOut(held.activatedAt),
  }
}
