import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import { answerOf } from './answers.ts'

/** Asks Stripe and classes what comes back. */
export interface Calls {
  /** A call that changes something, once for its key. */
  write<T>(opKey: string, send: (options: { idempotencyKey: string }) => Promise<T>): Promise<Answer<T>>
  read<T>(send: () => Promise<T>): Promise<Answer<T>>
}

/** How many failed keys are remembered. */
const mostFailures = 10_000

/** Makes the caller of one connection; it remembers which keys have met a failure of Stripe's. */
export function callsOf(): Calls {
  const failures = new Set<string>()

  function remember(key: string): void {
    if (failures.size >= mostFailures) failures.clear()
    failures.add(key)
  }

  return {
    async write(opKey, send) {
      const idempotencyKey = await idempotencyKeyOf(opKey)
      try {
        return answered(await send({ idempotencyKey }))
      } catch (error) {
        const answer = answerOf(error, { changes: true, failedBefore: failures.has(idempotencyKey) })
        if (isFailureOfStripe(error)) remember(idempotencyKey)
        return answer
      }
    },
    async read(send) {
      try {
        return answered(await send())
      } catch (error) {
        return answerOf(error, { changes: false, failedBefore: false })
      }
    },
  }
}

function isFailureOfStripe(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && Number(error.statusCode) >= 500
}

/** Stripe takes keys of up to 255 characters, and a header takes plain ones; other keys go by their SHA-256. */
export async function idempotencyKeyOf(opKey: string): Promise<string> {
  if (/^[\x21-\x7e]{1,255}$/.test(opKey)) return opKey
  const hash = await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(opKey))
  return `tieout-${Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
