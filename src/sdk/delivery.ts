import type { ItemResult } from './answer.ts'
import type { Amount, BufferedEvent, EventBuffer } from './event-buffer.ts'
import type { Platform } from './platform.ts'
import type { Endpoint } from './post-batch.ts'
import { postBatch } from './post-batch.ts'
import type { RetryWaits } from './retry-wait.ts'
import { retryWait } from './retry-wait.ts'
import { UsageError } from './usage-error.ts'

export type DeliverySettings = Endpoint &
  RetryWaits & {
    readonly batch: Amount
    readonly ageMilliseconds: number
    readonly requestsAtOnce: number
    readonly mostTries: number
  }

/** Where a delivery tells what became of events. None of these may throw. */
export type DeliveryNews = {
  readonly acknowledged: (event: BufferedEvent, result: ItemResult) => void
  readonly refused: (event: BufferedEvent, result: ItemResult) => void
  /** Nothing more will happen to these: all of them were acknowledged or refused. */
  readonly settled: (events: readonly BufferedEvent[]) => void
  readonly retrying: (retry: Retry) => void
  readonly stopped: (error: UsageError) => void
}

/** A batch that will be sent again. */
export type Retry = {
  readonly events: number
  readonly failures: number
  readonly waitMilliseconds: number
  readonly why: string
}

/** Sends what is due in a buffer, a few requests at once, each until its batch is settled. Events may overtake each other. */
export class Delivery {
  readonly #buffer: EventBuffer
  readonly #news: DeliveryNews
  readonly #platform: Platform
  #settings: DeliverySettings
  readonly #lanes = new Set<Promise<void>>()
  readonly #ending = new AbortController()
  #hurrying = new AbortController()
  #age: AbortController | null = null
  #stop: UsageError | null = null

  constructor(buffer: EventBuffer, settings: DeliverySettings, news: DeliveryNews, platform: Platform) {
    this.#buffer = buffer
    this.#settings = settings
    this.#news = news
    this.#platform = platform
  }

