import { describe, expect, test } from 'vitest'
import { money, toDecimal } from '../../src/domain/money.ts'
import { finestParts } from '../../src/domain/exact-sum.ts'
import { costOfFurtherUse, rateFurtherUsage, rateUsageLine } from '../../src/domain/rating.ts'
import { rateAgainstCommit, trueUp, withinBounds } from '../../src/domain/rating/commit.ts'
import { addUse, amountOf, compileRate, stateOf } from '../../src/domain/rating/compiled-rate.ts'
import { ratio, roundToMoney } from '../../src/domain/rating/exact.ts'
import { rateFixedLine } from '../../src/domain/rating/fixed.ts'
import { rateGraduatedPercentage } from '../../src/domain/rating/percentage.ts'
import { rateStretches } from '../../src/domain/rating/price-change.ts'
import { contractTiers, dollars, flatTier, usageLine, usd } from './golden/terms.ts'

const acme = usageLine({
  meter: 'tokens',
  includedUnits: 10_000_000n,
  unitSize: 1000n,
  tiers: flatTier('0.004'),
  overageDiscountPercent: '20',
})

const graduated = usageLine({
  meter: 'calls',
  model: 'graduated',
  tiers: contractTiers([
    { up_to: 1000, unit: '0.01' },
    { up_to: 10_000, unit: '0.008' },
    { up_to: null, unit: '0.005' },
  ]),
})

describe('overage', () => {
  test('13M tokens over a 10M allowance at 0.004 per 1,000 less 20 % are 960 cents', () => {
    const rated = rateUsageLine(acme, '13000000', 'USD')
    expect(rated.amount).toEqual(money('USD', 960n))
    expect(rated.overageUnits).toBe('3000000')
    expect(rated.explanation).toBe('3,000,000 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 9.60')
    expect(rated.parts).toEqual([
      { kind: 'tier', units: '3000000', unitPrice: '0.004', amount: '12' },
      { kind: 'discount', units: null, unitPrice: null, amount: '-2.4' },
    ])
  })

  test('exactly the allowance costs nothing, and one token more a third of a thousandth of a cent', () => {
    expect(rateUsageLine(acme, '10000000', 'USD').amount).toEqual(money('USD', 0n))
    const one = rateUsageLine(acme, '10000001', 'USD')
    expect(one.amount).toEqual(money('USD', 0n))
    expect(one.explanation).toBe('1 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 0.0000032, rounded 0.00')
  })

  test('half a cent goes up: 3,125 units at 0.0008 are 2.50 cents, in yen 2.5 become 3', () => {
    const line = usageLine({ tiers: flatTier('0.0008') })
    expect(rateUsageLine(line, '31.25', 'USD').amount).toEqual(money('USD', 3n))
    expect(rateUsageLine(line, '31.25', 'USD', 'half-even').amount).toEqual(money('USD', 2n))
    expect(rateUsageLine(line, '3125', 'JPY').amount).toEqual(money('JPY', 3n))
    expect(rateUsageLine(line, '3125', 'KWD').amount).toEqual(money('KWD', 2500n))
  })

  test('a price for 3 units is divided once, at the end: 1.5 units at 0.01 for 3 are half a cent, so one', () => {
    const line = usageLine({ unitSize: 3n, tiers: flatTier('0.01') })
    expect(rateUsageLine(line, '1.5', 'USD').amount).toEqual(money('USD', 1n))
    expect(rateUsageLine(line, '1', 'USD').explanation).toBe(
      '1 units ÷ 3 × 0.01 ≈ 0.003333333333, rounded 0.00',
    )
  })

  test('use below zero and a fee in another currency are bugs', () => {
    expect(() => rateUsageLine(acme, '-1', 'USD')).toThrow(RangeError)
    const euro = usageLine({ tiers: [{ upTo: null, unitPrice: '1', flatFee: money('EUR', 1n) }] })
    expect(() => rateUsageLine(euro, '1', 'USD')).toThrow(TypeError)
    const closed = usageLine({ tiers: [{ upTo: 5n, unitPrice: '1', flatFee: null }] })
    expect(() => rateUsageLine(closed, '6', 'USD')).toThrow(/last tier must be open/)
  })
})

