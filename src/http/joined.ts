type Waiting<Item> = {
  readonly item: Item
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Joins calls that come while one is at work into the next one: with one caller nothing waits, with many a transaction serves all of them. `run`
 * does all or nothing. When it throws, each item is tried by itself, so that a bad one fails alone.
 */
export function joined<Item>(
  run: (items: readonly Item[]) => Promise<void>,
  itemsAtOnce: number,
): (item: Item) => Promise<void> {
  const waiting: Waiting<Item>[] = []
  let isAtWork = false
  const work = async () => {
    isAtWork = true
    while (waiting.length > 0) await runTogether(run, waiting.splice(0, itemsAtOnce))
    isAtWork = false
  }
  return (item) =>
    new Promise((done, failed) => {
      waiting.push({ item, done, failed })
      if (!isAtWork) void work()
    })
}

async function runTogether<Item>(
  run: (items: readonly Item[]) => Promise<void>,
  batch: readonly Waiting<Item>[],
): Promise<void> {
  try {
    await run(batch.map(({ item }) => item))
    for (const { done } of batch) done()
  } catch (error) {
    if (batch.length === 1) batch[0]?.failed(error)
    else for (const one of batch) await runTogether(run, [one])
  }
}
