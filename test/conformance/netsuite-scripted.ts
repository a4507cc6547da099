import { createNetSuiteErp } from '../../connectors/netsuite/netsuite.ts'
import type { NetSuiteResponse, NetSuiteTransport } from '../../connectors/netsuite/transport.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { shippedBooks } from './netsuite-world.ts'

/** An ERP over a transport that answers what it is told, in order, and remembers what it was asked. */
export function scripted(...answers: (NetSuiteResponse | Error)[]) {
  const asked: { method: string; path: string; body: string; headers: Record<string, string> }[] = []
  const transport: NetSuiteTransport = {
    request: (method, path, { body = '', headers = {} }) => {
      asked.push({ method, path, body, headers })
      const answer = answers.shift() ?? new Error('no answer left')
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
    },
  }
  const clock = virtualClock(new Date('2026-11-30T12:00:00Z'))
  return { asked, erp: createNetSuiteErp({ settings: shippedBooks(), clock, transport }) }
}

export function response(
  status: number,
  text: string,
  headers: Record<string, string> = {},
): NetSuiteResponse {
  return { status, headers, text }
}

export function userError(detail: string): NetSuiteResponse {
  return response(400, JSON.stringify({ 'o:errorDetails': [{ detail, 'o:errorCode': 'USER_ERROR' }] }))
}

/** What NetSuite answers to a journal it took. */
export const created = response(204, '', { location: 'https://x/journalEntry/77' })
