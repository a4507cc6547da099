import type { Clock } from '../ports/clock.ts'

/** A clock that goes on by itself and may be set forward. */
export interface MovingClock extends Clock {
  /** Jumps to a later instant and goes on from there; an earlier one is ignored. */
  advanceTo(instant: Date): void
}

/** Makes a clock that goes as another does, some time ahead of it. Waiting takes as long as it does there. */
export function movingClock(base: Clock): MovingClock {
  let ahead = 0
  const now = () => base.now().getTime() + ahead
  return {
    now: () => new Date(now()),
    sleep: (milliseconds) => base.sleep(milliseconds),
    advanceTo: (instant) => {
      ahead += Math.max(0, instant.getTime() - now())
    },
  }
}
