import type { VirtualClock } from '../../ports/clock.ts'
import type { FakesControl } from './fakes-control.ts'

/** A virtual clock whose sleeps move the twins of another process along. */
export function followingClock(clock: VirtualClock, fakes: FakesControl): VirtualClock {
  return {
    now: () => clock.now(),
    advanceTo: (instant) => clock.advanceTo(instant),
    sleep: async (milliseconds) => {
      await clock.sleep(milliseconds)
      await fakes.advanceTo(clock.now())
    },
  }
}
