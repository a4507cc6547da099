import { Pool } from 'undici'

/** What a hub has answered for so far, by its own counts. */
export type Acknowledged = { accepted: number; duplicates: number }

/** Sends usage to a hub over kept connections. */
export type UsageSender = {
  readonly acknowledged: Acknowledged
  /** What was answered otherwise than well. */
  readonly refusals: readonly string[]
  /** Sends events; answers the milliseconds until they were acknowledged. */
  post(path: string, type: string, body: Body): Promise<number>
  close(): Promise<void>
}

type Body = string | Buffer | AsyncIterable<Buffer>
type Answer = { readonly status: number; readonly text: string }

/** Counts stand at the beginning of a receipt and at the end of a stream's; what lies between is read past. */
const keptBytes = 512

/** Opens up to 128 connections to a hub. */
export function usageSender(url: string, secret: string): UsageSender {
  const pool = new Pool(url, { connections: 128, pipelining: 1, bodyTimeout: 0, headersTimeout: 0 })
  const refusals: string[] = []
  const acknowledged: Acknowledged = { accepted: 0, duplicates: 0 }
  const authorization = `Bearer ${secret}`
  return {
    acknowledged,
    refusals,
    post: async (path, type, body) => {
      const began = performance.now()
      const { status, text } = await send(pool, path, { authorization, 'content-type': type }, body)
      acknowledged.accepted += countIn(text, 'accepted') + countIn(text, 'unmatched')
      acknowledged.duplicates += countIn(text, 'duplicates')
      if (status >= 207) refusals.push(`${status} ${text.slice(0, 200)}`)
      return performance.now() - began
    },
    close: () => pool.close(),
  }
}

function send(pool: Pool, path: string, headers: Record<string, string>, body: Body): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let status = 0
    let head = ''
    let last = ''
    let bytes = 0
    pool.dispatch(
      { method: 'POST', path, headers, body: body as Buffer },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode) => {
          status = statusCode
        },
        onResponseData: (_controller, chunk) => {
          bytes += chunk.length
          if (head.length < keptBytes) head += chunk.toString('latin1', 0, keptBytes - head.length)
          const end = chunk.toString('latin1', Math.max(0, chunk.length - keptBytes))
          last = (last + end).slice(-keptBytes)
        },
        onResponseEnd: () => resolve({ status, text: bytes > keptBytes ? head + last : head }),
        onResponseError: (_controller, error) => reject(error),
      },
    )
  })
}

/** The last count of a name in a text; none where it is not named. */
function countIn(text: string, name: string): number {
  const at = text.lastIndexOf(`"${name}":`)
  return at === -1 ? 0 : Number.parseInt(text.slice(at + name.length + 3, at + name.length + 18), 10) || 0
}
