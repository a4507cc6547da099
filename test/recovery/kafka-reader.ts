import { createKafkaSource } from '../../connectors/kafka/kafka.ts'
import type { KafkaSettings } from '../../connectors/kafka/settings.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { readUsageSources } from '../../src/jobs/read-usage-sources.ts'
import { killAt } from '../../src/ports/checkpoint.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { openStore } from '../../src/store/unit-of-work.ts'

/** What the process is told: where to read, where to keep, and after how many of its commits it kills itself. */
export type ReaderOrders = {
  readonly url: string
  readonly settings: KafkaSettings
  readonly killAfterCommits: number | null
}

const orders = JSON.parse(process.argv[2] ?? '') as ReaderOrders
const store = openStore({ url: orders.url, maxConnections: 4, clock: systemClock, random: systemRandom })
readUsageSources([createKafkaSource(orders.settings)], {
  store,
  doorbell: silentDoorbell,
  clock: systemClock,
  checkpoint: killAt('usage-after-commit', orders.killAfterCommits ?? 0, () =>
    process.kill(process.pid, 'SIGKILL'),
  ),
  report: (error) => console.error(error),
})
console.log('reading')