describe('what a formula says', () => {
  test('tiers: 15,000 calls are 10 + 72 + 25 = 107', () => {
    expect(rateUsageLine(graduated, '15000', 'USD').explanation).toBe(
      '15,000 calls: 1,000 × 0.01 + 9,000 × 0.008 + 5,000 × 0.005 = 107.00',
    )
  })

  test('tiers with a discount on their sum: 107 less 10 % is 96.30', () => {
    const line = { ...graduated, overageDiscountPercent: '10' }
    expect(rateUsageLine(line, '15000', 'USD').explanation).toBe(
      '(15,000 calls: 1,000 × 0.01 + 9,000 × 0.008 + 5,000 × 0.005) × (1 − 10 %) = 96.30',
    )
  })

  test('packages: 101 calls beyond 100 are two packages of 100 at 5', () => {
    const line = usageLine({
      meter: 'api_calls',
      model: 'package',
      includedUnits: 100n,
      unitSize: 100n,
      tiers: flatTier('5'),
    })
    const rated = rateUsageLine(line, '201', 'USD')
    expect(rated.amount).toEqual(money('USD', 1000n))
    expect(rated.explanation).toBe('101 api calls over in packages of 100: 2 × 5 = 10.00')
    expect(rateUsageLine(line, '100.000000000000000001', 'USD').amount).toEqual(money('USD', 500n))
  })

  test('a flat fee of the tier reached: 12 × 3 + 30 = 66', () => {
    const line = usageLine({
      model: 'volume',
      tiers: contractTiers([
        { up_to: 10, unit: '4', flat: '20' },
        { up_to: null, unit: '3', flat: '30' },
      ]),
    })
    expect(rateUsageLine(line, '12', 'USD').explanation).toBe('12 units × 3 + 30 = 66.00')
  })
})

describe('minimums and maximums', () => {
  const line = { ...graduated, minimum: usd('50.00'), overageDiscountPercent: '10' }

  test('the minimum is measured before the discount: 42.00 rated, 37.80 charged, 8.00 on top', () => {
    const rated = rateUsageLine(line, '5000', 'USD')
    expect(rated.amount).toEqual(usd('45.80'))
    expect(rated.explanation).toMatch(/ = 37\.80; plus 8\.00 up to the minimum of 50\.00$/)
    expect(rated.parts.at(-1)).toEqual({ kind: 'minimum', units: null, unitPrice: null, amount: '8.00' })
  })

  test('reached before the discount it adds nothing: 50.00 rated, 45.00 charged', () => {
    expect(rateUsageLine(line, '6000', 'USD').amount).toEqual(usd('45.00'))
  })

  test('no use at all costs the minimum', () => {
    expect(rateUsageLine(line, '0', 'USD').amount).toEqual(usd('50.00'))
  })

  test('a maximum takes away what is above it: 120.50 becomes 100.00', () => {
    const bounds = { minimum: null, maximum: usd('100.00') }
    expect(withinBounds(ratio('120.50'), bounds, 'USD')).toEqual({
      amount: usd('100.00'),
      adjustment: usd('-20.50'),
    })
    expect(withinBounds(ratio('99.999'), bounds, 'USD').adjustment).toEqual(usd('0.00'))
    expect(withinBounds(ratio('9'), { minimum: usd('10'), maximum: null }, 'USD')).toEqual({
      amount: usd('10.00'),
      adjustment: usd('1.00'),
    })
  })
})

describe('commits', () => {
  test('20 % off after a commit of 10,000: use worth 13,000 costs 12,400', () => {
    const terms = { amount: '10000', overageFactor: '0.8', chargesShortfall: true }
    expect(dollars(rateAgainstCommit(terms, ratio('13000')))).toBe('12400.00')
    expect(dollars(rateAgainstCommit(terms, ratio('9000')))).toBe('10000.00')
    expect(dollars(rateAgainstCommit({ ...terms, chargesShortfall: false }, ratio('9000')))).toBe('9000.00')
  })

  test('a quarter of 800 + 900 + 700 against 3,000 leaves 600 to true up, and 0 where shortfalls are free', () => {
    const quarter = ['800', '900', '700'].map(usd)
    const commit = { amount: usd('3000'), periodMonths: 3, trueUp: 'invoice-shortfall' } as const
    expect(trueUp(commit, quarter)).toEqual(usd('600.00'))
    expect(trueUp({ ...commit, trueUp: 'none' }, quarter)).toEqual(usd('0.00'))
    expect(trueUp(commit, [...quarter, usd('600.01')])).toEqual(usd('0.00'))
  })
})

describe('a window in pieces', () => {
  test('8M tokens, then 5M more: the first piece is free, the second costs 9.60', () => {
    const first = rateFurtherUsage(acme, null, '8000000', 'USD')
    const second = rateFurtherUsage(acme, '8000000', '5000000', 'USD')
    expect([first.amount, second.amount]).toEqual([money('USD', 0n), money('USD', 960n)])
    expect(second.overageUnits).toBe('3000000')
    expect(second.explanation).toMatch(/less 0\.00 rated before = 9\.60$/)
  })

  test('a flat fee due without use is charged with the first piece only', () => {
    const line = usageLine({
      model: 'graduated',
      tiers: contractTiers([{ up_to: null, unit: '1', flat: '2' }]),
    })
    expect(rateFurtherUsage(line, null, '0', 'USD').amount).toEqual(usd('2.00'))
    expect(rateFurtherUsage(line, '0', '3', 'USD').amount).toEqual(usd('3.00'))
  })
})

