import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { readEvent } from '../../src/domain/event-reading.ts'
import { readEvents } from '../../src/http/event-forms.ts'
import { ProblemError } from '../../src/http/problem.ts'
import { systemClock } from '../../src/ports/clock.ts'

/** What the next request meets instead of a plain answer. `cut-after` and `garbage-after` lose the answer, but not the effect. */
export type Fault =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Record<string, string>
      readonly body?: string
    }
  | { readonly kind: 'cut-before' | 'cut-after' | 'garbage-after' | 'hang' }

/** An endpoint for usage on loopback, and what it has seen. */
export type Endpoint = {
  readonly url: string
  /** Met by the next requests, one each. */
  readonly faults: Fault[]
  /** Events of each request that came, by id; also of those that met a fault. */
  readonly requests: string[][]
  /** When each request came, in milliseconds. */
  readonly times: number[]
  /** The most requests that were open at once. */
  readonly mostAtOnce: () => number
  /** How long each answer takes. */
  delayMilliseconds: number
  close(): Promise<void>
}

/** What answers behind the faults: the hub itself, or its twin. */
export type Backend = (request: Request) => Response | Promise<Response>

/** Serves a backend on a free port of loopback, with faults in front of it. */
export function serveEndpoint(backend: Backend): Promise<Endpoint> {
  let [open, most] = [0, 0]
  const state = {
    faults: [] as Fault[],
    requests: [] as string[][],
    times: [] as number[],
    delayMilliseconds: 0,
  }
  const server = createServer((incoming, outgoing) => {
    most = Math.max(most, ++open)
    outgoing.once('close', () => open--)
    void answer(incoming, outgoing)
  })
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = await buffer(incoming)
    state.times.push(systemClock.now().getTime())
    state.requests.push(idsIn(body.toString()))
    const fault = state.faults.shift()
    if (state.delayMilliseconds > 0) await systemClock.sleep(state.delayMilliseconds)
    await meet(fault, requestOf(incoming, body), outgoing, backend)
  }
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed())
          server.closeAllConnections()
        })
      resolve(Object.assign(state, { url, close, mostAtOnce: () => most }))
    })
  })
}

async function meet(fault: Fault | undefined, request: Request, outgoing: ServerResponse, backend: Backend) {
  if (fault?.kind === 'hang') return
  if (fault?.kind === 'cut-before') return outgoing.destroy()
  if (fault?.kind === 'status') {
    const type = fault.body?.startsWith('{') ? 'application/problem+json' : 'text/html'
    return outgoing.writeHead(fault.status, { 'content-type': type, ...fault.headers }).end(fault.body)
  }
  const response = await backend(request)
  const text = await response.text()
  if (fault?.kind === 'cut-after') return outgoing.destroy()
  const headers = Object.fromEntries(response.headers)
  return outgoing.writeHead(response.status, headers).end(fault ? text.slice(0, -20) : text)
}

function requestOf({ method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer): Request {
  const init = { method, headers: headers as Record<string, string> }
  return new Request(
    `http://loopback${url}`,
    method === 'POST' ? { ...init, body: new Uint8Array(body) } : init,
  )
}

function idsIn(body: string): string[] {
  return (JSON.parse(body) as { id: string }[]).map(({ id }) => id)
}

/** The twin of the hub's endpoint: its own readers, with a table in memory in place of the database. */
export function endpointTwin(key: string): { readonly backend: Backend; readonly held: Map<string, string> } {
  const held = new Map<string, string>()
  const backend: Backend = async (request) => {
    if (new URL(request.url).pathname !== '/v1/events') return problem(404, 'not-found', 'Nothing is there.')
    if (request.headers.get('authorization') !== `Bearer ${key}`)
      return problem(401, 'invalid-key', 'There is no such API key.')
    try {
      const read = (await readEvents(request)).parse()
      const events = read.kind === 'single' ? [read.event] : read.events
      const results = events.map((event, index) => ({ index, ...take(event, held) }))
      const isMixed = results.some(({ status }) => status !== 202)
      return Response.json({ object: 'usage_receipt', results }, { status: isMixed ? 207 : 202 })
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error
      return problem(error.problem.status, error.problem.code, error.problem.detail)
    }
  }
  return { backend, held }
}

function take(item: unknown, held: Map<string, string>) {
  const { source = null, id = null } = Object(item) as { source?: string; id?: string }
  const refused = (status: number, state: string, message: string) => {
    return { source, id, status, state, errors: [{ pointer: '', code: state, message }] }
  }
  const reading = readEvent(item, systemClock.now())
  if (reading.kind === 'refused')
    return refused(reading.state === 'too-large' ? 413 : 422, reading.state, reading.faults[0]?.message ?? '')
  const text = JSON.stringify(reading.event)
  const key = JSON.stringify([source, id])
  const before = held.get(key)
  if (before !== undefined && before !== text)
    return refused(409, 'conflict', 'Another event has this source and id. The first one stays.')
  held.set(key, text)
  return { source, id, status: 202, state: before === undefined ? 'accepted' : 'duplicate' }
}

function problem(status: number, code: string, detail: string): Response {
  const headers = { 'content-type': 'application/problem+json' }
  return new Response(JSON.stringify({ status, code, detail }), { status, headers })
}
