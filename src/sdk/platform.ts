/** Everything the SDK asks of the machine it runs on. Each part can be given in the options. */
export type Platform = {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly now: () => Date
  /** Waits; ends early, without an error, when the signal is aborted. The process stays alive meanwhile. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** Random bytes. */
  readonly chanceBytes: (count: number) => Uint8Array
  /** Runs something before the process ends for one of these reasons; answers how to take that back. */
  readonly onShutdown: (reasons: readonly ShutdownReason[], run: () => Promise<unknown>) => () => void
  /** Says a sentence where an engineer will see it; used where no hook was given. */
  readonly report: (sentence: string) => void
}

/** Why a process ends: nothing is left to do, or somebody asked. */
export type ShutdownReason = 'beforeExit' | 'SIGTERM' | 'SIGINT'

/** The platform's own: fetch, timers, clock, randomness, the process where there is one, and the console. */
export const ownPlatform: Platform = {
  fetch: (url, init) => globalThis.fetch(url, init),
  now: () => new Date(),
  sleep,
  chanceBytes: (count) => globalThis.crypto.getRandomValues(new Uint8Array(count)),
  onShutdown: (reasons, run) => {
    const hooks = reasons.map((reason) => hookInto(reason, run))
    return () => hooks.forEach((unhook) => unhook())
  },
  report: (sentence) => console.error(sentence),
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}

type Run = () => Promise<unknown>
type Listener = (() => void) & { [ours]?: true }

/** The part of Node's process that is used. Browsers and Workers have none, and nothing to hook into. */
type Process = {
  readonly pid: number
  prependListener(reason: string, listener: Listener): unknown
  off(reason: string, listener: Listener): unknown
  listeners(reason: string): Listener[]
  kill(pid: number, signal: string): unknown
}

const ours: unique symbol = Symbol.for('tieout.usage.shutdown') as never
const waiting = new Map<ShutdownReason, Set<Run>>()

/** All instances share one listener for each reason, so that none takes another for the program's own and leaves the signal to it. */
function hookInto(reason: ShutdownReason, run: Run): () => void {
  const own = (globalThis as { process?: Process }).process
  if (typeof own?.prependListener !== 'function') return () => undefined
  const runs = waiting.get(reason) ?? new Set()
  if (!waiting.has(reason)) {
    const listener: Listener = () => void shutDown(own, reason, listener)
    listener[ours] = true
    // Before all others, because one that listens once is gone after its turn.
    own.prependListener(reason, listener)
  }
  waiting.set(reason, runs.add(run))
  return () => void runs.delete(run)
}

/** The listener goes first: a second signal then ends the process at once, as it would without us. */
async function shutDown(own: Process, reason: ShutdownReason, listener: Listener): Promise<void> {
  const others = own.listeners(reason).filter((found) => found[ours] !== true)
  const runs = waiting.get(reason) ?? []
  own.off(reason, listener)
  waiting.delete(reason)
  await Promise.allSettled([...runs].map((run) => run()))
  // Where the program listens itself, when to end is its own business; otherwise the signal does what it would have done.
  if (reason !== 'beforeExit' && others.length === 0) own.kill(own.pid, reason)
}
