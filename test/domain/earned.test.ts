import { describe, expect, test } from 'vitest'
import type { CalendarDate } from '../../src/domain/calendar.ts'
import { earnedBefore, stretchKey, usageStretches } from '../../src/domain/earned.ts'
import { acmeTerms, sampleTerms, sampleVersion, tokenLine, usd } from './contract-samples.ts'

describe('a contract earns', () => {
  const earnedOf = (terms: ReturnType<typeof acmeTerms>, before: CalendarDate, quantity: string) => {
    const version = sampleVersion(terms)
    const quantities = new Map(
      usageStretches(version, before).map((stretch) => [stretchKey(stretch), quantity]),
    )
    return Object.fromEntries(
      earnedBefore(version, before, 'by-day', [], quantities).map(({ lineId, earnedMinor }) => [
        lineId,
        earnedMinor,
      ]),
    )
  }

  test('Acme, by the end of January: 50,000.00 of fee and 9.60 of tokens over 10M', () => {
    expect(earnedOf(acmeTerms(), '2027-02-01', '13000000')).toEqual({ platform: 5_000_000n, tokens: 960n })
  })

  test('Acme, by mid January: 15 of 31 days of the fee, and nothing yet for 9M tokens', () => {
    expect(earnedOf(acmeTerms(), '2027-01-16', '9000000')).toEqual({ platform: 2_419_355n, tokens: 0n })
  })

  test('nothing before it begins', () => {
    expect(earnedOf(acmeTerms(), '2027-01-01', '13000000')).toEqual({ platform: 0n, tokens: 0n })
  })

  test('a quarter’s minimum of 900.00 by its days, not on the first: 310.00 by the end of January, or use where it is more', () => {
    const line = tokenLine({
      includedUnits: '0',
      minimum: usd(90_000),
      overageDiscountPercent: '0',
      billing: { months: 3, timing: 'arrears' },
    })
    const terms = sampleTerms({ startsOn: '2025-01-01', endsBefore: '2026-01-01', lines: [line] })
    expect(earnedOf(terms, '2025-02-01', '0')).toEqual({ tokens: 31_000n })
    expect(earnedOf(terms, '2025-04-01', '0')).toEqual({ tokens: 90_000n })
    expect(earnedOf(terms, '2025-02-01', '100000000')).toEqual({ tokens: 40_000n })
  })

  test('a quarter’s commitment of 900.00 whose shortfall is charged: 310.00 by its days in January, or use where it is more; 900.00 in all', () => {
    const commit = { amount: usd(90_000), periodMonths: 3, trueUp: 'invoice-shortfall' } as const
    const earnedWith = (trueUp: 'none' | 'invoice-shortfall', before: CalendarDate, quantity: string) => {
      const line = tokenLine({
        includedUnits: '0',
        overageDiscountPercent: '0',
        commit: { ...commit, trueUp },
      })
      const terms = sampleTerms({ startsOn: '2025-01-01', endsBefore: '2026-01-01', lines: [line] })
      return earnedOf(terms, before, quantity)
    }
    expect(earnedWith('invoice-shortfall', '2025-02-01', '0')).toEqual({ tokens: 31_000n })
    expect(earnedWith('invoice-shortfall', '2025-02-01', '100000000')).toEqual({ tokens: 40_000n })
    // Three months of 100.00 each, and 600.00 missing.
    expect(earnedWith('invoice-shortfall', '2025-04-01', '25000000')).toEqual({ tokens: 90_000n })
    expect(earnedWith('none', '2025-04-01', '25000000')).toEqual({ tokens: 30_000n })
  })
})
