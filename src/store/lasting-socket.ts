import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { systemClock } from '../ports/clock.ts'

/** Longer than the statements of a unit of work that is under way need to fail one after the other. */
const lastingMilliseconds = 1_000

/**
 * A connected socket that outlasts its connection for a second. The driver (postgres 3.4.9) forgets its socket the moment it closes, and
 * a statement that comes then, such as the rollback of a unit that just lost its connection, ends the whole process; one that waits to be written in
 * that moment keeps the connection from ever being used again (ADR 0029). So the loss is told as an error first, each
 * statement after it fails by itself, and only then the socket closes.
 */
export class LastingSocket extends EventEmitter {
  /** The driver names the server to others by this. */
  readonly host: string
  readonly #socket: Socket
  #isLost = false
  #isOursToEnd = false

  constructor(socket: Socket, host: string) {
    super()
    this.host = host
    this.#socket = socket
    for (const event of ['data', 'drain'] as const)
      socket.on(event, (...given: unknown[]) => this.emit(event, ...given))
    socket.on('error', (error) => this.#tell(error))
    socket.on('close', () => this.#close())
  }

  get readyState(): string {
    return this.#isLost ? 'closed' : this.#socket.readyState
  }

  write(chunk: Uint8Array, written: (error?: Error | null) => void = () => undefined): boolean {
    if (!this.#isLost) return this.#socket.write(chunk, written)
    process.nextTick(() => {
      const lost = lostConnection()
      written(lost)
      this.#tell(lost)
    })
    return true
  }

  end(chunk: Uint8Array): void {
    this.#isOursToEnd = true
    this.#socket.end(chunk)
  }

  destroy(): void {
    this.#isOursToEnd = true
    this.#socket.destroy()
  }

  setKeepAlive(isOn: boolean, delayMilliseconds: number): void {
    this.#socket.setKeepAlive(isOn, delayMilliseconds)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  #close(): void {
    if (this.#isOursToEnd) return void this.emit('close', false)
    this.#isLost = true
    this.#tell(lostConnection())
    void systemClock.sleep(lastingMilliseconds).then(() => this.emit('close', false))
  }

  /** An error that nobody listens for would be thrown. */
  #tell(error: Error): void {
    if (this.listenerCount('error') > 0) this.emit('error', error)
  }
}

function lostConnection(): Error {
  return Object.assign(new Error('The connection to the database was lost.'), { code: 'CONNECTION_CLOSED' })
}
