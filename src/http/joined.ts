type Waiting<Item, Result> = {
  readonly item: Item
  readonly weight: number
  readonly done: (result: Result) => void
  readonly failed: (error: unknown) => void
}

/** How much is taken together, and how much may wait; items weigh what `weightOf` says, or one each. */
export type JoinLimits<Item> = {
  readonly atOnce: number
  readonly waiting?: number
  readonly weightOf?: (item: Item) => number
}

/** Thrown for a call that would have to wait behind more than may wait. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting'
}

/**
 * Joins calls that come while one is at work into the next one: with one caller nothing waits, with many a transaction serves all of them. `run`
 * does all or nothing, and answers a result for each item in their order. When it throws, each item is tried by itself, so that a bad one
 * fails alone. A call throws TooManyWaiting when there is no room to wait.
 */
export function joined<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  { atOnce, waiting: mostWaiting = Number.POSITIVE_INFINITY, weightOf = () => 1 }: JoinLimits<Item>,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = []
  let weightWaiting = 0
  let isAtWork = false
  const next = () => {
    const batch = takeUpTo(waiting, atOnce)
    for (const { weight } of batch) weightWaiting -= weight
    return batch
  }
  const work = async () => {
    isAtWork = true
    while (waiting.length > 0) await runTogether(run, next())
    isAtWork = false
  }
  return (item) => {
    const weight = weightOf(item)
    // Whoever is alone is served, however heavy.
    if (weightWaiting > 0 && weightWaiting + weight > mostWaiting) return Promise.reject(new TooManyWaiting())
    return new Promise((done, failed) => {
      waiting.push({ item, weight, done, failed })
      weightWaiting += weight
      if (!isAtWork) void work()
    })
  }
}

/** Takes from the front as much as fits, and at least one. */
function takeUpTo<Item, Result>(
  waiting: Waiting<Item, Result>[],
  atOnce: number,
): readonly Waiting<Item, Result>[] {
  let weight = 0
  const past = waiting.findIndex((one, index) => (weight += one.weight) > atOnce && index > 0)
  return waiting.splice(0, past === -1 ? waiting.length : past)
}

async function runTogether<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  batch: readonly Waiting<Item, Result>[],
): Promise<void> {
  try {
    const results = await run(batch.map(({ item }) => item))
    batch.forEach(({ done }, index) => done(results[index] as Result))
  } catch (error) {
    if (batch.length === 1) batch[0]?.failed(error)
    else for (const one of batch) await runTogether(run, [one])
  }
}
