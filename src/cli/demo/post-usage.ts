import type { UsageEvent } from '../../domain/usage.ts'
import { enqueue } from '../../store/enqueue.ts'
import type { AcceptedEvent } from '../../store/usage.ts'
import { acceptEvents } from '../../store/usage.ts'
import type { World } from './world.ts'

/** A usage event as a product posts it: CloudEvents with the meter as type. */
export type PostedEvent = {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly data: { readonly value: string }
}

/** Posts usage events to the hub; answers what became of each. */
export async function postUsage(world: World, events: readonly PostedEvent[]): Promise<AcceptedEvent[]> {
  const { context } = world.hub
  const now = context.clock.now()
  return context.store.unitOfWork(async (unit) => {
    const accepted = await acceptEvents(unit, events.map(usageEventOf), now)
    await enqueue(unit, [{ queue: 'report-usage', subject: 'all' }], context)
    return accepted
  })
}

function usageEventOf({ id, source, type, subject, time, data }: PostedEvent): UsageEvent {
  return { id, source, meter: type, subject, occurredAt: new Date(time), value: data.value, properties: {} }
}
