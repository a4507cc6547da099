import { appendFileSync } from 'node:fs'
import { systemClock } from '../../src/ports/clock.ts'
import { diskSpool } from '../../src/sdk/spool.ts'
import { TieoutUsage } from '../../src/sdk/tieout-usage.ts'

/**
 * A product with the SDK, in a process of its own: `spooling-program.ts <url> <key> <directory> <journal>` tracks events until it is killed and
 * writes the id of each into its journal once `track` has returned; with the journal `-` it sends what was left and prints its stats.
 */
const [, , url = '', key = '', directory = '', journal = ''] = process.argv
const usage = new TieoutUsage({
  url,
  key,
  source: 'test/spooling',
  spool: diskSpool(directory, { fileBytes: 20_000 }),
  batchEvents: 50,
  ageMilliseconds: 5,
  firstWaitMilliseconds: 5,
  longestWaitMilliseconds: 20,
})

const use = { meter: 'tokens', customer: 'nobody-yet', value: '1', time: '2026-03-02T08:00:00Z' }

if (journal === '-') {
  await usage.flush()
  const { events } = await usage.close()
  console.log(JSON.stringify({ ...usage.stats(), remaining: events.length }))
} else {
  for (let count = 1; ; count++) {
    appendFileSync(journal, `${usage.track(use)}\n`)
    if (count % 20 === 0) await systemClock.sleep(1)
  }
}
