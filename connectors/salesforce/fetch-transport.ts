import { PassThrough } from 'node:stream'
import { Transport as JsforceTransport } from 'jsforce/lib/transport.js'
import type { HttpRequest, HttpResponse } from 'jsforce/lib/types/common.js'
import { StreamPromise } from 'jsforce/lib/util/promise.js'
import type { Transport } from '../../src/ports/transport.ts'

/** The request or its answer was lost on the way: refused, cut, or not answered in time. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/**
 * Makes jsforce send through our own transport. Its built-in one brings a second HTTP stack, waits 30 minutes, repeats reads by
 * itself and obeys proxy variables even on loopback; here a request goes out once, within a time limit.
 */
export class FetchTransport extends JsforceTransport {
  readonly #send: Transport
  readonly #timeoutMilliseconds: number
  #serverTime: Date | null = null

  constructor(send: Transport, timeoutMilliseconds: number) {
    super()
    this.#send = send
    this.#timeoutMilliseconds = timeoutMilliseconds
  }

  /** What Salesforce's own clock last said, by the `Date` of an answer; null before the first one. */
  serverTime(): Date | null {
    return this.#serverTime
  }

  override httpRequest(request: HttpRequest): StreamPromise<HttpResponse> {
    return StreamPromise.create(() => ({ stream: new PassThrough(), promise: this.#exchange(request) }))
  }

  async #exchange(request: HttpRequest): Promise<HttpResponse> {
    try {
      const response = await this.#send(request.url, this.#init(request))
      const body = await response.text()
      this.#hearTime(response.headers.get('date'))
      return { statusCode: response.status, headers: Object.fromEntries(response.headers), body }
    } catch (cause) {
      throw new ConnectionLost(reasonOf(cause), { cause })
    }
  }

  #hearTime(date: string | null): void {
    const heard = Date.parse(date ?? '')
    if (heard > (this.#serverTime?.getTime() ?? 0)) this.#serverTime = new Date(heard)
  }

  #init(request: HttpRequest): RequestInit {
    const headers = new Headers(request.headers)
    // The network layer counts the bytes itself.
    headers.delete('content-length')
    return {
      method: request.method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(this.#timeoutMilliseconds),
      ...(typeof request.body === 'string' ? { body: request.body } : {}),
    }
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the connection failed'
  const deeper = cause.cause instanceof Error ? `: ${cause.cause.message}` : ''
  return cause.message + deeper
}
