import { ConfigurationError } from '../config.ts'
import { ProblemError } from '../http/problem.ts'
import { EmbeddedError } from '../store/embedded.ts'
import { OtherHubError } from '../store/embedded/embedded-error.ts'
import { PrivilegeError } from '../store/privileges.ts'
import { isUnavailable } from '../store/unavailable.ts'
import { sqlState } from '../store/unit-of-work.ts'
import type { ExitName } from './exit-codes.ts'
import { CommandError, exitCodes } from './exit-codes.ts'

/** The name under which an error ends the process. */
export function exitNameOf(error: unknown): ExitName {
  if (error instanceof CommandError) return error.exit
  if (error instanceof OtherHubError) return 'conflict'
  if (error instanceof ProblemError) return ofProblem(error.problem.status)
  if (isUnavailable(error)) return 'temporary'
  const needsAPerson = [ConfigurationError, EmbeddedError, PrivilegeError]
  const isSettings = needsAPerson.some((kind) => error instanceof kind) || refusesUs(error)
  return isSettings ? 'configuration' : 'failed'
}

/** The sentence for a person: the error's own, except where the driver's words say too little. */
export function sentenceOf(error: unknown): string {
  const own = error instanceof Error ? error.message : String(error)
  if (isUnavailable(error)) return `The database does not answer: ${lastCause(error)}. Nothing was changed.`
  if (refusesUs(error)) return `The database refuses DATABASE_URL: ${lastCause(error)}.`
  return own
}

/** Wrong password, unknown role, unknown database (PostgreSQL, appendix A). */
function refusesUs(error: unknown): boolean {
  return ['28P01', '28000', '3D000'].includes(sqlState(error) ?? '')
}

function lastCause(error: unknown): string {
  let last = error
  while (last instanceof Error && last.cause instanceof Error) last = last.cause
  return last instanceof Error ? last.message : String(last)
}

/** What the API would refuse, a command refuses for the same reason. */
function ofProblem(status: number): ExitName {
  if (status === 404) return 'not-found'
  if (status === 409) return 'conflict'
  return status < 500 ? 'usage' : 'failed'
}

/** The number under which an error ends the process. */
export function exitCodeOf(error: unknown): number {
  return exitCodes[exitNameOf(error)]
}
