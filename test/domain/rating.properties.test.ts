import { Big } from 'big.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money, sum } from '../../src/domain/money.ts'
import { rateFurtherUsage, rateUsageLine } from '../../src/domain/rating.ts'
import { ratio, roundToMoney } from '../../src/domain/rating/exact.ts'
import { balanceOf, drawGrants, type Grant } from '../../src/domain/rating/grant.ts'
import { rateStretches } from '../../src/domain/rating/price-change.ts'
import { shareOut } from '../../src/domain/rating/share.ts'
import { anyLine, decimal, lineOf } from './usage-lines.ts'

test('more use never costs less, except by volume', () => {
  fc.assert(
    fc.property(
      lineOf('per-unit', 'graduated', 'package'),
      decimal(2000),
      decimal(2000),
      (terms, use, further) => {
        // Reaching a minimum that is measured before a discount does make use cheaper; that is what it says.
        const line = terms.minimum === null ? terms : { ...terms, overageDiscountPercent: '0' }
        const less = rateUsageLine(line, use, 'USD').amount.amountMinor
        const more = rateUsageLine(line, new Big(use).plus(further), 'USD').amount.amountMinor
        expect(more).toBeGreaterThanOrEqual(less)
      },
    ),
  )
})

test('cutting a window into pieces does not change its cents', () => {
  fc.assert(
    fc.property(anyLine, fc.array(decimal(700), { minLength: 1, maxLength: 6 }), (line, pieces) => {
      let before: Big | null = null
      const amounts = pieces.map((piece) => {
        const rated = rateFurtherUsage(line, before, piece, 'USD')
        before = (before ?? new Big(0)).plus(piece)
        return rated.amount
      })
      const whole = rateUsageLine(line, before ?? '0', 'USD').amount
      expect(sum<string>('USD', amounts)).toEqual(whole)
    }),
  )
})

test('a change to the same price changes nothing', () => {
  fc.assert(
    fc.property(anyLine, fc.array(decimal(700), { minLength: 1, maxLength: 5 }), (terms, pieces) => {
      const line = { ...terms, minimum: null }
      const whole = pieces.reduce((total, piece) => total.plus(piece), new Big(0))
      const stretches = pieces.map((quantity) => ({ line, quantity }))
      expect(rateStretches(stretches, 'USD').amount).toEqual(rateUsageLine(line, whole, 'USD').amount)
    }),
  )
})

test('nothing costs less than its minimum before discount, nor less than zero', () => {
  fc.assert(
    fc.property(anyLine, decimal(2000), (line, use) => {
      const undiscounted = { ...line, overageDiscountPercent: '0' }
      const { amount } = rateUsageLine(undiscounted, use, 'USD')
      expect(amount.amountMinor).toBeGreaterThanOrEqual(line.minimum?.amountMinor ?? 0n)
      expect(rateUsageLine(line, use, 'USD').amount.amountMinor).toBeGreaterThanOrEqual(0n)
    }),
  )
})

test('an amount is within half a cent of its exact ratio', () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.bigInt(1n, 10n ** 6n), (top, bottom) => {
      const { amountMinor } = roundToMoney(ratio(top.toString(), bottom.toString()), 'USD')
      const doubled = 2n * (amountMinor * bottom - top * 100n)
      expect(doubled <= bottom && doubled >= -bottom).toBe(true)
    }),
  )
})

describe('sharing', () => {
  test('shares add up to the amount, and none is a whole unit from its exact share', () => {
    const weights = fc.array(fc.bigInt(0n, 1000n), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(fc.bigInt(-100_000n, 100_000n), weights, (amountMinor, parts) => {
        const whole = parts.reduce((left, right) => left + right, 0n)
        fc.pre(whole > 0n)
        const shares = shareOut(money('USD', amountMinor), parts)
        expect(sum('USD', shares)).toEqual(money('USD', amountMinor))
        const errors = shares.map(
          (share, index) => share.amountMinor * whole - amountMinor * (parts[index] ?? 0n),
        )
        expect(errors.every((error) => error < whole && error > -whole)).toBe(true)
      }),
    )
  })

  test('grants lose exactly what use draws, and never go below zero', () => {
    const grants = fc.array(
      fc.record({
        grantId: fc.uuid(),
        priority: fc.nat(3),
        expiresAt: fc.option(fc.constantFrom('2025-03-01', '2025-09-01')),
        category: fc.constantFrom('promotional', 'paid'),
        effectiveAt: fc.constantFrom('2025-01-01', '2025-07-01'),
        createdAt: fc.constant('2025-01-01'),
        remaining: fc.bigInt(0n, 1000n),
      }) satisfies fc.Arbitrary<Grant>,
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(grants, fc.bigInt(0n, 4000n), (wallet, need) => {
        const at = '2025-04-01'
        const { draws, grants: after, uncovered } = drawGrants(wallet, need, at)
        const drawn = draws.reduce((total, { amount }) => total + amount, 0n)
        expect(drawn + uncovered).toBe(need)
        expect(balanceOf(wallet, at) - balanceOf(after, at)).toBe(drawn)
        expect(uncovered === 0n || balanceOf(after, at) === 0n).toBe(true)
        expect(after.every(({ remaining }) => remaining >= 0n)).toBe(true)
      }),
    )
  })
})
