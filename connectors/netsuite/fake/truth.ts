import { money, toDecimal } from '../../../src/domain/money.ts'
import type { NetSuiteState } from './state.ts'

/** What the twin's books hold for one account, counted without its own query language. Amounts are decimal texts. */
export type TruthTotal = {
  readonly subsidiary: string
  readonly month: string
  readonly currency: string
  readonly account: string
  readonly debit: string
  readonly credit: string
}

/** Sums of all journals by subsidiary, month of the posting period, currency and account; zero rows are left out. */
export function truthTotals(state: NetSuiteState): TruthTotal[] {
  const sums = new Map<string, { debitMinor: bigint; creditMinor: bigint }>()
  for (const journal of state.journals.values()) {
    if (journal.isVoid || journal.approvalStatus !== '2') continue
    const month = state.periods.get(journal.postingPeriod)?.endDate.slice(0, 7) ?? ''
    const symbol = state.currencies.get(journal.currency)?.symbol ?? ''
    for (const line of journal.lines) {
      const key = [journal.subsidiary, month, symbol, line.account].join('|')
      const sum = sums.get(key) ?? { debitMinor: 0n, creditMinor: 0n }
      sum.debitMinor += line.debitMinor ?? 0n
      sum.creditMinor += line.creditMinor ?? 0n
      sums.set(key, sum)
    }
  }
  return [...sums]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .filter(([, sum]) => sum.debitMinor !== 0n || sum.creditMinor !== 0n)
    .map(([key, sum]) => {
      const [subsidiary = '', month = '', currency = '', account = ''] = key.split('|')
      const decimal = (minor: bigint) => toDecimal(money(currency, minor))
      return {
        subsidiary,
        month,
        currency,
        account,
        debit: decimal(sum.debitMinor),
        credit: decimal(sum.creditMinor),
      }
    })
}
