import { shown } from './figures.ts'
import { usageOf } from './process-tree.ts'

/** What a hub had acknowledged by a moment, how fast since the one before, and the memory it held then. */
export type Minute = {
  readonly minute: number
  readonly acknowledged: number
  readonly perSecond: number
  readonly residentMegabytes: number
}

const everyMilliseconds = 60_000

/** Looks at a hub every minute and says so on stderr; ends with one more look, and answers all of them. */
export function watchMinutes(pid: number, acknowledged: () => number): () => Minute[] {
  const began = performance.now()
  const seen: Minute[] = []
  let last = { at: began, acknowledged: 0 }
  const look = () => {
    const now = { at: performance.now(), acknowledged: acknowledged() }
    const minute: Minute = {
      minute: (now.at - began) / everyMilliseconds,
      acknowledged: now.acknowledged,
      perSecond: ((now.acknowledged - last.acknowledged) * 1_000) / (now.at - last.at),
      residentMegabytes: usageOf(pid)?.residentMegabytes ?? 0,
    }
    seen.push(minute)
    last = now
    process.stderr.write(
      `minute ${minute.minute.toFixed(1)}: ${shown(minute.acknowledged)} acknowledged, ${shown(minute.perSecond)} a second, hub ${shown(minute.residentMegabytes)} MB\n`,
    )
  }
  const timer = setInterval(look, everyMilliseconds).unref()
  return () => {
    clearInterval(timer)
    look()
    return seen
  }
}
