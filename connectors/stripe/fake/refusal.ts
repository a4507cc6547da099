import type { ContentfulStatusCode } from 'hono/utils/http-status'

type Detail = { readonly code?: string; readonly param?: string; readonly declineCode?: string }

/**
 * What Stripe answers when it says no. Thrown inside the twin and turned into a response at its edge; `remembered` is false for
 * refusals that come before the endpoint runs, which an idempotency key does not keep.
 */
export class StripeRefusal extends Error {
  readonly status: ContentfulStatusCode
  readonly type: string
  readonly detail: Detail
  readonly remembered: boolean

  constructor(
    status: ContentfulStatusCode,
    type: string,
    message: string,
    detail: Detail = {},
    remembered = true,
  ) {
    super(message)
    this.status = status
    this.type = type
    this.detail = detail
    this.remembered = remembered
  }

  /** The JSON body of the answer. */
  body(): { error: Record<string, string> } {
    const { code, param, declineCode } = this.detail
    return {
      error: {
        type: this.type,
        message: this.message,
        ...(code === undefined ? {} : { code, doc_url: `https://stripe.com/docs/error-codes/${code}` }),
        ...(param === undefined ? {} : { param }),
        ...(declineCode === undefined ? {} : { decline_code: declineCode }),
      },
    }
  }
}

/** A request that the endpoint understood and refuses. */
export function invalidRequest(message: string, detail: Detail = {}): StripeRefusal {
  return new StripeRefusal(400, 'invalid_request_error', message, detail)
}

/** A request refused before the endpoint ran: nothing is kept under its idempotency key. */
export function malformedRequest(message: string, detail: Detail = {}): StripeRefusal {
  return new StripeRefusal(400, 'invalid_request_error', message, detail, false)
}

/** An object that does not exist: 404 in the path, 400 when a parameter names it. */
export function noSuch(kind: string, id: string, param?: string): StripeRefusal {
  return new StripeRefusal(
    param === undefined ? 404 : 400,
    'invalid_request_error',
    `No such ${kind}: '${id}'`,
    {
      code: 'resource_missing',
      param: param ?? 'id',
    },
  )
}

/** Too fast. By default without `stripe-should-retry`, so the SDK does not retry by itself. */
export function rateLimited(): StripeRefusal {
  return new StripeRefusal(
    429,
    'invalid_request_error',
    'Request rate limit exceeded.',
    { code: 'rate_limit' },
    false,
  )
}

/** The key that came with the request opens nothing. */
export function badKey(message: string): StripeRefusal {
  return new StripeRefusal(401, 'invalid_request_error', message, {}, false)
}

/** Something broke on the vendor's side. */
export function serverFailure(): StripeRefusal {
  return new StripeRefusal(500, 'api_error', 'An unknown error occurred')
}
