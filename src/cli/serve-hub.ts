import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import type { Hono } from 'hono'
import { ConfigurationError } from '../config.ts'
import type { Clock } from '../ports/clock.ts'

/** A hub that answers requests. */
export type ServedHub = {
  readonly url: string
  /** Takes no new requests and lets those under way end, for two seconds at most. */
  close(): Promise<void>
}

const patienceMilliseconds = 2_000

/** Serves the hub; port 0 takes any free one. Throws ConfigurationError when the address cannot be had. */
export function serveHub(
  app: Pick<Hono, 'fetch'>,
  { host, port }: { readonly host: string; readonly port: number },
  clock: Clock,
): Promise<ServedHub> {
  return new Promise((resolve, reject) => {
    // A stream of usage may take hours to send; every other address bounds its own time or size.
    const serverOptions = { requestTimeout: 0 }
    const server = serve({ fetch: app.fetch, port, hostname: host, serverOptions }, ({ port: bound }) => {
      resolve({ url: `http://${shownHost(host)}:${bound}`, close: () => close(server as Server, clock) })
    })
    server.once('error', (error: NodeJS.ErrnoException) => reject(explained(error, host, port)))
  })
}

async function close(server: Server, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  await Promise.race([closed, clock.sleep(patienceMilliseconds)])
  server.closeAllConnections()
}

function explained(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new ConfigurationError([
      `Port ${port} of ${host} is taken by another program. Set TIEOUT_PORT to a free one.`,
    ])
  }
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new ConfigurationError([
      `The hub cannot listen on ${host}:${port} (${error.code}). Set TIEOUT_HOST and TIEOUT_PORT.`,
    ])
  }
  return error
}

function shownHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
