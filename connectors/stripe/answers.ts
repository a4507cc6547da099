import { Stripe } from 'stripe'
import type { Answer } from '../../src/ports/answer.ts'
import { RequestNotSent, unreadableType } from './client.ts'

/** What we know of the call that failed. */
export type FailedCall = {
  readonly changes: boolean
  /** Whether a call under the same key has met a failure of Stripe's before. */
  readonly failedBefore: boolean
}

type Refusal = Exclude<Answer<never>, { kind: 'ok' }>

/** How long to wait when Stripe says too fast: it names no time (docs.stripe.com/rate-limits). */
const retryAfterMilliseconds = 1_000

/**
 * Classes everything Stripe can answer besides yes. A failure of Stripe's or of the network leaves a write unknown, because it may have
 * happened; a read can simply be asked again. A failure that Stripe keeps for our key is told from a fresh one by its header,
 * or by coming twice.
 */
export function answerOf(error: unknown, call: FailedCall): Refusal {
  if (error instanceof Stripe.errors.StripeConnectionError) return answerOfConnection(error, call)
  if (!(error instanceof Stripe.errors.StripeError)) throw error
  const status = error.statusCode ?? 0
  const detail = error.message
  if (status >= 500) return answerOfFailure(error, call)
  if (error.rawType === (unreadableType as string)) return { kind: 'broken', detail: `${status}: ${detail}` }
  switch (status) {
    case 401:
    case 403:
      return { kind: 'auth', detail }
    case 409:
      return { kind: 'conflict', code: error.code ?? 'conflict', detail }
    case 429:
      if (error.code === 'lock_timeout') return { kind: 'transient', detail }
      return { kind: 'throttled', retryAfterMilliseconds: waitOf(error) }
    default:
      return answerOfRequest(error, status)
  }
}

function answerOfConnection(
  error: InstanceType<typeof Stripe.errors.StripeConnectionError>,
  call: FailedCall,
): Refusal {
  const cause: unknown = error.detail
  const detail = cause instanceof Error ? `${error.message} ${cause.message}` : error.message
  if (!call.changes || cause instanceof RequestNotSent) return { kind: 'transient', detail }
  return { kind: 'unknown', detail }
}

function answerOfFailure(error: InstanceType<typeof Stripe.errors.StripeError>, call: FailedCall): Refusal {
  const detail = `${error.statusCode}: ${error.message}`
  if (!call.changes) return { kind: 'transient', detail }
  const isReplay = error.headers?.['idempotent-replayed'] === 'true' || call.failedBefore
  return { kind: isReplay ? 'replayed-failure' : 'unknown', detail }
}

function answerOfRequest(error: InstanceType<typeof Stripe.errors.StripeError>, status: number): Refusal {
  const code = error.code ?? error.rawType ?? `http_${status}`
  const detail = error.message
  if (error.rawType === 'idempotency_error') return { kind: 'conflict', code: 'idempotency_error', detail }
  if (code === 'rate_limit') return { kind: 'throttled', retryAfterMilliseconds: waitOf(error) }
  if (code === 'resource_already_exists') return { kind: 'conflict', code, detail }
  if (code === 'invoice_not_editable') return { kind: 'locked', code, detail }
  return { kind: 'rejected', code: ourCode(code, detail), detail, field: error.param ?? null }
}

function waitOf(error: InstanceType<typeof Stripe.errors.StripeError>): number {
  const seconds = Number(error.headers?.['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : retryAfterMilliseconds
}

/** The refusals people can act on have a code of ours; Stripe tells some of them apart by words only. */
function ourCode(code: string, detail: string): string {
  if (/price specified is inactive/i.test(detail)) return 'PRICE_ARCHIVED'
  if (code === 'coupon_expired' || /coupon .*(expired|no longer valid|maximum)/i.test(detail))
    return 'COUPON_INVALID'
  if (code === 'tax_id_invalid') return 'TAX_ID_INVALID'
  if (code === 'customer_tax_location_invalid') return 'ADDRESS'
  return code
}
