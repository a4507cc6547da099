import { createHash } from 'node:crypto'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { StripeRefusal } from './refusal.ts'

/** An answer as it went out. */
export type StoredAnswer = { readonly status: ContentfulStatusCode; readonly body: string }

type Entry = { readonly fingerprint: string; readonly at: number; answer: StoredAnswer | null }

/** Answers kept under the keys callers sent with them. */
export type IdempotencyStore = {
  /** The kept answer, or null after marking the key as in use. Throws the refusals for other parameters and for two at once. */
  begin(key: string, fingerprint: string): StoredAnswer | null
  /** Keeps an answer. */
  keep(key: string, answer: StoredAnswer): void
  /** Frees a key whose request did not count. */
  release(key: string): void
  size(): number
}

const oneDay = 86_400

/** Makes an empty store that forgets after 24 hours of the twin's time. */
export function createIdempotencyStore(now: () => number): IdempotencyStore {
  const entries = new Map<string, Entry>()
  const forgetOld = () => {
    for (const [key, entry] of entries) {
      if (entry.at > now() - oneDay) return
      entries.delete(key)
    }
  }
  return {
    size: () => entries.size,
    begin: (key, fingerprint) => {
      forgetOld()
      const known = entries.get(key)
      if (known === undefined) {
        entries.set(key, { fingerprint, at: now(), answer: null })
        return null
      }
      if (known.fingerprint !== fingerprint) throw otherParameters(key)
      if (known.answer === null) throw inUse(key)
      return known.answer
    },
    keep: (key, answer) => {
      const entry = entries.get(key)
      if (entry) entry.answer = answer
    },
    release: (key) => void entries.delete(key),
  }
}

/** What makes two requests the same. */
export function fingerprintOf(method: string, path: string, body: string): string {
  return createHash('sha256').update(`${method} ${path}\n${body}`).digest('base64')
}

function otherParameters(key: string): StripeRefusal {
  return new StripeRefusal(
    400,
    'idempotency_error',
    `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    {},
    false,
  )
}

function inUse(key: string): StripeRefusal {
  return new StripeRefusal(
    409,
    'invalid_request_error',
    `There is currently another in-progress request using this Idempotent Key: ${key}`,
    { code: 'idempotency_key_in_use' },
    false,
  )
}
