import { hourMilliseconds } from './calendar.ts'
import { Big } from 'big.js'

/** The provider knows an identifier for 24 hours; some of them are kept in hand (docs.stripe.com/api/billing/meter-event/create). */
const rememberedMilliseconds = 20 * hourMilliseconds

/** A sum that reads the same twice, this far apart, no longer moves: Stripe's are said to follow within minutes, but not how many. */
const stillMilliseconds = hourMilliseconds

/** Whether sending an event again under its identifier could count it twice, because the provider may have forgotten it. */
export function isForgotten(firstSentAt: Date, now: Date): boolean {
  return now.getTime() - firstSentAt.getTime() >= rememberedMilliseconds
}

/** What the provider's sum of an hour was at an instant. */
export type Reading = { readonly quantity: string; readonly at: Date }

/**
 * What a reading of the provider's sum says about an hour. `missing` is signed: below zero where more is there than should be. A sum that may
 * still move says nothing yet: `since` is the first reading that gave it, `until` when to read again.
 */
export type SumVerdict =
  | { readonly kind: 'complete' }
  | { readonly kind: 'missing'; readonly quantity: string }
  | { readonly kind: 'moving'; readonly since: Reading; readonly until: Date }

/** The provider writes its sums as floating point numbers, in which fifteen digits are right and what follows is lost. */
const lostShare = '1e-15'

/** Whether a sum of the provider's is an exact one of ours, as far as it can be written. */
export function isSameSum(exact: string, counted: string): boolean {
  const ours = new Big(exact)
  return ours.minus(counted).abs().lte(ours.abs().times(lostShare))
}

/**
 * Compares what the provider counted of an hour with what should be there, exactly. What is right is right at once; what is not must have
 * stood still since an earlier reading.
 */
export function judgeSum(expected: string, now: Reading, earlier: Reading | null): SumVerdict {
  const missing = new Big(expected).minus(now.quantity)
  if (isSameSum(expected, now.quantity)) return { kind: 'complete' }
  const isSame = earlier !== null && new Big(earlier.quantity).eq(now.quantity)
  const since = isSame ? earlier : now
  const until = new Date(since.at.getTime() + stillMilliseconds)
  return until <= now.at ? { kind: 'missing', quantity: missing.toFixed() } : { kind: 'moving', since, until }
}

/** One telling of an hour: who, what, when, which revision, and how often it had to be told before. */
export type Telling = {
  readonly customerId: string
  readonly meter: string
  readonly startsAt: Date
  readonly revision: number
  readonly retellings: number
}

/** Names a telling for ever. Telling it again under its name counts once as long as the provider remembers names. */
export function tellingName({ customerId, meter, startsAt, revision, retellings }: Telling): string {
  const again = retellings === 0 ? '' : `.${retellings}`
  return `${customerId}/${meter}/${startsAt.toISOString().slice(0, 13)}/${revision}${again}`
}

/** The hour a name tells of; null when it is none of ours, or was too long to be sent as it is. */
export function hourNamed(name: string): Pick<Telling, 'customerId' | 'meter' | 'startsAt'> | null {
  const [, customerId, meter, hour] =
    /^([^/]+)\/(.+)\/(\d{4}-\d\d-\d\dT\d\d)\/\d+(?:\.\d+)?$/.exec(name) ?? []
  if (customerId === undefined || meter === undefined) return null
  return { customerId, meter, startsAt: new Date(`${hour}:00:00Z`) }
}
