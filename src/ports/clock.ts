/** Where time comes from. Nothing else may ask the machine for it. */
export interface Clock {
  now(): Date
  /** Waits. Under a virtual clock, time moves on instead. */
  sleep(milliseconds: number): Promise<void>
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}

/** A clock that stands still until told otherwise. Sleeping moves it. */
export interface VirtualClock extends Clock {
  /** Moves to a later instant; an earlier one is ignored, because time does not run backwards. */
  advanceTo(instant: Date): void
}

/** Makes a virtual clock that starts at an instant. */
export function virtualClock(startsAt: Date): VirtualClock {
  let current = startsAt.getTime()
  const advanceTo = (instant: Date) => {
    current = Math.max(current, instant.getTime())
  }
  return {
    now: () => new Date(current),
    advanceTo,
    sleep: (milliseconds) => {
      advanceTo(new Date(current + milliseconds))
      return Promise.resolve()
    },
  }
}
