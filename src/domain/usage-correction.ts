import type { EventFault } from './event-reading.ts'
import type { UsageEvent } from './usage.ts'

/** As much of an earlier event as decides whether it can be corrected. */
export type CorrectableEvent = Pick<UsageEvent, 'meter' | 'subject'> & {
  /** Whether it is a retraction itself. */
  readonly isRetraction: boolean
  /** The id of the event that corrected it; null while none did. */
  readonly correctedBy: string | null
  /** Whether its hour would have to be counted anew from events that were put away. */
  readonly isPutAway?: boolean
}

/** Why an event cannot correct another; `unknown-event` where there is none to correct. */
export type CorrectionCode = 'unknown-event' | 'event-corrected' | 'correction-mismatch'

/** A correction that was not taken, and why; nothing of it is kept. */
export type CorrectionFault = EventFault & { readonly code: CorrectionCode }

/**
 * Judges whether an event may correct the one it names; null when it may. An event is corrected once: what corrected it may be corrected in
 * its turn, unless it is a retraction, which has nothing to take away.
 */
export function faultOfCorrection(
  event: UsageEvent,
  original: CorrectableEvent | null,
): CorrectionFault | null {
  const { kind, id } = event.corrects ?? { kind: 'replacement', id: '' }
  const pointer = kind === 'retraction' ? '/retracts' : '/replaces'
  const because = (code: CorrectionCode, message: string) => ({ pointer, code, message })
  if (original === null) return because('unknown-event', `${event.source} sent no event ${id}.`)
  if (original.isPutAway === true)
    return because('unknown-event', `Events of the hour of ${id} were put away. Bring them back first.`)
  if (original.isRetraction)
    return because(
      'correction-mismatch',
      `The event ${id} is a retraction. Send the use again under an id of its own.`,
    )
  if (original.correctedBy !== null)
    return because('event-corrected', `The event ${id} was corrected by ${original.correctedBy} already.`)
  if (kind === 'retraction' && (original.meter !== event.meter || original.subject !== event.subject))
    return because(
      'correction-mismatch',
      `The event ${id} has the type ${original.meter} and the subject ${original.subject}.`,
    )
  return null
}
