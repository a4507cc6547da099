import { performance } from 'node:perf_hooks'
import { systemClock } from '../../src/ports/clock.ts'
import type { VendorLoad } from './vendors.ts'
import { hostVendors } from './vendors.ts'
import type { BenchServer } from './bench-server.ts'
import { boundBy } from './bound.ts'
import type { Effort } from './bound.ts'
import { measureEffort, totalEffort } from './effort.ts'
import type { BenchReport, Figure } from './figures.ts'
import { latencies, median } from './figures.ts'
import { startHubProcess } from './hub-process.ts'

/** Deals closed at a pace; `perSecond` null is all at once. */
type Rung = { readonly name: string; readonly deals: number; readonly perSecond: number | null }

const rungs: readonly Rung[] = [
  { name: '2 deals a second', deals: 30, perSecond: 2 },
  { name: '8 deals a second', deals: 96, perSecond: 8 },
  { name: '100 deals at once', deals: 100, perSecond: null },
]

const rounds = 3
const patienceMilliseconds = 120_000

/** From a deal closed in the CRM to its subscription at Stripe, in real time, with the hub as `npm start` runs it. */
export async function benchActivation(server: BenchServer, cores: number): Promise<BenchReport> {
  const vendors = await hostVendors()
  const hub = await startHubProcess({
    ...vendors.variables,
    DATABASE_URL: await server.database('bench_activation'),
  })
  try {
    await playRound(vendors, { name: 'warm-up', deals: 10, perSecond: null })
    const figures: Figure[] = []
    const late = { count: 0 }
    for (const rung of rungs) {
      const played: Round[] = []
      for (let round = 0; round < rounds; round++) {
        const effort = measureEffort([hub.pid], server.pid)
        const milliseconds = await playRound(vendors, rung)
        played.push({ milliseconds, effort: effort() })
        late.count += milliseconds.filter((each) => !Number.isFinite(each)).length
      }
      figures.push(...figuresOf(rung, played, cores))
    }
    return {
      bench: 'activation',
      what: 'deal closed in Salesforce → subscription made at Stripe: Flow hook, hub as `npm start` runs it on a PostgreSQL that writes durably; the fakes share the process of the load',
      figures,
      differences: [
        ...hub.troubles,
        ...(late.count > 0
          ? [`${late.count} deals without a subscription after ${patienceMilliseconds / 1000} s`]
          : []),
      ],
    }
  } finally {
    await hub.stop()
    await vendors.close()
  }
}

type Round = { readonly milliseconds: readonly number[]; readonly effort: Effort }

/**
 * Closes deals and waits for their subscriptions; answers the milliseconds each took, counted from when it was due to close. One without a
 * subscription took for ever.
 */
async function playRound(vendors: VendorLoad, { deals, perSecond }: Rung): Promise<number[]> {
  const dealIds = vendors.enter(deals)
  const began = performance.now()
  const closedAt = new Map<string, number>()
  for (const [index, dealId] of dealIds.entries()) {
    const due = began + (perSecond === null ? 0 : (index * 1000) / perSecond)
    const early = due - performance.now()
    if (early > 0) await systemClock.sleep(early)
    closedAt.set(dealId, due)
    vendors.closeDeal(dealId)
  }
  const subscribedAt = await vendors.subscribed(dealIds, patienceMilliseconds)
  return dealIds.map((dealId) => (subscribedAt.get(dealId) ?? Infinity) - (closedAt.get(dealId) ?? 0))
}

function figuresOf({ name, deals, perSecond }: Rung, played: readonly Round[], cores: number): Figure[] {
  const bound = boundBy(totalEffort(played.map(({ effort }) => effort)), cores)
  const each = played.map(({ milliseconds }) => latencies(milliseconds))
  const figure = (percent: 'p50' | 'p95' | 'p99'): Figure => ({
    name: `${name}, ${percent}`,
    value: median(each.map((round) => round[percent])),
    unit: 'ms',
    boundBy: percent === 'p50' ? `median of ${rounds} rounds of ${deals}; ${bound}` : '',
  })
  const last = median(played.map(({ milliseconds }) => Math.max(...milliseconds)))
  return [
    figure('p50'),
    figure('p95'),
    figure('p99'),
    ...(perSecond === null
      ? [{ name: `${name}, rate`, value: (deals * 1000) / last, unit: 'deals/s', boundBy: bound }]
      : []),
  ]
}
