import { connect, type Socket } from 'node:net'
import type { ServerAddress } from './unit-of-work.ts'

/**
 * Connects without Nagle's algorithm: the driver never turns it off, and a small COPY then waits 40 ms for an acknowledgement that the other
 * side delays.
 */
export function quickSocket({
  host: [host = 'localhost'],
  port: [port = 5432],
  path,
}: ServerAddress): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = typeof path === 'string' ? connect({ path }) : connect({ host, port, noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      // The driver names the server to TLS by this.
      resolve(Object.assign(socket, { host }))
    })
  })
}
