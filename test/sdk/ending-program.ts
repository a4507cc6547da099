import { systemClock } from '../../src/ports/clock.ts'
import type { ShutdownReason } from '../../src/sdk/tieout-usage.ts'
import { TieoutUsage } from '../../src/sdk/tieout-usage.ts'

/**
 * A product that ends: `ending-program.ts <url> <key> <reason> <instances> [own]` tracks 2 events with each instance and says `ready`; `own` has it
 * listen to SIGTERM itself and end with 3 some time later.
 */
const [, , url = '', key = '', reason = '', instances = '1', own = ''] = process.argv
if (own === 'own') process.once('SIGTERM', () => void systemClock.sleep(1_000).then(() => process.exit(3)))

for (let instance = 1; instance <= Number(instances); instance++) {
  const usage = new TieoutUsage({
    url,
    key,
    source: `test/ending-${instance}`,
    closeOn: [reason as ShutdownReason],
    ageMilliseconds: reason === 'beforeExit' ? 1 : 600_000,
    onError: ({ code, message }) => console.log(code, message),
  })
  for (const value of ['1', '2']) usage.track({ meter: 'tokens', customer: 'cus_acme', value })
}
console.log('ready')
