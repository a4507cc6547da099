import { sqlState } from './unit-of-work.ts'

/**
 * SQLSTATEs that say nothing about the statement: connection lost, no room, shutting down, system error, and a server that only reads, as one does
 * whose disk is nearly full, or that another has taken over from (25006).
 */
const unavailableStates = /^(08|53|57P|58|25006$)/

/** What the driver and the network call a server that does not answer. */
const connectionFaults = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
])

/** Whether an error means that the database cannot be asked now, whatever the statement. */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== null) return unavailableStates.test(state)
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, syscall } = cause as { code?: unknown; syscall?: unknown }
    if (typeof code === 'string' && connectionFaults.has(code)) return true
    // A socket that is not there; a file that is not there has nothing to do with the database.
    if (code === 'ENOENT' && syscall === 'connect') return true
  }
  return false
}
