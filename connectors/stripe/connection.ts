import type { Stripe } from 'stripe'
import type { BillingStep } from '../../src/domain/billing-plan.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Performed, ProviderIds } from '../../src/ports/billing.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Calls } from './calls.ts'

/** One Stripe account as we reach it. */
export type Connection = { readonly stripe: Stripe; readonly calls: Calls; readonly clock: Clock }

/** How a kind of step is carried out and looked up. */
export type StepHandler<S extends BillingStep> = {
  perform(connection: Connection, step: S, ids: ProviderIds): Promise<Answer<Performed>>
  find(connection: Connection, step: S, ids: ProviderIds): Promise<Answer<Performed | null>>
}

/** The provider id of an earlier step; throws when the step was not done first, which is a bug. */
export function idOf(ids: ProviderIds, ref: string): string {
  const id = ids[ref]
  if (id === undefined) throw new RangeError(`Step ${ref} has no provider id yet`)
  return id
}

type Compared = Readonly<Record<string, unknown>>

/**
 * Checks that an answer is the object we asked for, and names the fields in which it differs. `read` takes from it what is compared; an
 * object without the parts it must have is not what Stripe sends.
 */
export function performed<T extends { readonly id: string; readonly object: string }>(
  object: T,
  kind: T['object'],
  asked: Compared,
  read: (object: T) => Compared,
): Answer<Performed> {
  if (typeof object.id !== 'string' || object.id === '' || object.object !== kind) {
    return {
      kind: 'broken',
      detail: `Expected a ${kind}, got ${object.object ?? 'nothing'} ${object.id ?? ''}`,
    }
  }
  try {
    const held = read(object)
    const drift = Object.keys(asked).filter((name) => written(asked[name]) !== written(held[name]))
    return answered({ providerId: object.id, drift })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { kind: 'broken', detail: `The ${kind} ${object.id} lacks a part: ${error.message}` }
  }
}

function written(value: unknown): string {
  return JSON.stringify(value ?? null)
}

/** Only our own keys of the metadata: others may add theirs. */
export function ourKeys(held: Stripe.Metadata | null, asked: Stripe.Metadata): Stripe.Metadata {
  return Object.fromEntries(Object.keys(asked).map((key) => [key, held?.[key] ?? '']))
}

/** Unix seconds of an instant. */
export function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1_000)
}

/** The instant of unix seconds. */
export function instant(unixSeconds: number): Date {
  return new Date(unixSeconds * 1_000)
}

/** The id of something Stripe names by id or, when asked to, in full. */
export function idIn(reference: string | { readonly id: string } | null | undefined): string | null {
  if (reference === null || reference === undefined) return null
  return typeof reference === 'string' ? reference : reference.id
}
