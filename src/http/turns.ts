/** Lets only so many do something at once; the others wait in their order. */
export type Turns = {
  /** Does `work` when it is its turn. Null, and nothing done, where too many wait already. */
  take<T>(work: () => Promise<T>): Promise<T> | null
}

/** Makes turns for so many at once, for whom so many may wait. */
export function turns(atOnce: number, waitingAtMost: number): Turns {
  const waiting: (() => void)[] = []
  let under = 0
  const begin = (): Promise<void> => {
    if (under < atOnce) {
      under++
      return Promise.resolve()
    }
    return new Promise((resolve) => void waiting.push(resolve))
  }
  const end = () => {
    const next = waiting.shift()
    if (next === undefined) under--
    else next()
  }
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    await begin()
    return work().finally(end)
  }
  return { take: (work) => (under === atOnce && waiting.length >= waitingAtMost ? null : run(work)) }
}
