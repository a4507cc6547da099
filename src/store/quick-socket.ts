import { connect, type Socket } from 'node:net'
import { LastingSocket } from './lasting-socket.ts'
import type { ServerAddress } from './unit-of-work.ts'

/**
 * Connects without Nagle's algorithm: the driver never turns it off, and a small COPY then waits 40 ms for an acknowledgement that the other
 * side delays. Where the driver is to speak TLS it needs the socket itself, and otherwise gets one whose loss it survives.
 */
export function quickSocket({
  host: [host = 'localhost'],
  port: [port = 5432],
  path,
  ssl,
}: ServerAddress): Promise<Socket | LastingSocket> {
  return new Promise((resolve, reject) => {
    const socket = typeof path === 'string' ? connect({ path }) : connect({ host, port, noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      const isPlain = ssl === undefined || ssl === false || ssl === 'disable'
      // The driver names the server to TLS by this.
      resolve(isPlain ? new LastingSocket(socket, host) : Object.assign(socket, { host }))
    })
  })
}
