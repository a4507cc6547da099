import type { Clock } from '../../src/ports/clock.ts'

/**
 * Lets a few calls through at once. NetSuite has one pool of concurrent requests for a whole account (5, 15 or 20 by tier), which the
 * hub shares with everything else the customer runs, and it says nothing of how long to wait.
 */
export interface ConcurrencyGate {
  /** Runs a call as soon as there is room, in the order of asking. */
  run<T>(call: () => Promise<T>): Promise<T>
  /** NetSuite refused a call: the room halves, down to one. Answers how long to wait at least. */
  throttled(): number
  /** NetSuite took a call: after a quiet minute the room grows by one, up to where it began. */
  accepted(): void
}

const growAfterMilliseconds = 60_000
const firstWaitMilliseconds = 1_000
const longestWaitMilliseconds = 60_000

/** Makes a gate for `size` calls at once. */
export function concurrencyGate(size: number, clock: Clock): ConcurrencyGate {
  const waiting: (() => void)[] = []
  let [room, running, refusals] = [size, 0, 0]
  let quietSince = clock.now().getTime()

  function admit(): void {
    while (running < room && waiting.length > 0) {
      running += 1
      waiting.shift()?.()
    }
  }

  return {
    async run(call) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        admit()
      })
      try {
        return await call()
      } finally {
        running -= 1
        admit()
      }
    },
    throttled() {
      room = Math.max(1, Math.floor(room / 2))
      quietSince = clock.now().getTime()
      refusals += 1
      return Math.min(longestWaitMilliseconds, firstWaitMilliseconds * 2 ** (refusals - 1))
    },
    accepted() {
      refusals = 0
      if (room >= size || clock.now().getTime() - quietSince < growAfterMilliseconds) return
      room += 1
      quietSince = clock.now().getTime()
      admit()
    },
  }
}
