import type { ItemResult } from './answer.ts'
import type { Retry } from './delivery.ts'
import { Delivery } from './delivery.ts'
import type { BufferedEvent, SendableEvent } from './event-buffer.ts'
import { EventBuffer } from './event-buffer.ts'
import { eventIds } from './event-id.ts'
import type { UsageOptions, Settings } from './options.ts'
import { settingsOf } from './options.ts'
import type { OpenSpool } from './spool-port.ts'
import { UsageError } from './usage-error.ts'
import type { EventDefaults, Retraction, Use, UsageEvent } from './usage-event.ts'
import { retractionOf, usageEventOf } from './usage-event.ts'

export type { Refusal, UsageOptions } from './options.ts'
export type { Amount } from './event-buffer.ts'
export type { Retry } from './delivery.ts'
export type { Platform, ShutdownReason } from './platform.ts'
export type { OpenSpool, Place, Spool, SpoolContext, SpooledEvent } from './spool-port.ts'
export { UsageError, type UsageErrorCode } from './usage-error.ts'
export type { Retraction, Use, UsageEvent } from './usage-event.ts'

/** Events since the start. `tracked` and `adopted` together are `acknowledged`, `refused` and `buffered`. */
export type UsageStats = {
  readonly tracked: number
  /** Taken over from the spool of a process that ended. */
  readonly adopted: number
  readonly acknowledged: number
  /** Of the acknowledged: the hub had them already. */
  readonly duplicates: number
  /** Of the acknowledged: kept, but the hub knows no such customer yet. */
  readonly unmatched: number
  readonly refused: number
  /** Sent again, counted each time. */
  readonly retried: number
  readonly buffered: number
}

/** What `close` could not settle in time. `isSpooled` says that the spool keeps it for the next process. */
export type Unsettled = { readonly events: readonly UsageEvent[]; readonly isSpooled: boolean }

/** CloudEvents promises that events of this size pass everywhere (CloudEvents 1.0, "Size Limits"). */
const mostBytesAnEvent = 65_536

/**
 * Sends usage to a Tieout hub: buffers, sends in batches and again until the hub has acknowledged. An event that is sent twice counts
 * once, for its source and id. Order is not kept, and does not matter.
 */
