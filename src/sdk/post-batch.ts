import type { Answer } from './answer.ts'
import { readAnswer } from './answer.ts'
import type { BufferedEvent } from './event-buffer.ts'
import type { Platform } from './platform.ts'

/** Where batches go. */
export type Endpoint = { readonly url: string; readonly key: string; readonly timeoutMilliseconds: number }

/**
 * Posts one batch and reads its answer; never throws. What takes longer than the timeout, or is cut off by the signal, is like a lost
 * connection: nobody knows whether it arrived.
 */
export async function postBatch(
  batch: readonly BufferedEvent[],
  { url, key, timeoutMilliseconds }: Endpoint,
  platform: Platform,
  signal: AbortSignal,
): Promise<Answer> {
  const init: RequestInit = {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents-batch+json' },
    body: `[${batch.map(({ text }) => text).join(',')}]`,
    // A redirect would turn the POST into a GET or carry events elsewhere.
    redirect: 'manual',
  }
  const ids = batch.map(({ id }) => id)
  try {
    return await within(timeoutMilliseconds, platform, signal, async (until) => {
      const response = await platform.fetch(url, { ...init, signal: until })
      const { status, headers } = response
      return readAnswer({ status, headers, text: await response.text() }, ids, platform.now())
    })
  } catch (error) {
    return { kind: 'later', why: `The hub was not reached: ${reasonOf(error)}`, retryAfterMilliseconds: 0 }
  }
}

/** Works under a signal that is aborted after some time, or with another one; rejects then, whether or not the work listens. */
async function within<T>(
  milliseconds: number,
  { sleep }: Platform,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [over, cut] = [new AbortController(), new AbortController()]
  const end = () => over.abort()
  outer.addEventListener('abort', end)
  if (outer.aborted) end()
  const late = sleep(milliseconds, over.signal).then(() => {
    cut.abort()
    throw new Error(outer.aborted ? 'the wait was ended' : `no answer within ${milliseconds} ms`)
  })
  try {
    return await Promise.race([work(cut.signal), late])
  } finally {
    outer.removeEventListener('abort', end)
    end()
    late.catch(() => undefined)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}
