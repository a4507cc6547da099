import { billablesOf } from '../../domain/billable.ts'
import type { CalendarDate } from '../../domain/calendar.ts'
import { addDays, dateIn } from '../../domain/calendar.ts'
import { contractValue } from '../../domain/contract-value.ts'
import type { ContractTerms } from '../../domain/contract.ts'
import { isFixed } from '../../domain/contract.ts'
import { formatMoney, money } from '../../domain/money.ts'
import type { TieOutResult } from '../../domain/reconcile.ts'
import { compareBooks } from '../../domain/reconcile.ts'
import type { JobContext } from '../job.ts'
import type { OurBooks } from './books.ts'
import { addTo } from './books.ts'

/** An invoice may take this long from the day it is due to the day it is final. */
const graceDays = 3

/** What a contract is worth equals what was billed and what is still to be billed. */
export function tieOutContracts({ contracts, billed }: OurBooks, { clock }: JobContext): TieOutResult {
  const billedMinor = new Map<string, bigint>()
  for (const line of billed.filter(({ isVoid }) => !isVoid)) {
    addTo(billedMinor, `${line.contractId} ${line.lineId}`, line.netMinor)
  }
  const worth = new Map<string, string>()
  const found = new Map<string, string>()
  for (const { contractId, version, entity } of contracts) {
    const { terms } = version
    const today = addDays(dateIn(entity.timeZone, clock.now()), -graceDays)
    const value = contractValue(terms)
    const so = terms.lines
      .filter(({ kind }) => kind !== 'usage')
      .reduce((total, { lineId }) => total + (billedMinor.get(`${contractId} ${lineId}`) ?? 0n), 0n)
    const rest = value.amountMinor - larger(so, dueMinor(terms, today))
    worth.set(contractId, formatMoney(value))
    found.set(contractId, formatMoney(money(terms.currency, so + larger(rest, 0n))))
  }
  return compareBooks(
    'contracts',
    worth,
    found,
    () => 'an invoice is missing, void, or for another amount than agreed',
  )
}

/** What should have been billed by a day: amounts in advance on the first day of their period, in arrears on the last. */
function dueMinor(terms: ContractTerms, today: CalendarDate): bigint {
  return billablesOf(terms)
    .filter(({ line, startsOn, service }) => {
      const isArrears = isFixed(line) && line.billing.timing === 'arrears'
      return (isArrears ? service.endsBefore : startsOn) <= today
    })
    .reduce((total, { net }) => total + net.amountMinor, 0n)
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right
}
