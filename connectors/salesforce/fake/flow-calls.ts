import type { Transport } from '../../../src/ports/transport.ts'
import type { Organization } from './organization.ts'

export type FlowOptions = {
  readonly organization: Organization
  readonly url: string
  readonly secret: string
  readonly deliver: Transport
}

/** A record-triggered Flow that calls the signed JSON hook. Unlike an outbound message it is tried once and never again. */
export type FlowCalls = {
  enqueue(dealId: string): void
  pump(): Promise<number>
  counts(): { readonly called: number; readonly lost: number; readonly waiting: number }
}

/** Makes the Flow. Its calls wait until `pump`. */
export function flowCalls({ organization, url, secret, deliver }: FlowOptions): FlowCalls {
  let waiting: string[] = []
  const state = { called: 0, lost: 0 }
  return {
    enqueue: (dealId) => void waiting.push(dealId),
    counts: () => ({ ...state, waiting: waiting.length }),
    async pump() {
      const due = waiting
      waiting = []
      for (const dealId of due) {
        state.called += 1
        const eventId = `flow-${organization.id}-${state.called}`
        const body = JSON.stringify({ organizationId: organization.id, eventId, deals: [{ id: dealId }] })
        const seconds = Math.floor(organization.now().getTime() / 1000)
        if (!(await call(deliver, url, body, await signature(secret, seconds, body)))) state.lost += 1
      }
      return due.length
    },
  }
}

async function call(deliver: Transport, url: string, body: string, signed: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json', 'x-tieout-signature': signed }
  try {
    return (await deliver(url, { method: 'POST', headers, body })).ok
  } catch {
    return false
  }
}

async function signature(secret: string, seconds: number, body: string): Promise<string> {
  const encoder = new TextEncoder()
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), hmac, false, ['sign'])
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(`${seconds}.${body}`)))
  return `t=${seconds},v1=${Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
