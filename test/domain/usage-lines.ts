import { Big } from 'big.js'
import * as fc from 'fast-check'
import type { UsageLine } from '../../src/domain/contract.ts'
import { money } from '../../src/domain/money.ts'
import { usageLine } from './golden/terms.ts'

/** A decimal of at most four places, as a string. */
export const decimal = (most: number) =>
  fc.integer({ min: 0, max: most * 10_000 }).map((value) => new Big(value).div(10_000).toFixed())

const tiers = fc
  .array(fc.record({ width: fc.integer({ min: 1, max: 500 }), unitPrice: decimal(3), flat: fc.nat(900) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((rows): UsageLine['tiers'] => {
    let upTo = 0n
    return rows.map(({ width, unitPrice, flat }, index) => {
      upTo += BigInt(width)
      const isLast = index === rows.length - 1
      return {
        upTo: isLast ? null : upTo,
        unitPrice,
        flatFee: flat < 300 ? null : money('USD', BigInt(flat)),
      }
    })
  })

/** A usage line of one of these models, with any terms. */
export const lineOf = (...models: UsageLine['model'][]) =>
  fc
    .record({
      model: fc.constantFrom(...models),
      tiers,
      includedUnits: fc.bigInt({ min: 0n, max: 300n }),
      unitSize: fc.bigInt({ min: 1n, max: 7n }),
      overageDiscountPercent: decimal(100),
      minimum: fc.option(fc.bigInt({ min: 0n, max: 50_000n }).map((minor) => money('USD', minor))),
    })
    .map(usageLine)

/** A usage line with any terms. */
export const anyLine = lineOf('per-unit', 'graduated', 'package', 'volume')
