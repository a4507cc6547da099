type Waiting<Item, Result> = {
  readonly item: Item
  readonly weight: number
  readonly done: (result: Result) => void
  readonly failed: (error: unknown) => void
}

/**
 * How much is taken together; items weigh what `weightOf` says, or one each. `gather` may hold them back for a moment so that more join; it is
 * given how many wait.
 */
export type JoinLimits<Item> = {
  readonly atOnce: number
  readonly weightOf?: (item: Item) => number
  readonly gather?: (waiting: () => number) => Promise<void>
}

/**
 * Joins calls that come while one is at work into the next one: with one caller nothing waits, with many a transaction serves all of them. `run`
 * does all or nothing, and answers a result for each item in their order. When it throws, each item is tried by itself, so that a bad one
 * fails alone.
 */
export function joined<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  { atOnce, weightOf = () => 1, gather }: JoinLimits<Item>,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = []
  let isAtWork = false
  const work = async () => {
    isAtWork = true
    while (waiting.length > 0) {
      if (gather !== undefined) await gather(() => waiting.length)
      await runTogether(run, takeUpTo(waiting, atOnce))
    }
    isAtWork = false
  }
  return (item) =>
    new Promise((done, failed) => {
      waiting.push({ item, weight: weightOf(item), done, failed })
      if (!isAtWork) void work()
    })
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
