import type { Entry } from './ledger.ts'
import { credit, debit } from './ledger.ts'
import { money } from './money.ts'

/**
 * Where one contract line stands: billed and not yet earned (`liabilityMinor`), or earned and not yet billed
 * (`unbilledMinor`). At most one of them is above zero; their difference is billed less recognized.
 */
export type Position = { readonly liabilityMinor: bigint; readonly unbilledMinor: bigint }

/** The positions of many lines, which postings read and move on as they go. */
export class Positions {
  readonly #byLine = new Map<string, Position>()

  /** Sets where a line stands before a batch of postings. */
  set(contractId: string, lineId: string, position: Position): void {
    this.#byLine.set(keyOf(contractId, lineId), position)
  }

  /** Where a line stands; nothing billed and nothing earned when it is new. */
  get(contractId: string, lineId: string): Position {
    return this.#byLine.get(keyOf(contractId, lineId)) ?? { liabilityMinor: 0n, unbilledMinor: 0n }
  }

  /** Follows entries that were not made here, such as the mirror of an earlier transaction. */
  absorb(entries: readonly Entry[]): void {
    for (const { account, side, amount, dimensions } of entries) {
      const { contractId, lineId } = dimensions
      if (contractId === null || lineId === null) continue
      const debitMinor = side === 'debit' ? amount.amountMinor : -amount.amountMinor
      const { liabilityMinor, unbilledMinor } = this.get(contractId, lineId)
      if (account.kind === 'contract-liability') {
        this.set(contractId, lineId, { liabilityMinor: liabilityMinor - debitMinor, unbilledMinor })
      }
      if (account.kind === 'unbilled-receivable') {
        this.set(contractId, lineId, { liabilityMinor, unbilledMinor: unbilledMinor + debitMinor })
      }
    }
  }

  /** Bills an amount of minor units: it clears what was earned unbilled, the rest is owed as service. Negative amounts take back. */
  bill(contractId: string, lineId: string, currency: string, amountMinor: bigint): Entry[] {
    return this.#move(contractId, lineId, currency, amountMinor)
  }

  /** Earns an amount of minor units: it uses up what was billed ahead, the rest is unbilled. Negative amounts take back. */
  earn(contractId: string, lineId: string, currency: string, amountMinor: bigint): Entry[] {
    return this.#move(contractId, lineId, currency, -amountMinor)
  }

  #move(contractId: string, lineId: string, currency: string, changeMinor: bigint): Entry[] {
    const before = this.get(contractId, lineId)
    const after = netOf(before.liabilityMinor - before.unbilledMinor + changeMinor)
    this.set(contractId, lineId, after)
    const where = { contractId, lineId }
    return [
      ...sided('unbilled-receivable', after.unbilledMinor - before.unbilledMinor),
      ...sided('contract-liability', before.liabilityMinor - after.liabilityMinor),
    ]

    function sided(kind: 'unbilled-receivable' | 'contract-liability', debitMinor: bigint): Entry[] {
      if (debitMinor === 0n) return []
      return debitMinor > 0n
        ? [debit(kind, money(currency, debitMinor), where)]
        : [credit(kind, money(currency, -debitMinor), where)]
    }
  }
}

function netOf(minor: bigint): Position {
  return minor >= 0n
    ? { liabilityMinor: minor, unbilledMinor: 0n }
    : { liabilityMinor: 0n, unbilledMinor: -minor }
}

function keyOf(contractId: string, lineId: string): string {
  return `${contractId} ${lineId}`
}
