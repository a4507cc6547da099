import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Where each promise about usage is proved: a file, and words of the title of a test in it. Those that are not kept yet say why. */
const proofs: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  'what is answered 202 is kept, whatever is killed then (U1, K21)': [
    ['test/recovery/usage-kills.test.ts', 'count every acknowledged event exactly once'],
    ['test/recovery/recovery.test.ts', "['usage-after-commit', 2]"],
    ['test/http/usage-unavailable.test.ts', 'is 503 and leaves nothing'],
    ['test/recovery/full-disk.test.ts', 'usage is 503 with a problem and kept in no part'],
  ],
  'an event counts once for 400 days, and another body is refused (U2)': [
    ['test/http/usage-remembered.test.ts', 'an event is known for 400 days'],
    ['test/http/bad-input-usage.test.ts', '105 the same id with another body is 409'],
  ],
  'accepted is rated, pending and excepted (U3)': [
    ['test/world/tie-out-usage.test.ts', 'all add up, to no difference'],
    ['test/world/tie-out-usage.test.ts', 'is named by the tie-out: 5 accepted, 4 in the hours'],
  ],
  'what Stripe bills is what was rated (U4)': [
    ['test/world/llm-trace.test.ts', 'each line is billed as it was rated before'],
    ['test/world/usage-late.test.ts', 'the tie-out names the hour, 5 sent and 12 counted'],
  ],
  'an hour is told once, and a lost answer is looked up (U5, F36, F37, K22)': [
    ['test/world/usage.test.ts', 'an hour grows while the answer about it is lost'],
    ['test/world/usage-unknown.test.ts', 'Stripe shows 5 of 5, and nothing is sent'],
    ['test/world/usage-unknown.test.ts', 'Stripe shows 0 of 5 for an hour'],
    ['test/recovery/recovery.test.ts', "['usage-before-send', 1]"],
  ],
  'late use is on the next invoice with its time (U6, F39)': [
    ['test/world/usage-late.test.ts', '1M more that come in February are 3.20 on the next invoice'],
    ['test/world/usage-late.test.ts', 'tokens of 46 days ago are charged and not told'],
  ],
  'a commitment never goes below zero, and overage is what is beyond it (U7)': [
    ['test/store/standings.properties.test.ts', 'a standing is the sum of its hours'],
    ['test/domain/rating.properties.test.ts', 'and never go below zero'],
    ['test/world/upcoming-usage.test.ts', 'its invoice of 1 February bills 9.60'],
  ],
  'rating does not depend on how use came (U8)': [
    ['test/domain/rating.properties.test.ts', 'cutting a window into pieces does not change its cents'],
    [
      'test/world/llm-trace.test.ts',
      'they come to the same hours, amounts, sums at Stripe and invoice lines',
    ],
  ],
  'what Stripe could not count waits as one exception, and is sent after the fix (F38)': [
    ['test/world/usage-refused.test.ts', 'told once when it is in use again'],
  ],
  'use of nobody, of an ended contract and of one that has not begun is kept and told (B29)': [
    ['test/http/bad-input-usage.test.ts', '111 an unknown subject'],
    ['test/http/bad-input-usage.test.ts', '112 use after the contract'],
    ['test/world/usage.test.ts', 'usage that came before its customer'],
  ],
  'who disputes a line is shown its events (B30)': [
    ['test/http/usage-events.test.ts', 'the raw events behind a line are a CSV file'],
    ['test/cli/usage-export.test.ts', 'the events of March are written with their exact sum'],
  ],
  'a price that changes within a window rates both parts (B31)': [
    ['test/domain/rating.test.ts', '11M tokens at 0.004 and 2M at 0.003 per 1,000'],
    ['test/domain/rating.properties.test.ts', 'a change to the same price changes nothing'],
  ],
  'a quarter below its commitment leaves a shortfall by the rule of the contract (B32)': [
    ['test/domain/rating.test.ts', 'a quarter of 800 + 900 + 700 against 3,000 leaves 600 to true up'],
    ['test/world/true-up.test.ts', 'leaves 600.00 to true up; 100 late calls are 100.00 on top'],
    ['test/world/true-up.test.ts', 'without a single call is charged whole'],
  ],
  'use that Stripe cannot price is charged once its period has ended': [
    ['test/world/settle-usage.test.ts', 'are 15.00 on the invoice that ends January'],
    ['test/world/settle-usage.test.ts', 'for January and March without a single call'],
    ['test/world/settle-usage.test.ts', 'it is charged once'],
  ],
}

test.each(Object.entries(proofs))('%s', (_promise, places) => {
  const missing = places.filter(
    ([file, title]) => !readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').includes(title),
  )
  expect(missing).toEqual([])
})