  /** Sends what is due and may go now, and sees to it that the rest becomes due. */
  pump(): void {
    if (this.#isResting) return
    while (this.#lanes.size < this.#settings.requestsAtOnce && this.#isDue) {
      const lane = this.#deliver(this.#buffer.take(this.#settings.batch)).finally(() => {
        this.#lanes.delete(lane)
        this.pump()
      })
      this.#lanes.add(lane)
    }
    this.#gather()
  }

  /** Sends everything pushed so far, and resolves when it is settled. Rejects with UsageError when nothing can be sent. */
  async flush(): Promise<void> {
    if (this.#stop !== null && this.#buffer.held.events > 0) throw this.#stop
    const flushed = this.#buffer.flushed()
    this.pump()
    return flushed
  }

  /** Goes on after a stop, with another key where one is given. */
  resume(key = this.#settings.key): void {
    this.#settings = { ...this.#settings, key }
    this.#stop = null
    // Requests that ran beside each other have put their events back in any order; all of them have waited long enough.
    this.#buffer.seal()
    this.pump()
  }

  /** Tries again at once what waits for its next try, unless the hub asked for the wait. */
  hurry(): void {
    this.#hurrying.abort()
    this.#hurrying = new AbortController()
  }

  /** Ends every request and wait, and answers what is not settled. */
  async end(): Promise<readonly BufferedEvent[]> {
    this.#ending.abort()
    this.#age?.abort()
    this.hurry()
    await Promise.all(this.#lanes)
    return this.#buffer.take({ events: Infinity, bytes: Infinity })
  }

  get #isResting(): boolean {
    return this.#stop !== null || this.#ending.signal.aborted
  }

  get #isDue(): boolean {
    const { events, bytes } = this.#buffer.queued
    const { batch } = this.#settings
    return this.#buffer.isDue || events >= batch.events || bytes >= batch.bytes
  }

  /** Lets what waits for company become due when its time has come. */
  #gather(): void {
    if (!this.#buffer.isGathering) {
      this.#age?.abort()
      this.#age = null
    } else if (this.#age === null) {
      this.#age = new AbortController()
      void this.#ripen(this.#age)
    }
  }

  async #ripen(age: AbortController): Promise<void> {
    await this.#platform.sleep(this.#settings.ageMilliseconds, age.signal)
    if (this.#age !== age) return
    this.#age = null
    this.#buffer.seal()
    this.pump()
  }

  /** Sends a batch until it is settled, stopped or ended. */
  async #deliver(batch: readonly BufferedEvent[]): Promise<void> {
    let left = batch
    for (let failures = 1; ; failures++) {
      if (this.#isResting) return this.#buffer.putBack(left)
      const answer = await postBatch(left, this.#settings, this.#platform, this.#ending.signal)
      if (answer.kind === 'refused') return this.#narrow(left, { ...answer, id: null, state: answer.code })
      if (answer.kind === 'stopped') return this.#stopFor(answer.why, left)
      if (answer.kind === 'receipt') left = this.#settle(left, answer.results)
      if (left.length === 0) return
      const why = answer.kind === 'later' ? answer.why : `The hub asked for ${left.length} of them again.`
      const asked = answer.kind === 'later' ? answer.retryAfterMilliseconds : 0
      if (failures >= this.#settings.mostTries && !this.#isResting) return this.#giveUp(left, why)
      await this.#wait(left.length, failures, asked, why)
    }
  }

  async #wait(events: number, failures: number, askedMilliseconds: number, why: string): Promise<void> {
    if (this.#isResting) return
    const [a = 0, b = 0, c = 0] = this.#platform.chanceBytes(3)
    const chance = (a * 65_536 + b * 256 + c) / 16_777_216
    const waitMilliseconds = retryWait(failures, askedMilliseconds, chance, this.#settings)
    this.#news.retrying({ events, failures, waitMilliseconds, why })
    const { signal } = askedMilliseconds > 0 ? this.#ending : this.#hurrying
    await this.#platform.sleep(waitMilliseconds, signal)
  }

  /** Settles what the hub decided; answers what it asked for again. */
  #settle(batch: readonly BufferedEvent[], results: readonly ItemResult[]): readonly BufferedEvent[] {
    const decided = batch.filter((event, index) => {
      const result = results[index] as ItemResult
      if (result.status === 429 || result.status >= 500) return false
      if (result.status < 300) this.#news.acknowledged(event, result)
      else this.#news.refused(event, result)
      return true
    })
    this.#release(decided)
    return decided.length === batch.length ? [] : batch.filter((event) => !decided.includes(event))
  }

  /** A batch refused as a whole is sent in halves, down to the one event that is the reason. */
  async #narrow(batch: readonly BufferedEvent[], { detail, ...result }: RefusedWhole): Promise<void> {
    if (batch.length > 1) {
      const middle = Math.ceil(batch.length / 2)
      await this.#deliver(batch.slice(0, middle))
      return this.#deliver(batch.slice(middle))
    }
    const errors = [{ pointer: '', code: result.code, message: detail }]
    for (const event of batch) this.#news.refused(event, { ...result, errors })
    this.#release(batch)
  }

  #giveUp(batch: readonly BufferedEvent[], why: string): void {
    const errors = [{ pointer: '', code: 'gave-up', message: why }]
    for (const event of batch)
      this.#news.refused(event, { id: event.id, status: 0, state: 'gave-up', errors })
    this.#release(batch)
  }

  #release(events: readonly BufferedEvent[]): void {
    this.#news.settled(events)
    this.#buffer.settle(events)
  }

  #stopFor(why: string, batch: readonly BufferedEvent[]): void {
    this.#buffer.putBack(batch)
    if (this.#stop !== null) return
    const sentence = `${why} Sending has stopped and events stay buffered; mend the cause and call resume().`
    this.#stop = new UsageError('stopped', sentence)
    this.#news.stopped(this.#stop)
    this.#buffer.failFlushes(this.#stop)
  }
}

type RefusedWhole = ItemResult & { readonly code: string; readonly detail: string }
