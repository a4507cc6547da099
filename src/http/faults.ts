import { faultsOfIssue, type SchemaIssue } from '../domain/event-reading.ts'
import type { Problem } from './problem.ts'

/** Where in a request a schema was applied. */
export type FaultTarget = 'json' | 'form' | 'query' | 'param' | 'header' | 'cookie'

/** Makes a schema's findings a problem: 422 for a body, 400 for everything else. */
export function faultsOf(target: FaultTarget, { issues }: { issues: readonly SchemaIssue[] }): Problem {
  const errors = issues.flatMap(faultsOfIssue)
  const detail = errors
    .slice(0, 5)
    .map(({ pointer, message }) => `${pointer === '' ? target : pointer}: ${message}`)
    .join(' ')
  if (target === 'json' || target === 'form') return { status: 422, code: 'invalid-body', detail, errors }
  return { status: 400, code: target === 'param' ? 'invalid-id' : 'invalid-query', detail, errors }
}
