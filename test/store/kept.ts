import type { ContractTermsJson } from '../../src/domain/contract.ts'
import { keepStandings } from '../../src/jobs/keep-standings.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import type { Store } from '../../src/store/unit-of-work.ts'
import { sampleTerms, tokenLine } from '../domain/contract-samples.ts'
import { defaultBooks } from '../http/books-sample.ts'

const settings = { publicUrl: '', automaticTax: false, closeAfterDays: null, sweepIntervalSeconds: 600 }
const books = {
  ...defaultBooks(),
  entities: [entity('us', 'America/New_York'), entity('in', 'Asia/Kolkata')],
}

function entity(id: string, timeZone: string) {
  return { id, legalName: id, timeZone, functionalCurrency: 'USD', subsidiary: id }
}

/** Makes and rolls all standings of a store, as the sweeper does; `us` sells in New York and `in` in Kolkata. */
export function keepAt(store: Store, now: string, thresholds?: readonly string[]) {
  const clock = virtualClock(new Date(now))
  const wanted = { ...settings, ...(thresholds && { usageThresholds: thresholds }) }
  return keepStandings({ store, clock, books, settings: wanted })
}

/** 1,000 tokens a month, from January to December 2026. */
export const yearTerms = (changes: Partial<ContractTermsJson> = {}) =>
  sampleTerms({
    startsOn: '2026-01-01',
    endsBefore: '2027-01-01',
    lines: [tokenLine({ includedUnits: '1000' })],
    ...changes,
  })
