import type { Entry } from './ledger.ts'
import { signedDebit } from './ledger.ts'
import type { Money } from './money.ts'
import { money } from './money.ts'

/**
 * Where one contract line stands: billed and not yet earned (`liabilityMinor`), or earned and not yet billed
 * (`unbilledMinor`). At most one of them is above zero; their difference is billed less recognized. A contract is presented
 * as one asset or one liability, never as both (ASC 606-10-45-1); we hold to that line by line.
 */
export type Position = { readonly liabilityMinor: bigint; readonly unbilledMinor: bigint }

const newLine: Position = { liabilityMinor: 0n, unbilledMinor: 0n }

/** The positions of many lines, which postings read and move on as they go. Each currency stands by itself. */
export class Positions {
  readonly #byLine = new Map<string, Position>()

  /** Sets where a line stands before a batch of postings. */
  set(contractId: string, lineId: string, currency: string, position: Position): void {
    this.#byLine.set(keyOf(contractId, lineId, currency), position)
  }

  /** Where a line stands; nothing billed and nothing earned when it is new. */
  get(contractId: string, lineId: string, currency: string): Position {
    return this.#byLine.get(keyOf(contractId, lineId, currency)) ?? newLine
  }

  /** Whether both sides stand open, because they were booked apart; the next move nets them. */
  isSplit(contractId: string, lineId: string, currency: string): boolean {
    const { liabilityMinor, unbilledMinor } = this.get(contractId, lineId, currency)
    return liabilityMinor !== 0n && unbilledMinor !== 0n
  }

  /**
   * Bills an amount: it clears what was earned unbilled, the rest is owed as service. Negative amounts take back, in the reverse
   * order. The entries name the invoice.
   */
  bill(contractId: string, lineId: string, amount: Money, invoiceId: string | null = null): Entry[] {
    return this.#move(contractId, lineId, amount.currency, amount.amountMinor, invoiceId)
  }

  /** Earns an amount: it uses up what was billed ahead, the rest is unbilled. Negative amounts take back. */
  earn(contractId: string, lineId: string, amount: Money): Entry[] {
    return this.#move(contractId, lineId, amount.currency, -amount.amountMinor, null)
  }

  #move(
    contractId: string,
    lineId: string,
    currency: string,
    changeMinor: bigint,
    invoiceId: string | null,
  ): Entry[] {
    const before = this.get(contractId, lineId, currency)
    const after = netOf(before.liabilityMinor - before.unbilledMinor + changeMinor)
    this.set(contractId, lineId, currency, after)
    const where = { contractId, lineId, invoiceId }
    return [
      ...signedDebit(
        'unbilled-receivable',
        money(currency, after.unbilledMinor - before.unbilledMinor),
        where,
      ),
      ...signedDebit(
        'contract-liability',
        money(currency, before.liabilityMinor - after.liabilityMinor),
        where,
      ),
    ]
  }
}

function netOf(minor: bigint): Position {
  return minor >= 0n
    ? { liabilityMinor: minor, unbilledMinor: 0n }
    : { liabilityMinor: 0n, unbilledMinor: -minor }
}

function keyOf(contractId: string, lineId: string, currency: string): string {
  return JSON.stringify([contractId, lineId, currency])
}
