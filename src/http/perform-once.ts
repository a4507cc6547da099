import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Clock } from '../ports/clock.ts'
import { hashOf } from '../store/fingerprint.ts'
import { beginAnswer, completeAnswer, isAnswerAtWork, type RepeatKey } from '../store/idempotency.ts'
import type { Store, Unit } from '../store/unit-of-work.ts'
import type { ApiEnv } from './foundation.ts'
import { ProblemError } from './problem.ts'

/** What a change answers. */
export type Changed<Answer> = { readonly status?: 200 | 201 | 202; readonly body: Answer }

/** For the description; the rule itself is `idempotencyKeyOf`, which answers with codes of its own. */
export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .openapi({
      param: { required: true },
      description:
        'A key of your own choice, 1 to 255 printable characters. The same request sent again under it is done once.',
    }),
})

/**
 * Performs a change once for the caller's Idempotency-Key: in one unit the key is taken, the change made and the answer kept. Sent again, the
 * kept answer is given with `Idempotent-Replayed: true`. A refused request leaves nothing, so it may be mended and sent again.
 */
export async function performOnce<T>(
  c: Context<ApiEnv>,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  change: (unit: Unit) => Promise<Changed<T>>,
): Promise<Response> {
  const key: RepeatKey = {
    keyId: c.get('apiKey').keyId,
    method: c.req.method,
    route: c.req.path,
    idempotencyKey: idempotencyKeyOf(c.req.header('idempotency-key')),
  }
  const bodyHash = hashOf(await c.req.text())
  const answer = await store.unitOfWork(async (unit) => {
    if (await isAnswerAtWork(unit, key)) throw inFlight()
    const begun = await beginAnswer(unit, key, bodyHash, clock.now())
    if (begun.kind === 'body-differs') throw reused()
    if (begun.kind === 'stored') return { ...begun.answer, isReplay: true }
    const { status = 200, body } = await change(unit)
    const made = { status, contentType: 'application/json', body: JSON.stringify(body) }
    await completeAnswer(unit, key, made)
    return { ...made, isReplay: false }
  })
  const headers = { 'content-type': answer.contentType }
  return c.body(answer.body, answer.status as 200, {
    ...headers,
    ...(answer.isReplay ? { 'idempotent-replayed': 'true' } : {}),
  })
}

/** The draft's quotes around the key are taken off; a key without them is as good. */
function idempotencyKeyOf(header: string | undefined): string {
  if (header === undefined)
    throw new ProblemError({
      status: 400,
      code: 'idempotency-key-missing',
      detail: 'Send an Idempotency-Key with every request that changes something.',
    })
  const key = header.replace(/^"(.*)"$/, '$1')
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new ProblemError({
    status: 400,
    code: 'idempotency-key-invalid',
    detail: 'An Idempotency-Key has 1 to 255 printable characters and no blanks.',
  })
}

function inFlight(): ProblemError {
  const detail = 'A request with this Idempotency-Key is at work. Send it again in a moment.'
  return new ProblemError({
    status: 409,
    code: 'idempotency-in-flight',
    detail,
    headers: { 'retry-after': '1' },
  })
}

function reused(): ProblemError {
  const detail = 'This Idempotency-Key was sent before with another body.'
  return new ProblemError({ status: 422, code: 'idempotency-key-reused', detail })
}
