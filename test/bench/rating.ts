import { decimalOf, finestParts } from '../../src/domain/exact-sum.ts'
import type { UsageLine } from '../../src/domain/contract.ts'
import { money } from '../../src/domain/money.ts'
import { rateUsageLine } from '../../src/domain/rating.ts'
import {
  addUse,
  amountOf,
  compileRate,
  stateOf,
  type CompiledRate,
  type UseState,
} from '../../src/domain/rating/compiled-rate.ts'
import { contractTiers, flatTier, usageLine } from '../domain/golden/terms.ts'
import { median, type BenchReport, type Figure } from './figures.ts'
import type { Rounds } from './usage.ts'

const windows = 1_000
const changesAtOnce = 50_000

const tiers = contractTiers([
  { up_to: 1_000, unit: '0.01' },
  { up_to: 1_000_000, unit: '0.008', flat: '5' },
  { up_to: null, unit: '0.005' },
])

const lines: Readonly<Record<string, UsageLine>> = {
  'per unit beyond an allowance, less 20 %': usageLine({
    includedUnits: 10_000_000n,
    unitSize: 1_000n,
    tiers: flatTier('0.004'),
    overageDiscountPercent: '20',
  }),
  'graduated, with flat fees': usageLine({ model: 'graduated', tiers }),
  'volume, with a minimum': usageLine({ model: 'volume', tiers, minimum: money('USD', 5_000n) }),
  packages: usageLine({ model: 'package', unitSize: 100n, includedUnits: 100n, tiers: flatTier('5') }),
}

/** Uses as events have them, and one that is taken back. */
const uses = ['13', '1.5', '0.7', '997', '-0.5', '12000.25']

/** How many changes of windows a second are rated on one core, after each of which the cents are known. */
export function benchRating({ rounds, seconds }: Rounds): BenchReport {
  const runs = Object.entries(lines).map(([name, line]) => ({ name, ...rateFor(line, rounds, seconds) }))
  const slowest = Math.min(...runs.map(({ perSecond }) => perSecond))
  return {
    bench: 'rating',
    what: `changes of ${windows.toLocaleString('en-US')} windows in turn, one core, the cents known after each; median of ${rounds} rounds of ${seconds} s`,
    figures: [
      ...runs.map(({ name, perSecond }): Figure => ({
        name,
        value: perSecond,
        unit: 'changes/s',
        boundBy: '',
        target: { atLeast: 1_000_000 },
      })),
      { name: 'a change read from its decimal', value: readingRate(seconds), unit: '/s', boundBy: '' },
      { name: 'all of a window, with its formula', value: explainingRate(seconds), unit: '/s', boundBy: '' },
    ],
    summary: { windowChangesPerSecond: Math.round(slowest) },
    differences: runs.flatMap(({ name, wrong }) => (wrong === 0 ? [] : [`${name}: ${wrong} windows differ`])),
  }
}

function rateFor(line: UsageLine, rounds: number, seconds: number) {
  const rate = compileRate(line, 'USD')
  const states = Array.from({ length: windows }, (_, index) => stateOf(rate, BigInt(index) * 10n ** 16n))
  changeWindows(rate, states, changesAtOnce)
  const rates = Array.from({ length: rounds }, () =>
    rateOfWork(seconds, changesAtOnce, () => changeWindows(rate, states, changesAtOnce)),
  )
  return { perSecond: median(rates), wrong: states.filter((state) => !isWhole(line, rate, state)).length }
}

const parts = uses.map((use) => finestParts(use))

function changeWindows(rate: CompiledRate, states: UseState[], changes: number): void {
  for (let change = 0; change < changes; change++) {
    const index = change % windows
    states[index] = addUse(rate, states[index] as UseState, parts[change % parts.length] as bigint)
  }
}

/** Whether a window that was changed many times has the cents of all its use at once. */
function isWhole(line: UsageLine, rate: CompiledRate, state: UseState): boolean {
  const whole = rateUsageLine(line, decimalOf(state.usedParts), 'USD')
  return whole.amount.amountMinor === amountOf(rate, state).amountMinor
}

function readingRate(seconds: number): number {
  return rateOfWork(seconds, changesAtOnce, () => {
    for (let change = 0; change < changesAtOnce; change++) finestParts(uses[change % uses.length] ?? '0')
  })
}

function explainingRate(seconds: number): number {
  const line = lines['graduated, with flat fees'] ?? usageLine({})
  let quantity = 0
  return rateOfWork(seconds, 100, () => {
    for (let change = 0; change < 100; change++) rateUsageLine(line, `${++quantity}.25`, 'USD')
  })
}

function rateOfWork(seconds: number, each: number, work: () => void): number {
  const began = performance.now()
  let done = 0
  while (performance.now() - began < seconds * 1_000) {
    work()
    done += each
  }
  return (done * 1_000) / (performance.now() - began)
}
