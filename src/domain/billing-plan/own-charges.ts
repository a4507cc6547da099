import type { Billable } from '../billable.ts'
import type { CalendarDate } from '../calendar.ts'
import { addMonths, daysIn } from '../calendar.ts'
import type { ContractVersion } from '../contract.ts'
import { isFixed } from '../contract.ts'
import type { Layout } from './layout.ts'
import type { OwnCharge } from './steps.ts'

type Handover = Pick<OwnCharge, 'availableFrom' | 'reason' | 'ownInvoice'>

/** The amounts of a contract that no item bills: one charge for each period or day they fall due, none for zero. */
export function ownChargesOf(
  version: ContractVersion,
  billables: readonly Billable[],
  layout: Layout,
): OwnCharge[] {
  return billables.flatMap((billable) => {
    const handover = handoverOf(billable, layout)
    if (handover === null || billable.net.amountMinor === 0n) return []
    return [{ ...chargeOf(version, billable), ...handover }]
  })
}

/** The key of an own charge: one for each line and first day of service of a contract's generation. */
export function chargeKeyOf(
  version: Pick<ContractVersion, 'contractId' | 'generation'>,
  lineId: string,
  startsOn: CalendarDate,
): string {
  return `charge:${version.contractId}/${version.generation}/${lineId}/${startsOn}`
}

function chargeOf(version: ContractVersion, billable: Billable): Omit<OwnCharge, keyof Handover> {
  const { line, quantity, net, service, startsOn } = billable
  const name = line.description ?? line.product.name
  return {
    chargeKey: chargeKeyOf(version, line.lineId, startsOn),
    contractId: version.contractId,
    lineId: line.lineId,
    description: quantity === 1n ? name : `${quantity} × ${name}`,
    amount: net,
    service: daysIn(service) > 0 ? service : { startsOn, endsBefore: startsOn },
  }
}

function handoverOf({ line, startsOn, service }: Billable, layout: Layout): Handover | null {
  if (!isFixed(line)) return { availableFrom: startsOn, reason: 'one-time', ownInvoice: true }
  if (line.billing.timing === 'advance') {
    if (layout.nativeFixed.includes(line) && startsOn >= layout.nativeFrom) return null
    return { availableFrom: startsOn, reason: 'fee-in-advance', ownInvoice: true }
  }
  if (line.billing.months < layout.cycleMonths) {
    return { availableFrom: service.endsBefore, reason: 'fee-in-arrears', ownInvoice: true }
  }
  // Handed over in the last cycle of its period, it is on the invoice that ends both.
  const lastCycleFrom = addMonths(startsOn, line.billing.months - layout.cycleMonths)
  return { availableFrom: lastCycleFrom, reason: 'fee-in-arrears' }
}
