import { fraction, seededRandom } from '../../src/ports/random.ts'
import { systemClock } from '../../src/ports/clock.ts'
import type { SentEvent } from './usage-journal.ts'

/** What a client program is told: where to send, as whom, of whose use, and where to note down what was acknowledged. */
export type ClientOrders = {
  readonly url: string
  readonly key: string
  readonly source: string
  readonly subjects: readonly string[]
  readonly journal: string
  /** A folder for what is not acknowledged yet, where the client keeps it on disk. */
  readonly spool?: string
  readonly seed: number
}

/** The orders a client program was started with. */
export function ordersOf(words: readonly string[]): ClientOrders {
  return JSON.parse(words[2] ?? '') as ClientOrders
}

/** Whether somebody asked the program to end: it then makes no more use, and sends what is left until it is acknowledged. */
export function endAsked(): () => boolean {
  let isAsked = false
  process.on('SIGTERM', () => (isAsked = true))
  return () => isAsked
}

/** What Stripe's 15 digits hold for an hour, and floating point would not add up; and what only the hub's own sums can hold. */
const soldValues = ['1', '12.5', '0.001', '0.1', '0.2', '1000.003', '7']
const unsoldValues = ['0.000000000001', '1000000.000000000003', '0.1']

const hoursBack = 20

/** Makes use of the last hours, the same for the same seed but for the time; ids count up. */
export function useMaker({ source, subjects, seed }: ClientOrders) {
  const random = seededRandom(seed)
  let made = 0
  const below = (count: number) => Math.floor(fraction(random) * count)
  const among = (choices: readonly string[]) => choices[below(choices.length)] ?? ''
  const next = (): SentEvent => {
    const type = below(10) === 0 ? 'unsold' : 'tokens'
    return {
      source,
      id: `${seed}-${++made}`,
      type,
      subject: among(subjects),
      time: new Date(systemClock.now().getTime() - below(hoursBack * 3_600_000)).toISOString(),
      value: among(type === 'tokens' ? soldValues : unsoldValues),
    }
  }
  return { below, next, many: (count: number) => Array.from({ length: count }, next) }
}
