import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import type { Hono } from 'hono'

/** A served app: where it is, and how to close it. */
export type Served = { readonly url: string; close(): Promise<void> }

/** Serves an app on loopback; port 0 takes any free one. */
export function serveApp(app: Hono, port: number): Promise<Served> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, ({ port: bound }) => {
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed())
          if ('closeAllConnections' in server) server.closeAllConnections()
        })
      resolve({ url: `http://127.0.0.1:${bound}`, close })
    })
    server.once('error', reject)
  })
}

/** A loopback port that is free now: `wanted` when it is, any other otherwise. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', () =>
      wanted === 0 ? reject(new Error('No loopback port is free')) : resolve(freePort()),
    )
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
