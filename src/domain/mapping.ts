import type { Expression } from './mapping/expression.ts'
import type { Mapping, Row, SourcePath, SourceScope } from './mapping/language.ts'

export { draftContract } from './mapping/draft.ts'
export { addLookupRow } from './mapping/lookup-row.ts'
export { parseMapping } from './mapping/parse.ts'
export type { Drafted, Mapping } from './mapping/language.ts'

/** The CRM fields a mapping reads, by record: exactly these the connectors ask for. */
export type SourceFields = {
  readonly deal: string[]
  readonly account: string[]
  readonly contact: string[]
  readonly line: string[]
}

/** Lists the fields a mapping reads, each once, in the order of their names. */
export function sourceFields(mapping: Mapping): SourceFields {
  const named: Record<SourceScope, Set<string>> = {
    head: new Set(),
    deal: new Set(),
    account: new Set(),
    contact: new Set(),
    line: new Set(),
  }
  for (const { scope, field } of pathsOf(mapping)) named[scope].add(field)
  const sorted = (scope: SourceScope) => [...named[scope]].sort()
  return {
    deal: sorted('deal'),
    account: sorted('account'),
    contact: sorted('contact'),
    line: sorted('line'),
  }
}

/** The text a mapping is known by: line ends and blanks at line ends do not make another version. Its hash is the store's to make. */
export function canonicalMapping(text: string): string {
  return `${text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .trimEnd()}\n`
}

function pathsOf(mapping: Mapping): SourcePath[] {
  const tests: (Expression | null)[] = [
    ...mapping.qualify.map(({ expression }) => expression),
    ...mapping.lines.map(({ when }) => when),
  ]
  const rows = [...mapping.terms, ...mapping.lines.flatMap((block) => block.rows)]
  return [...tests.flatMap((test) => test?.fields ?? []), ...rows.flatMap(pathsOfRow)]
}

function pathsOfRow({ operand }: Row): readonly SourcePath[] {
  if (operand.kind === 'cel') return operand.expression.fields
  return operand.kind === 'value' ? [] : [operand.path]
}
