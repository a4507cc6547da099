import type { UsageEvent } from '../domain/usage.ts'

/** A usage event with what became of it: the customer it was counted for, null while it waits for one, and when it came. */
export type KeptUsage = UsageEvent & {
  readonly customerId: string | null
  readonly receivedAt: Date
}
