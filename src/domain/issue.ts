import type { Money } from './money.ts'

/** Every code an exception can carry; the sentence and the first fix belong to the code. */
export const issueCodes = [
  'CRM_FIELD_UNREADABLE',
  'CRM_RECORD_GONE',
  'CRM_WRITEBACK_REJECTED',
  'INCOMPLETE',
  'PICKLIST_UNMAPPED',
  'LOOKUP_MISS',
  'AMOUNT_FORMAT',
  'AMOUNT_PRECISION',
  'AMOUNT_RANGE',
  'TCV_MISMATCH',
  'CURRENCY_MISSING',
  'CURRENCY_UNKNOWN',
  'CURRENCY_MISMATCH',
  'DATE_FORMAT',
  'DATE_RANGE',
  'TERM',
  'TERMS',
  'QUANTITY',
  'DISCOUNT_RANGE',
  'PO_REQUIRED',
  'PO_TOO_LONG',
  'TEXT_INVALID',
  'FIELD_TOO_LONG',
  'EMAIL',
  'COUNTRY',
  'ADDRESS',
  'TAX_ID_INVALID',
  'TAX_ID_UNVERIFIED',
  'FORMULA_ERROR',
  'TYPE',
  'MAPPING_PATH',
  'MAPPING_EXPRESSION',
  'TOO_MANY_LINES',
  'DEAL_CHANGED_AFTER_CLOSE',
  'DEAL_REGRESSED',
  'DUPLICATE_SUSPECT',
  'PRICE_ARCHIVED',
  'COUPON_INVALID',
  'PLAN_DRIFT',
  'PROVIDER_AUTH',
  'PROVIDER_REJECTED',
  'PROVIDER_STUCK',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_CONTRACT_BROKEN',
  'EVENT_VERSION',
  'EVENT_GAP',
  'EVENT_BODY_CHANGED',
  'EVENT_UNREADABLE',
  'OBJECT_NOT_FOUND',
  'POSTING_RULE_MISSING',
  'UNMATCHED_USAGE',
  'USAGE_REFUSED',
  'USAGE_UNREADABLE',
  'USAGE_AFTER_END',
  'LATE_USAGE',
  'METER_REJECTED',
  'METER_SOLD_TWICE',
  'METER_GROUPS_LIMIT',
  'ERP_PERIOD_LOCKED',
  'ERP_REFERENCE_INVALID',
  'ERP_ID_TAKEN',
  'ERP_CHANGED',
  'RECON_DIFFERENCE',
  'POISON',
] as const

export type IssueCode = (typeof issueCodes)[number]

/** Who is expected to act first. */
export type IssueOwner = 'sales' | 'revops' | 'finance' | 'engineer'

/**
 * Why something cannot go on: the field, the value found there, and what a person does about it.
 * `cause` is what equal issues share, so that fixing one releases many:
 * `lookup products has no entry "GTXPro"`.
 */
export type Issue = {
  readonly code: IssueCode
  readonly field: string
  readonly found: string | null
  readonly sentence: string
  readonly action: string
  readonly owner: IssueOwner
  readonly cause: string
  readonly amount?: Money
}
