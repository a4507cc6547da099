import type { MeterDefinition } from '../../src/domain/meter.ts'
import type { UsageEvent } from '../../src/domain/usage.ts'
import { countUsage } from '../../src/store/count-usage.ts'
import { publishMeter } from '../../src/store/meters.ts'
import { groupHoursOf } from '../../src/store/meter-groups.ts'
import { acceptEvents, type AcceptedEvent } from '../../src/store/usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { listWindows } from '../../src/store/usage-windows.ts'
import { sampleMeter } from '../domain/meter-samples.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import type { OwnStore } from './store.ts'

/** Publishes a definition that holds from an instant on; before 2026 unless said. */
export async function define(
  own: Pick<OwnStore, 'store' | 'clock'>,
  changes: Partial<MeterDefinition>,
  effectiveFrom = '2025-01-01T00:00:00Z',
): Promise<void> {
  const meter = { definition: sampleMeter(changes), effectiveFrom: new Date(effectiveFrom), by: 'test' }
  const published = await own.store.unitOfWork((unit) => publishMeter(unit, meter, own.clock.now()))
  if (!published.ok) throw new Error(published.error.sentence)
}

/** Accepts events in a unit of their own, without counting them. */
export function accept(own: OwnStore, events: readonly UsageEvent[]): Promise<AcceptedEvent[]> {
  return own.store.unitOfWork((unit) => acceptEvents(unit, events.map(keyedEvent), own.clock.now()))
}

/** Counts all that is pending, at the time of the store's clock. */
export function count(own: OwnStore): Promise<number> {
  return countUsage(own.store, { clock: own.clock, doorbell: silentDoorbell })
}

/** A stretch of time of a customer. */
export type Stretch = { readonly customerId: string; readonly from: Date; readonly to: Date }

/** Hours of a meter as lines of text: the hour, the quantity, how many events. */
export async function hoursOf(own: OwnStore, meter: string, stretch: Stretch): Promise<string[]> {
  const hours = await listWindows(own.store.read, { ...stretch, meter })
  return hours.map(({ startsAt, quantity, eventCount }) => {
    return `${startsAt.toISOString().slice(5, 13)} ${Number(quantity)} of ${eventCount}`
  })
}

/** Hours of the groups of a meter as lines of text. */
export async function groupsOf(own: OwnStore, meter: string, stretch: Stretch): Promise<string[]> {
  const hours = await groupHoursOf(own.store.read, { ...stretch, meter })
  return hours.map(({ group, startsAt, quantity, eventCount }) => {
    return `${group} ${startsAt.toISOString().slice(5, 13)} ${Number(quantity)} of ${eventCount}`
  })
}
