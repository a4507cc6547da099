import type { ContractTerms } from '../contract.ts'
import type { CrmName } from '../deal.ts'
import type { Issue } from '../issue.ts'
import type { Expression } from './expression.ts'
import type { Target } from './targets.ts'

/** What is wrong in a mapping file, and where: `row` is the line of the file, counted from one. */
export type MappingFault = {
  readonly file: string
  readonly row: number
  readonly path: string
  readonly reason: string
}

/** Where a value may be read from: the head of the deal in no vendor's words, or a CRM record under its own names. */
export const sourceScopes = ['head', 'deal', 'account', 'contact', 'line'] as const

export type SourceScope = (typeof sourceScopes)[number]

/** The fields of the head every deal has. */
export const headFields = ['name', 'amount', 'currency', 'closedOn', 'dealId', 'url'] as const

/** `deal.Payment_Terms__c`. The field is all after the first dot, so a parent's field keeps its own dots. */
export type SourcePath = { readonly scope: SourceScope; readonly field: string }

/** A plain value written in a mapping. */
export type Scalar = string | number | boolean | null

/** A value of a lookup table: one value, or several under names. */
export type LookupEntry = Scalar | { readonly [name: string]: Scalar }

/** A table from keys, folded, to values. `fallback` stands for every key that is not there. */
export type Lookup = {
  readonly name: string
  readonly entries: ReadonlyMap<string, LookupEntry>
  readonly fallback: LookupEntry | undefined
}

/** Where the value of a row comes from: exactly one of four. */
export type Operand =
  | { readonly kind: 'from'; readonly path: SourcePath }
  | {
      readonly kind: 'lookup'
      readonly table: string
      readonly path: SourcePath
      readonly pick: string | null
      /** A key that is not there is an issue, or a warning and no value, or stands for itself. */
      readonly onMiss: 'issue' | 'warn' | 'keep'
    }
  | { readonly kind: 'value'; readonly value: LookupEntry }
  | { readonly kind: 'cel'; readonly expression: Expression }

/** One row: a target and where its value comes from. `unit` is set for percentages, and only there. */
export type Row = {
  readonly target: Target
  readonly operand: Operand
  readonly fallback: LookupEntry | undefined
  readonly required: boolean
  readonly unit: 'percent' | 'fraction' | null
  readonly label: string | null
  readonly row: number
}

/** Rows that make one contract line, for each deal line or once for the deal. `when` false makes none. */
export type LineBlock = {
  readonly each: 'line' | 'deal'
  readonly when: Expression | null
  readonly rows: readonly Row[]
}

/** A rule a won deal must meet to count; the name is shown on deals that do not. */
export type QualifyingRule = { readonly name: string; readonly expression: Expression }

/** Choices that are not rows. */
export type MappingPolicies = {
  /** What to do when the contract's fixed value differs from the deal's amount. */
  readonly amountCheck: 'refuse' | 'warn' | 'none'
  readonly sameProductTwice: 'allow' | 'refuse'
  readonly zeroValue: 'allow' | 'refuse'
}

/** A mapping file, read and found sound. */
export type Mapping = {
  readonly format: 1
  readonly name: string
  readonly source: CrmName
  readonly qualify: readonly QualifyingRule[]
  readonly lookups: ReadonlyMap<string, Lookup>
  readonly terms: readonly Row[]
  readonly lines: readonly LineBlock[]
  readonly policies: MappingPolicies
}

/**
 * What became of a deal: terms, with warnings that do not stop it; ignored by a named rule; or every issue that stops it.
 */
export type Drafted =
  | { readonly kind: 'drafted'; readonly terms: ContractTerms; readonly warnings: readonly Issue[] }
  | { readonly kind: 'ignored'; readonly rule: string }
  | { readonly kind: 'issues'; readonly issues: readonly Issue[] }

/** Writes a path the way the mapping does. */
export function pathText(path: SourcePath): string {
  return `${path.scope}.${path.field}`
}

/** How a key is compared: without outer spaces, in no particular case. */
export function foldKey(key: string): string {
  return key.trim().normalize('NFC').toLowerCase()
}
