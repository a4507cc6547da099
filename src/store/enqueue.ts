import type { Clock } from '../ports/clock.ts'
import type { Doorbell, Queue } from '../ports/doorbell.ts'
import type { Unit } from './unit-of-work.ts'
import * as work from './work.ts'

/** Work for a queue: what it is about, the key that keeps it in order, and when it may begin (default: now). */
export type NewWork = {
  readonly queue: Queue
  readonly subject: string
  readonly orderKey?: string
  readonly dueAt?: Date
}

/** What adding work needs besides the unit. */
export type Ringing = { readonly clock: Clock; readonly doorbell: Doorbell<Unit['tx']> }

/** Adds work and rings for it, in the unit that makes the work necessary. */
export async function enqueue(
  unit: Unit,
  items: readonly NewWork[],
  { clock, doorbell }: Ringing,
): Promise<void> {
  if (items.length === 0) return
  const now = clock.now()
  await work.enqueue(
    unit,
    items.map(({ queue, subject, orderKey, dueAt }) => ({
      queue,
      subject,
      orderKey: orderKey ?? null,
      dueAt: dueAt ?? now,
    })),
    now,
  )
  const due = new Set(
    items.filter(({ dueAt }) => dueAt === undefined || dueAt <= now).map(({ queue }) => queue),
  )
  await doorbell.ring(unit.tx, [...due])
}
