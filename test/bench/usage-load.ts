import { Pool } from 'undici'

/** What a batch is made of: new events of one moment, spread over the customers, and some that were sent before. */
export type Batch = { readonly body: string; readonly events: number }

/** Makes batches of usage events, each event new but for a share that repeats the batch before. */
export type UsageLoad = { batch(size: number, duplicateShare: number): Batch; line(): string }

/** Makes events of these subjects in turn, all at one time. */
export function usageLoad(subjects: readonly string[], at: Date): UsageLoad {
  const time = at.toISOString()
  let made = 0
  let before: readonly string[] = []
  const line = () => {
    const number = ++made
    const subject = subjects[(number * 31) % subjects.length] ?? ''
    return (
      `{"specversion":"1.0","id":"req-${number}-${(number * 7_919) % 100_000}","source":"bench/gateway","type":"tokens",` +
      `"subject":"${subject}","time":"${time}","data":{"value":"${number % 997}","properties":{"region":"eu"}}}`
    )
  }
  return {
    line,
    batch: (size, duplicateShare) => {
      const repeated = before.slice(0, Math.round(size * duplicateShare))
      const fresh = Array.from({ length: size - repeated.length }, line)
      before = fresh
      return { body: `[${[...fresh, ...repeated].join()}]`, events: size }
    },
  }
}

/** Sends batches to a hub, and keeps what was answered otherwise than well. */
export type UsageSender = {
  readonly refusals: string[]
  /** Sends events; answers the milliseconds until they were acknowledged. */
  post(path: string, type: string, body: string | AsyncIterable<string>): Promise<number>
  close(): Promise<void>
}

/** Opens up to 64 kept connections to a hub. */
export function usageSender(url: string, secret: string): UsageSender {
  const pool = new Pool(url, { connections: 64, pipelining: 1, bodyTimeout: 0, headersTimeout: 0 })
  const refusals: string[] = []
  return {
    refusals,
    post: async (path, type, body) => {
      const began = performance.now()
      const headers = { authorization: `Bearer ${secret}`, 'content-type': type }
      const answer = await pool.request({ method: 'POST', path, headers, body: body as string })
      const text = await answer.body.text()
      if (answer.statusCode >= 207) refusals.push(`${answer.statusCode} ${text.slice(0, 200)}`)
      return performance.now() - began
    },
    close: () => pool.close(),
  }
}
