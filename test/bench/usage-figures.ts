import type { Figure } from './figures.ts'
import type { Latency, Paced } from './usage-latency.ts'
import { names } from './usage-variants.ts'

/** What a run of the usage benchmark found. */
export type UsageMeasures = {
  /** Events a second of a way in. */
  rateOf(name: string): number
  readonly paced: Paced
  readonly entitlement: Latency
  /** How many events were stored when entitlements were asked for. */
  readonly stored: number
  /** The most memory a hub ever held. */
  readonly peakMegabytes: number
}

/** The ratios and latencies that have targets. */
export function usageFigures({ rateOf, paced, entitlement, stored, peakMegabytes }: UsageMeasures): Figure[] {
  const ratio = (name: string, upper: string, lower: string, atLeast: number): Figure => {
    return { name, value: rateOf(upper) / rateOf(lower), unit: '×', boundBy: '', target: { atLeast } }
  }
  const milliseconds = (name: string, value: number, boundBy: string, below?: number): Figure => {
    return { name, value, unit: 'ms', boundBy, ...(below === undefined ? {} : { target: { below } }) }
  }
  const atPace = `${Math.round(paced.eventsPerSecond).toLocaleString('en-US')} events/s in batches of 1,000`
  const withStored = `with ${stored.toLocaleString('en-US')} events stored`
  return [
    ratio('batches of 1,000 of raw COPY', names.batches, names.raw, 0.5),
    ratio('10 % sent before of none', names.batchesRepeated, names.batches, 0.67),
    ratio('batches of 1,000 of the plain route', names.batches, names.plain, 10),
    milliseconds('acknowledged at 80 % of the peak, p50', paced.p50, atPace),
    milliseconds('acknowledged at 80 % of the peak, p99', paced.p99, atPace, 250),
    milliseconds('entitlement check, p50', entitlement.p50, withStored, 1),
    milliseconds('entitlement check, p99', entitlement.p99, withStored),
    {
      name: 'peak memory of a hub',
      value: peakMegabytes,
      unit: 'MB',
      boundBy: 'VmHWM',
      target: { below: 300 },
    },
  ]
}

/** What `--json` prints: events a second, unless named otherwise. */
export function summaryOf({
  rateOf,
  paced,
  entitlement,
  peakMegabytes,
}: UsageMeasures): Record<string, number> {
  return {
    rawCopy: Math.round(rateOf(names.raw)),
    plainRoute: Math.round(rateOf(names.plain)),
    batch1000: Math.round(rateOf(names.batches)),
    batch1000Dup10: Math.round(rateOf(names.batchesRepeated)),
    ndjson: Math.round(rateOf(names.stream)),
    p99MsAt80: toHundredths(paced.p99),
    rssMb: toHundredths(peakMegabytes),
    entitlementP50Ms: toHundredths(entitlement.p50),
  }
}

function toHundredths(value: number): number {
  return Math.round(value * 100) / 100
}