describe('a window event by event', () => {
  const rate = compileRate(acme, 'USD')
  const centsAfter = (...uses: string[]) =>
    amountOf(
      rate,
      uses.reduce((state, units) => addUse(rate, state, finestParts(units)), stateOf(rate, 0n)),
    ).amountMinor

  test('10M tokens are free, 3M more make it 960 cents, and taking 1M back makes it 640', () => {
    expect(centsAfter('10000000')).toBe(0n)
    expect(centsAfter('10000000', '3000000')).toBe(960n)
    expect(centsAfter('10000000', '3000000', '-1000000')).toBe(640n)
    expect(centsAfter('10000000', '3000000', '-13000000')).toBe(0n)
  })

  test('a thousand events a thousandth of a cent each are rounded once: 0.4 of a cent is none, 1.2 are one', () => {
    const thousand = Array.from({ length: 1000 }, () => '1.25')
    expect(centsAfter('10000000', ...thousand)).toBe(0n)
    expect(centsAfter('10000000', ...thousand, ...thousand, ...thousand)).toBe(1n)
  })

  test('taking back more than was used is a bug', () => {
    expect(() => centsAfter('5', '-6')).toThrow('Usage below zero: -1')
  })

  test('late use says what it adds: 2M on top of 9M cost 3.20, and 2M on top of 13M cost 6.40', () => {
    expect(costOfFurtherUse(acme, '9000000', '2000000', 'USD')).toEqual(usd('3.20'))
    expect(costOfFurtherUse(acme, '13000000', '2000000', 'USD')).toEqual(usd('6.40'))
  })
})

describe('a change of price', () => {
  test('11M tokens at 0.004 and 2M at 0.003 per 1,000, less 20 %: 3.20 + 4.80 = 8.00', () => {
    const cheaper = { ...acme, tiers: flatTier('0.003') }
    const rated = rateStretches(
      [
        { line: acme, quantity: '11000000' },
        { line: cheaper, quantity: '2000000' },
      ],
      'USD',
    )
    expect(rated.amount).toEqual(usd('8.00'))
    expect(rated.explanation).toBe('11,000,000: 3.2 + 2,000,000: 4.8')
  })

  test('by volume the whole window decides the tier: 60 at 1 and 60 at 2 when 100 is the limit', () => {
    const volume = (low: string, high: string) =>
      usageLine({
        model: 'volume',
        tiers: contractTiers([
          { up_to: 100, unit: low },
          { up_to: null, unit: high },
        ]),
      })
    const stretches = [
      { line: volume('2', '1'), quantity: '60' },
      { line: volume('4', '2'), quantity: '60' },
    ]
    expect(rateStretches(stretches, 'USD').amount).toEqual(usd('180.00'))
  })
})

describe('fees and seats', () => {
  const seats = {
    kind: 'seats' as const,
    lineId: 'seats',
    product: { code: 'seat', name: 'Seat', family: 'Platform' },
    unitPrice: usd('30.00'),
    listPrice: null,
    quantity: 10n,
    billing: { months: 1 as const, timing: 'advance' as const },
    ramp: [],
  }
  const june = { startsOn: '2025-06-01', endsBefore: '2025-07-01' }

  test('10 seats at 30.00 are 300.00 a month, and 160.00 for the last 16 of 30 days', () => {
    const whole = rateFixedLine(seats, june, 'USD')
    expect([whole.amount, whole.explanation]).toEqual([usd('300.00'), '10 × 30.00 = 300.00'])
    const short = rateFixedLine(seats, { ...june, startsOn: '2025-06-15' }, 'USD', june)
    expect([short.amount, short.explanation]).toEqual([usd('160.00'), '10 × 30.00 × 16/30 days = 160.00'])
  })

  test('a ramp to 20 seats at 25.00 on the 21st: 200.00 for 20 days and 166.67 for 10', () => {
    const ramp = [{ startsOn: '2025-06-21', unitPrice: usd('25.00'), quantity: 20n }]
    const rated = rateFixedLine({ ...seats, ramp }, june, 'USD')
    expect(rated.amount).toEqual(usd('366.67'))
    expect(rated.explanation).toBe('10 × 30.00 × 20/30 days + 20 × 25.00 × 10/30 days = 366.67')
    const july = { startsOn: '2025-07-01', endsBefore: '2025-08-01' }
    expect(rateFixedLine({ ...seats, ramp }, july, 'USD').amount).toEqual(usd('500.00'))
  })
})

test('a graduated percentage: 2 % of the first 1,000 and 1 % of the next 500, with 5.00 on entering, are 30.00', () => {
  const tiers = [
    { upTo: '1000', ratePercent: '2', flatFee: '0' },
    { upTo: null, ratePercent: '1', flatFee: '5' },
  ]
  expect(toDecimal(roundToMoney(rateGraduatedPercentage(tiers, '1500'), 'USD'))).toBe('30.00')
})
