/**
 * How far a sweep has come. At rest a mark is one instant. Under way it is three parts: when the sweep began, the instant it has
 * reached, and, among deals changed at that very instant, the id it has reached (empty when it goes by time).
 */
export type SweepPosition = {
  readonly beganAt: Date
  /** Deals changed at this instant or later are still to be seen, epoch milliseconds. */
  readonly from: number
  readonly afterId: string | null
}

/**
 * Where a call takes up. At rest it goes back by the overlap, because a change may reach the search index later than a younger one.
 * Throws on a mark that is not one of ours.
 */
export function positionOf(mark: string | null, now: Date, overlapMilliseconds: number): SweepPosition {
  if (mark === null) return { beganAt: now, from: 0, afterId: null }
  const [first = '', reached, afterId] = mark.split('~')
  if (reached === undefined)
    return { beganAt: now, from: Math.max(0, instantOf(first) - overlapMilliseconds), afterId: null }
  return { beganAt: new Date(instantOf(first)), from: instantOf(reached), afterId: afterId || null }
}

function instantOf(text: string): number {
  const milliseconds = Date.parse(text)
  if (Number.isNaN(milliseconds)) throw new Error(`Not a mark of a HubSpot sweep: ${text}`)
  return milliseconds
}

/** The mark of a sweep under way: the next call goes on there, without overlap. */
export function markUnderWay({ beganAt, from, afterId }: SweepPosition): string {
  return `${beganAt.toISOString()}~${new Date(from).toISOString()}~${afterId ?? ''}`
}

/** The instant of a mark at rest, epoch milliseconds; null under way and before the first sweep. */
export function restingAt(mark: string | null): number | null {
  return mark === null || mark.includes('~') ? null : instantOf(mark)
}

/** How far our clock and HubSpot's may differ without a change being passed over. */
const clockDifferenceMilliseconds = 600_000

/**
 * The mark at the end of a sweep: the newest change seen, but not past the sweep's begin, because what changed meanwhile may have
 * been passed before it was in the index. In a quiet portal the mark follows our clock at a distance, so that the last change is not
 * found for ever.
 */
export function markAtRest(beganAt: Date, newest: number): string {
  const follows = Math.max(newest, beganAt.getTime() - clockDifferenceMilliseconds)
  return new Date(Math.min(beganAt.getTime(), follows)).toISOString()
}
