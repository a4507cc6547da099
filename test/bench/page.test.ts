import { expect, test } from 'vitest'
import type { BenchReport } from './figures.ts'
import type { KeptReport } from './kept-reports.ts'
import { benchmarkPage } from './page.ts'
import { summaryOf } from './usage-figures.ts'
import { framings, usageLoad } from './usage-load.ts'

const report: BenchReport = {
  bench: 'usage',
  what: 'events of one customer',
  figures: [
    { name: 'ratio', value: 0.25, unit: '×', boundBy: 'the disk', target: { atLeast: 0.5 } },
    { name: 'wait', value: 12.5, unit: 'ms', boundBy: '', target: { below: 250 } },
  ],
  breakdowns: [
    {
      title: 'each way in',
      rows: [
        ['way in', 'events/s'],
        ['batches', 12_345.6],
      ],
    },
  ],
}

const kept: KeptReport = {
  measuredOn: '2026-03-01',
  machine: { cores: 2, processor: 'P', memoryGigabytes: 24, system: 's', node: 'v24', load: 1.5 },
  postgresql: '18.4',
  report,
}

test('the page says what was measured where, what met its target and what did not, and what nobody measured', () => {
  const page = benchmarkPage([kept], ['soak'])
  expect(page).toContain('2 cores (P), 24 GB, Node v24, PostgreSQL 18.4, 2026-03-01; the machine was busy')
  expect(page).toContain('| batches | 12,346 |')
  expect(page).toContain('| ratio | 0.250 × | at least 0.500 | **no** | the disk |')
  expect(page).toContain('| wait | 12.5 ms | below 250 | yes |  |')
  expect(page).toContain('The run came to what its input says it must.')
  expect(page).toContain('Not measured here yet: `npm run bench -- soak`.')
})

test('what a run lost or counted twice is on the page', () => {
  const page = benchmarkPage([{ ...kept, report: { ...report, differences: ['stored: 9, found 8'] } }], [])
  expect(page).toContain('- "stored: 9, found 8"\n')
})

test('--json has eight numbers: events a second, milliseconds and megabytes', () => {
  const rates = new Map([
    ['raw COPY, 1,000 rows a commit', 100_000.4],
    ['plain route, one Drizzle insert a request', 1_000],
    ['batches of 1,000', 60_000],
    ['batches of 1,000, 10 % sent before', 50_000],
    ['NDJSON stream', 55_000],
  ])
  const load = usageLoad(() => '############', framings.single)
  expect(
    summaryOf({
      rateOf: (name) => rates.get(name) ?? 0,
      paced: { p50: 1, p99: 120.126, eventsPerSecond: 1, load },
      entitlement: { p50: 0.5, p99: 2 },
      stored: 1,
      peakMegabytes: 250,
    }),
  ).toEqual({
    rawCopy: 100_000,
    plainRoute: 1_000,
    batch1000: 60_000,
    batch1000Dup10: 50_000,
    ndjson: 55_000,
    p99MsAt80: 120.13,
    rssMb: 250,
    entitlementP50Ms: 0.5,
  })
})
