import { systemClock } from '../../src/ports/clock.ts'
import { diskSpool } from '../../src/sdk/spool.ts'
import { TieoutUsage } from '../../src/sdk/tieout-usage.ts'
import { clientJournal, type SentEvent } from './usage-journal.ts'
import { endAsked, ordersOf, useMaker } from './usage-load.ts'

/**
 * A product with the SDK: tracks use all the time, and notes it down as acknowledged once `flush` has said so. Every hundredth event is tracked
 * twice. Prints its stats when it has ended.
 */
const orders = ordersOf(process.argv)
const journal = clientJournal(orders.journal)
const isEndAsked = endAsked()
const make = useMaker(orders)
const usage = new TieoutUsage({
  url: orders.url,
  key: orders.key,
  source: orders.source,
  spool: diskSpool(orders.spool ?? ''),
  batchEvents: 200,
  ageMilliseconds: 20,
  firstWaitMilliseconds: 20,
  longestWaitMilliseconds: 200,
  onRefused: ({ event, reason }) => journal.broken(`${event.id} was refused: ${reason}`),
  onError: (error) => journal.broken(error.message),
})

let tracked: SentEvent[] = []
let flushing: Promise<void> | null = null

while (!isEndAsked()) {
  for (const event of make.many(10)) await track(event)
  flushing ??= flushed().finally(() => (flushing = null))
  await systemClock.sleep(10)
}
await flushing
await flushed()
const { events } = await usage.close()
console.log(JSON.stringify({ ...usage.stats(), remaining: events.length }))

async function track(event: SentEvent): Promise<void> {
  const use = {
    meter: event.type,
    customer: event.subject,
    value: event.value,
    id: event.id,
    time: event.time,
  }
  const times = make.below(100) === 0 ? 2 : 1
  for (let time = 0; time < times; time++) await usage.trackOrWait(use)
  tracked.push(event)
}

async function flushed(): Promise<void> {
  const sent = tracked
  tracked = []
  await usage.flush()
  journal.acknowledged(sent)
}
