/** The subset of SuiteQL that the twin understands, as a tree. */
export type SqlValue =
  | { readonly kind: 'column'; readonly table: string | null; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'parameter'; readonly index: number }
  | { readonly kind: 'call'; readonly name: string; readonly values: readonly SqlValue[] }

export type SqlCondition =
  | { readonly kind: 'and'; readonly conditions: readonly SqlCondition[] }
  | { readonly kind: 'or'; readonly conditions: readonly SqlCondition[] }
  | { readonly kind: 'not'; readonly condition: SqlCondition }
  | { readonly kind: 'compare'; readonly sign: string; readonly left: SqlValue; readonly right: SqlValue }
  | { readonly kind: 'like'; readonly value: SqlValue; readonly pattern: SqlValue }
  | { readonly kind: 'in'; readonly value: SqlValue; readonly list: readonly SqlValue[] }
  | { readonly kind: 'empty'; readonly value: SqlValue }

export type SqlTable = { readonly table: string; readonly alias: string; readonly on: SqlCondition | null }

export type SqlSelect = {
  readonly columns: readonly { readonly value: SqlValue; readonly name: string }[]
  readonly tables: readonly SqlTable[]
  readonly where: SqlCondition | null
  readonly groupBy: readonly SqlValue[]
  readonly orderBy: readonly { readonly value: SqlValue; readonly descending: boolean }[]
}
