import type { Clock } from '../ports/clock.ts'

/**
 * A clock that waits for so long in all, and then no more: whoever waits between tries has used them up soon after. For people, who would
 * rather hear that a vendor does not answer than wait as long as a job can.
 */
export function patientClock(base: Clock, budgetMilliseconds: number): Clock {
  let left = budgetMilliseconds
  return {
    now: () => base.now(),
    sleep: (milliseconds) => {
      const wait = Math.min(left, milliseconds)
      left -= wait
      return wait > 0 ? base.sleep(wait) : Promise.resolve()
    },
  }
}
