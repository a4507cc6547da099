import type { Amount } from './event-buffer.ts'
import type { DeliverySettings, Retry } from './delivery.ts'
import type { Platform, ShutdownReason } from './platform.ts'
import { ownPlatform } from './platform.ts'
import type { Spool } from './spool-port.ts'
import { UsageError } from './usage-error.ts'
import type { UsageEvent } from './usage-event.ts'

/** An event the hub will never take, and why. */
export type Refusal = {
  readonly event: UsageEvent
  /** 409 another event has this source and id, 413 too large, 422 invalid; 0 where `mostTries` was reached. */
  readonly status: number
  readonly code: string
  readonly reason: string
}

export type UsageOptions = {
  /** Where the hub is reached, such as `https://hub.example.com`. */
  readonly url: string
  /** An API key with the scope `usage:write`. */
  readonly key: string
  /** What sends, such as `acme/gateway`: an event is known by source and id. */
  readonly source: string
  /** Told of each event the hub refused for good. The console is told when this is missing. */
  readonly onRefused?: (refusal: Refusal) => void
  /** Told when sending stopped and of trouble with the spool. The console is told when this is missing. */
  readonly onError?: (error: UsageError) => void
  /** Told each time `track` refuses an event because the buffer is full. */
  readonly onFull?: (held: Amount) => void
  /** Told each time a batch will be sent again. */
  readonly onRetry?: (retry: Retry) => void
  /** Keeps events until they are acknowledged, also when the process is killed. */
  readonly spool?: Spool
  /** Closes before the process ends for one of these reasons. A signal does afterwards what it would have done. */
  readonly closeOn?: readonly ShutdownReason[]
  /** How long `close` tries. 10,000 when missing. */
  readonly closeWithinMilliseconds?: number
  /** Events in a request: 1 to 1,000, which is also what a missing one means. */
  readonly batchEvents?: number
  /** Bytes of events in a request: up to 5,000,000; 4,000,000 when missing. */
  readonly batchBytes?: number
  /** How long an event waits for others. 1,000 when missing. */
  readonly ageMilliseconds?: number
  /** Requests at once. 2 when missing. */
  readonly requestsAtOnce?: number
  /** Events held in memory. 100,000 when missing. */
  readonly mostEvents?: number
  /** Bytes of events held in memory. 64 MiB when missing. */
  readonly mostBytes?: number
  /** How long a request may take. 30,000 when missing. */
  readonly timeoutMilliseconds?: number
  /** Up to how long the first wait before another try is; each later one may be twice as long. 250 when missing. */
  readonly firstWaitMilliseconds?: number
  /** Up to how long waits grow. 30,000 when missing. */
  readonly longestWaitMilliseconds?: number
  /** After how many tries events go to `onRefused`. Without end when missing. */
  readonly mostTries?: number
  /** Parts of the platform to be used instead of its own. */
  readonly platform?: Partial<Platform>
}

/** Options as they are worked with. */
export type Settings = {
  readonly delivery: DeliverySettings
  readonly most: Amount
  readonly closeWithinMilliseconds: number
  readonly platform: Platform
}

/** Fills in what was left out. Throws UsageError for an option that cannot be. */
export function settingsOf(options: UsageOptions): Settings {
  const whole = (name: NumberOption, missing: number, most = Infinity) => {
    const value = options[name] ?? missing
    if ((Number.isSafeInteger(value) || value === missing) && value >= 1 && value <= most) return value
    throw invalid(`${name} must be a whole number from 1${most === Infinity ? '' : ` to ${most}`}.`)
  }
  requireText('source', options.source, /^[^\p{Cc}]{1,512}$/u)
  requireText('key', options.key, /^[\x21-\x7e]+$/)
  return {
    delivery: {
      url: addressOf(options.url),
      key: options.key,
      timeoutMilliseconds: whole('timeoutMilliseconds', 30_000, longestTimerMilliseconds),
      firstWaitMilliseconds: whole('firstWaitMilliseconds', 250, longestTimerMilliseconds),
      longestWaitMilliseconds: whole('longestWaitMilliseconds', 30_000, longestTimerMilliseconds),
      batch: { events: whole('batchEvents', 1_000, 1_000), bytes: whole('batchBytes', 4_000_000, 5_000_000) },
      ageMilliseconds: whole('ageMilliseconds', 1_000, longestTimerMilliseconds),
      requestsAtOnce: whole('requestsAtOnce', 2),
      mostTries: whole('mostTries', Infinity),
    },
    most: { events: whole('mostEvents', 100_000), bytes: whole('mostBytes', 67_108_864) },
    closeWithinMilliseconds: whole('closeWithinMilliseconds', 10_000, longestTimerMilliseconds),
    platform: { ...ownPlatform, ...options.platform },
  }
}

/** Timers of every platform count in 32 bits; a wait that the hub asks for may come on top. */
const longestTimerMilliseconds = 2_000_000_000

type NumberOption = {
  [Name in keyof UsageOptions]-?: UsageOptions[Name] extends number | undefined ? Name : never
}[keyof UsageOptions]

function requireText(name: string, text: unknown, form: RegExp): void {
  if (typeof text === 'string' && text.trim() !== '' && form.test(text)) return
  throw invalid(`${name} must be text without control characters, and a key without blanks.`)
}

function addressOf(url: unknown): string {
  if (!URL.canParse(String(url)) || !/^https?:\/\//.test(String(url)))
    throw invalid('url must be an address that begins with https:// or http://.')
  const { origin, pathname } = new URL(String(url))
  return `${origin}${pathname.replace(/\/+$/, '')}/v1/events`
}

function invalid(sentence: string): UsageError {
  return new UsageError('invalid-option', sentence)
}
