import type { Place } from './spool-port.ts'

/** An event as it is sent. `bytes` is the length of its text in UTF-8, `place` where it lies in a spool. */
export type SendableEvent = {
  readonly id: string
  readonly text: string
  readonly bytes: number
  readonly place: Place | null
}

/** An event between being tracked and being settled. */
export type BufferedEvent = SendableEvent & { readonly epoch: number }

/** A number of events and their bytes. */
export type Amount = { readonly events: number; readonly bytes: number }

type Waiter = {
  readonly epoch: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Events from when they are tracked until they are settled: first in a queue, then in a request. Every event belongs to an epoch. Sealing
 * ends the epoch, which makes its events due; a flush waits until nothing of a sealed epoch is left.
 */
export class EventBuffer {
  readonly #most: Amount
  #queue: BufferedEvent[] = []
  #queuedBytes = 0
  #heldEvents = 0
  #heldBytes = 0
  #epoch = 0
  readonly #unsettled = new Map<number, number>()
  #flushes: Waiter[] = []
  #seekers: (() => void)[] = []

  constructor(most: Amount) {
    this.#most = most
  }

  /** What waits for a request. */
  get queued(): Amount {
    return { events: this.#queue.length, bytes: this.#queuedBytes }
  }

  /** What is not settled, whether it waits or is under way. */
  get held(): Amount {
    return { events: this.#heldEvents, bytes: this.#heldBytes }
  }

  /** Whether the oldest in the queue belongs to a sealed epoch. */
  get isDue(): boolean {
    const [oldest] = this.#queue
    return oldest !== undefined && oldest.epoch < this.#epoch
  }

  /** Whether the newest in the queue waits for its epoch to be sealed. */
  get isGathering(): boolean {
    return this.#queue.at(-1)?.epoch === this.#epoch
  }

  /** Whether an event of this size may be pushed. */
  hasRoom(bytes: number): boolean {
    return this.#heldEvents < this.#most.events && this.#heldBytes + bytes <= this.#most.bytes
  }

  /** Waits until there may be room, or until `wakeSeekers` is called. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#seekers.push(resolve))
  }

  /** Lets all who wait for room look again. */
  wakeSeekers(): void {
    for (const wake of this.#seekers.splice(0)) wake()
  }

  /** Adds an event; whether there is room is the caller's to ask before. */
  push(event: SendableEvent): void {
    this.#queue.push({ ...event, epoch: this.#epoch })
    this.#queuedBytes += event.bytes
    this.#heldEvents += 1
    this.#heldBytes += event.bytes
    this.#unsettled.set(this.#epoch, (this.#unsettled.get(this.#epoch) ?? 0) + 1)
  }

  /** Takes the oldest events, at least one where there is one. */
  take(most: Amount): BufferedEvent[] {
    let [count, bytes] = [0, 0]
    for (const event of this.#queue) {
      if (count === most.events || (count > 0 && bytes + event.bytes > most.bytes)) break
      count += 1
      bytes += event.bytes
    }
    this.#queuedBytes -= bytes
    return this.#queue.splice(0, count)
  }

  /** Puts events back that were taken and not settled. */
  putBack(events: readonly BufferedEvent[]): void {
    this.#queue.unshift(...events)
    this.#queuedBytes += bytesOf(events)
  }

  /** Ends the life of events here: they were acknowledged, or handed to somebody. */
  settle(events: readonly BufferedEvent[]): void {
    this.#heldEvents -= events.length
    this.#heldBytes -= bytesOf(events)
    for (const { epoch } of events) {
      const left = (this.#unsettled.get(epoch) ?? 0) - 1
      if (left > 0) this.#unsettled.set(epoch, left)
      else this.#unsettled.delete(epoch)
    }
    this.wakeSeekers()
    this.#endFlushes()
  }

  /** Makes everything pushed so far due. */
  seal(): void {
    this.#epoch += 1
  }

  /** Seals, and waits until everything pushed so far is settled. Rejects with what `failFlushes` is given. */
  flushed(): Promise<void> {
    this.seal()
    return new Promise((resolve, reject) => {
      this.#flushes.push({ epoch: this.#epoch, resolve, reject })
      this.#endFlushes()
    })
  }

  /** Rejects every flush that is waiting. */
  failFlushes(error: Error): void {
    for (const { reject } of this.#flushes.splice(0)) reject(error)
  }

  #endFlushes(): void {
    const [oldest = Infinity] = this.#unsettled.keys()
    const isOver = ({ epoch }: Waiter) => epoch <= oldest
    for (const { resolve } of this.#flushes.filter(isOver)) resolve()
    this.#flushes = this.#flushes.filter((waiter) => !isOver(waiter))
  }
}

function bytesOf(events: readonly BufferedEvent[]): number {
  return events.reduce((sum, { bytes }) => sum + bytes, 0)
}