export class TieoutUsage {
  readonly #options: UsageOptions
  readonly #settings: Settings
  readonly #buffer: EventBuffer
  readonly #delivery: Delivery
  readonly #spool: OpenSpool | null
  readonly #defaults: EventDefaults
  readonly #encoder = new TextEncoder()
  readonly #counts = {
    tracked: 0,
    adopted: 0,
    acknowledged: 0,
    duplicates: 0,
    unmatched: 0,
    refused: 0,
    retried: 0,
  }
  readonly #adopted: Promise<void>
  #isAdopting = false
  #unhook: () => void = () => undefined
  #closed: Promise<Unsettled> | null = null

  /** Throws UsageError for an option that cannot be, or a spool that cannot be opened. */
  constructor(options: UsageOptions) {
    this.#options = options
    this.#settings = settingsOf(options)
    const { delivery, most, platform } = this.#settings
    this.#defaults = { source: options.source, now: platform.now, nextId: eventIds(platform) }
    this.#buffer = new EventBuffer(most)
    this.#delivery = new Delivery(this.#buffer, delivery, this.#news(), platform)
    this.#spool = options.spool?.open({ platform, onError: (error) => this.#tellError(error) }) ?? null
    this.#adopted = this.#adopt()
      .catch((error: unknown) => this.#tellError(spoolError(error)))
      .finally(() => (this.#isAdopting = false))
    if (options.closeOn) this.#unhook = platform.onShutdown(options.closeOn, () => this.#shutDown())
  }

  /**
   * Takes an event and returns its id at once. With a spool, the event outlives the process from then on. Throws UsageError, and keeps
   * nothing, when the event is not sound, the buffer is full or the instance closed.
   */
  track(use: Use): string {
    return this.#trackEvent(() => usageEventOf(use, this.#defaults))
  }

  /**
   * Takes an event of this source away, which was sent before with this id; answers the id of the retraction. The hub refuses a second correction of one
   * event, and one of an event it does not have: `onRefused` hears of it. Throws as `track` does.
   */
  retract(id: string, retraction: Retraction): string {
    return this.#trackEvent(() => retractionOf(id, retraction, this.#defaults))
  }

  /** Counts a use in the place of an event of this source, which was sent before with this id; answers the id of the new event. As `retract`. */
  replace(id: string, use: Use): string {
    return this.#trackEvent(() => usageEventOf(use, this.#defaults, id))
  }

  #trackEvent(make: () => UsageEvent): string {
    this.#requireOpen()
    const event = this.#prepare(make())
    if (!this.#buffer.hasRoom(event.bytes)) {
      this.#tell(this.#options.onFull, this.#buffer.held)
      throw new UsageError(
        'buffer-full',
        `${this.#buffer.held.events} events wait to be sent and there is no room for more. This event was not taken.`,
      )
    }
    return this.#take(event)
  }

  /** Takes an event as `track` does, but waits for room where the buffer is full. */
  async trackOrWait(use: Use): Promise<string> {
    this.#requireOpen()
    const event = this.#prepare(usageEventOf(use, this.#defaults))
    while (!this.#buffer.hasRoom(event.bytes)) {
      await this.#buffer.change()
      this.#requireOpen()
    }
    return this.#take(event)
  }

  /**
   * Sends everything tracked so far, and resolves when all of it is acknowledged or refused. Rejects with UsageError when sending has
   * stopped; events stay buffered then.
   */
  async flush(): Promise<void> {
    const flushes = [this.#delivery.flush()]
    if (this.#isAdopting) flushes.push(this.#adopted.then(() => this.#delivery.flush()))
    await Promise.all(flushes)
  }

  /** Goes on after sending has stopped, with another key where one is given. */
  resume({ key }: { readonly key?: string } = {}): void {
    this.#delivery.resume(key)
  }

  /** Takes no more events, sends what is there for some time, and answers what could not be settled. Does not throw. */
  close({ withinMilliseconds }: { readonly withinMilliseconds?: number } = {}): Promise<Unsettled> {
    this.#closed ??= this.#close(withinMilliseconds ?? this.#settings.closeWithinMilliseconds)
    return this.#closed
  }

  /** What became of events so far. */
  stats(): UsageStats {
    return { ...this.#counts, buffered: this.#buffer.held.events }
  }

  #requireOpen(): void {
    if (this.#closed !== null) throw new UsageError('closed', 'This was closed. The event was not taken.')
  }

  #prepare(event: UsageEvent): Omit<SendableEvent, 'place'> {
    const text = JSON.stringify(event)
    const bytes = this.#encoder.encode(text).length
    if (bytes <= mostBytesAnEvent) return { id: event.id, text, bytes }
    throw new UsageError(
      'event-too-large',
      `The event has ${bytes} bytes; at most ${mostBytesAnEvent} are taken.`,
    )
  }

  #take(event: Omit<SendableEvent, 'place'>): string {
    const place = this.#spool?.keep(event.text) ?? null
    this.#buffer.push({ ...event, place })
    this.#counts.tracked += 1
    this.#delivery.pump()
    return event.id
  }

  /** Takes over what earlier processes left, no more at a time than there is room for. */
  async #adopt(): Promise<void> {
    if (this.#spool === null) return
    this.#isAdopting = true
    const { sleep } = this.#settings.platform
    for (const events of this.#spool.adopt()) {
      for (const event of events) {
        const bytes = this.#encoder.encode(event.text).length
        while (!this.#buffer.hasRoom(bytes) && this.#closed === null) await this.#buffer.change()
        if (this.#closed !== null) return
        this.#buffer.push({ ...event, bytes })
        this.#counts.adopted += 1
        this.#delivery.pump()
      }
      // Files are read at once; between two of them the program has its turn.
      await sleep(0, new AbortController().signal)
    }
  }

  /** Nobody reads what a hook answers, so what remains is told. */
  async #shutDown(): Promise<void> {
    const { events, isSpooled } = await this.close()
    if (events.length === 0) return
    const where = isSpooled ? 'the next process finds them in the spool' : 'they are lost with this process'
    this.#tellError(
      new UsageError('not-sent', `${events.length} events could not be sent in time; ${where}.`),
    )
  }

  async #close(withinMilliseconds: number): Promise<Unsettled> {
    this.#unhook()
    const done = new AbortController()
    const late = this.#settings.platform.sleep(withinMilliseconds, done.signal)
    // What waits for room must see that this is closed, which it is once this function has returned its promise.
    await Promise.resolve()
    this.#buffer.wakeSeekers()
    await this.#adopted
    const flushed = this.#delivery.flush()
    this.#delivery.hurry()
    await Promise.race([flushed.catch(() => undefined), late])
    done.abort()
    const events = (await this.#delivery.end()).map(({ text }) => JSON.parse(text) as UsageEvent)
    this.#spool?.close()
    return { events, isSpooled: this.#spool !== null }
  }

  #news() {
    return {
      acknowledged: (_event: BufferedEvent, { state }: ItemResult) => {
        this.#counts.acknowledged += 1
        if (state === 'duplicate') this.#counts.duplicates += 1
        if (state === 'unmatched') this.#counts.unmatched += 1
      },
      refused: (event: BufferedEvent, result: ItemResult) => this.#refuse(event, result),
      settled: (events: readonly BufferedEvent[]) => {
        const places = events.flatMap(({ place }) => place ?? [])
        if (places.length > 0) this.#spool?.settle(places)
      },
      retrying: (retry: Retry) => {
        this.#counts.retried += retry.events
        this.#tell(this.#options.onRetry, retry)
      },
      stopped: (error: UsageError) => this.#tellError(error),
    }
  }

  #refuse({ text }: BufferedEvent, { status, state, errors = [] }: ItemResult): void {
    this.#counts.refused += 1
    const reason = errors.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join(' ')
    const refusal = { event: JSON.parse(text) as UsageEvent, status, code: errors[0]?.code ?? state, reason }
    const { onRefused } = this.#options
    if (onRefused) this.#tell(onRefused, refusal)
    else
      this.#settings.platform.report(
        `Tieout refused a usage event (${status} ${refusal.code}): ${reason} ${text}`,
      )
  }

  #tellError(error: UsageError): void {
    const { onError } = this.#options
    if (onError) this.#tell(onError, error)
    else this.#settings.platform.report(`Tieout usage: ${error.message}`)
  }

  /** A hook that throws is the program's fault and must not stop events. */
  #tell<Subject>(hook: ((subject: Subject) => unknown) | undefined, subject: Subject): void {
    const report = (error: unknown) =>
      this.#settings.platform.report(`A hook of Tieout usage failed: ${String(error)}`)
    try {
      Promise.resolve(hook?.(subject)).catch(report)
    } catch (error) {
      report(error)
    }
  }
}

function spoolError(error: unknown): UsageError {
  if (error instanceof UsageError) return error
  return new UsageError('spool-failed', `The spool cannot be read: ${String(error)}`, { cause: error })
}
