import type { CalendarDate } from './calendar.ts'

/** Which CRM a deal came from. */
export type CrmName = 'salesforce' | 'hubspot'

/**
 * A value read from a CRM field. Four different things, never mixed: a value, an empty field (null),
 * a field the record does not have (absent key), and one we may not read (`unreadable`).
 */
export type FieldValue = string | number | boolean | null | { readonly unreadable: true }

/** The fields of one CRM record, under the CRM's own names. */
export type RecordFields = { readonly [name: string]: FieldValue }

/**
 * What was sold, as it stood in the CRM when we read it. The head is in no vendor's words;
 * `fields` keeps the vendor's own names, because the mapping names them.
 */
export type DealSnapshot = {
  readonly crm: CrmName
  readonly org: string
  readonly dealId: string
  readonly name: string
  readonly isClosedWon: boolean
  readonly closedOn: CalendarDate | null
  /** The deal's amount and currency as the CRM wrote them: decimal major units, unchecked. */
  readonly amount: string | null
  readonly currency: string | null
  readonly modifiedAt: string
  readonly url: string
  readonly fields: {
    readonly deal: RecordFields
    readonly account: RecordFields | null
    readonly contact: RecordFields | null
    readonly lines: readonly RecordFields[]
  }
}

/** Where a closed-won deal stands. `exception`, `ignored` and `superseded` are side exits. */
export const dealStates = [
  'seen',
  'qualified',
  'planned',
  'provisioning',
  'active',
  'exception',
  'ignored',
  'superseded',
] as const

export type DealState = (typeof dealStates)[number]

/**
 * What may happen to a deal case, and in which states. A deal is read again at any time, so set-up goes on from wherever that has moved its case:
 * once billing stands, the deal is active.
 */
export const dealActions = {
  read: ['seen', 'qualified', 'exception'],
  draft: ['seen', 'qualified', 'planned', 'exception'],
  provision: ['qualified', 'planned', 'provisioning', 'exception'],
  activate: ['qualified', 'planned', 'provisioning', 'exception'],
  retry: ['exception', 'ignored'],
  ignore: ['seen', 'qualified', 'planned', 'exception'],
  supersede: ['seen', 'qualified', 'planned', 'exception', 'ignored'],
} as const satisfies Record<string, readonly DealState[]>

/** Whether an action is allowed in a state. */
export function dealCan(action: keyof typeof dealActions, state: DealState): boolean {
  return (dealActions[action] as readonly DealState[]).includes(state)
}
