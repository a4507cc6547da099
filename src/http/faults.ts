import type { Problem, ProblemPart } from './problem.ts'

/** Where in a request a schema was applied. */
export type FaultTarget = 'json' | 'form' | 'query' | 'param' | 'header' | 'cookie'

/** As much of a schema's finding as an answer needs. */
export type SchemaIssue = {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
}

/** Makes a schema's findings a problem: 422 for a body, 400 for everything else. */
export function faultsOf(target: FaultTarget, { issues }: { issues: readonly SchemaIssue[] }): Problem {
  const errors = issues.flatMap(partsOf)
  const detail = errors
    .slice(0, 5)
    .map(({ pointer, message }) => `${pointer === '' ? target : pointer}: ${message}`)
    .join(' ')
  if (target === 'json' || target === 'form') return { status: 422, code: 'invalid-body', detail, errors }
  return { status: 400, code: target === 'param' ? 'invalid-id' : 'invalid-query', detail, errors }
}

/** One part for each finding; each unknown key is a finding of its own. */
export function partsOf(issue: SchemaIssue): ProblemPart[] {
  if (issue.code !== 'unrecognized_keys' || issue.keys === undefined)
    return [
      { pointer: pointerTo(issue.path), code: issue.code ?? 'invalid', message: sentence(issue.message) },
    ]
  return issue.keys.map((key) => ({
    pointer: pointerTo([...issue.path, key]),
    code: 'unknown-field',
    message: 'There is no such field.',
  }))
}

/** Writes a path as a JSON pointer (RFC 6901). */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function sentence(message: string): string {
  return message.endsWith('.') ? message : `${message}.`
}
