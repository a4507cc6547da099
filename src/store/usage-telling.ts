import { Big } from 'big.js'
import { and, eq, type SQL } from 'drizzle-orm'
import type { Reading } from '../domain/told-usage.ts'
import { usageWindow } from './schema.ts'
import type { Unit } from './unit-of-work.ts'
import { isOf, type SendingWindow } from './usage-due.ts'

/** The provider was told what was under way. What came meanwhile is to be told next. */
export async function endReport(unit: Unit, window: SendingWindow, at: Date): Promise<void> {
  await change(unit, window, {
    reportedRevision: window.sendingRevision,
    reportedQuantity: toldQuantity(window),
    reportedAt: at,
    ...ended,
    ...unread,
  })
}

/**
 * The provider refused an hour as it is: it waits until it changes, or a person has it tried again. With `mayBeThere` we do not know
 * whether it was counted all the same, and nothing else may be told of the hour before that is known.
 */
export async function refuseReport(
  unit: Unit,
  window: SendingWindow,
  { mayBeThere }: { mayBeThere: boolean },
): Promise<void> {
  // Also what is left of it to be told: an hour that is told in parts has a revision more than the part.
  await change(unit, window, { refusedRevision: window.revision, ...(mayBeThere ? {} : ended) })
}

/** Nothing of what was begun can be at the provider, and it is not told any more: the hour goes to an invoice. */
export async function withdrawReport(unit: Unit, window: SendingWindow): Promise<void> {
  await change(unit, window, { ...ended, ...unread })
}

/** Keeps what the provider's sum of an hour was, to see later whether it still moves. */
export async function noteReading(unit: Unit, window: SendingWindow, reading: Reading): Promise<void> {
  await change(unit, window, { countedQuantity: reading.quantity, countedAt: reading.at })
}

/** What the provider holds of an hour once what is under way has reached it. */
export function toldQuantity({ sendingQuantity, chargedQuantity }: SendingWindow): string {
  return new Big(sendingQuantity).minus(chargedQuantity).toFixed()
}

/** Only `counted` of an hour is at the provider: the rest is told anew, under another identifier, or goes to an invoice. */
export async function tellAnew(unit: Unit, window: SendingWindow, counted: string): Promise<void> {
  const retellings = window.retellings + 1
  await change(unit, window, { reportedQuantity: counted, retellings, ...ended, ...unread })
}

const ended = { sendingRevision: null, sendingQuantity: null, sendingValue: null }
const unread = { countedQuantity: null, countedAt: null }

async function change(
  unit: Unit,
  window: SendingWindow,
  changes: Partial<typeof usageWindow.$inferInsert>,
): Promise<void> {
  await unit.tx.update(usageWindow).set(changes).where(isSending(window))
}

function isSending(window: SendingWindow): SQL | undefined {
  const { startsAt, sendingRevision } = window
  return and(
    isOf(window),
    eq(usageWindow.startsAt, startsAt),
    eq(usageWindow.sendingRevision, sendingRevision),
  )
}
