import type { CalendarDate, DateRange } from './calendar.ts'
import type { InvoiceFinalized } from './fact.ts'
import { allocate, money, sum } from './money.ts'
import type { Money } from './money.ts'
import type { Obligation } from './obligation.ts'
import { daysLeft, prorate } from './rating/proration.ts'

/** What one invoice billed of a contract line for one service, and what was taken off it since, past and future together. */
export type BilledService = {
  readonly contractId: string
  readonly lineId: string
  readonly service: DateRange
  readonly billedOn: CalendarDate
  readonly net: Money
  readonly takenOff: Money
}

/**
 * The services an invoice billed, lines of one contract line and service added up. `takenOffMinor` holds what was taken off a contract
 * line of this invoice, by line id; it is shared over the line's services.
 */
export function billedServices(
  invoice: Pick<InvoiceFinalized, 'lines'>,
  billedOn: CalendarDate,
  takenOffMinor: ReadonlyMap<string, bigint>,
): BilledService[] {
  const ours = invoice.lines.flatMap(({ contractId, lineId, net, service }) =>
    contractId === null || lineId === null ? [] : [{ contractId, lineId, net, service }],
  )
  return [...Map.groupBy(ours, ({ lineId }) => lineId)].flatMap(([lineId, lines]) => {
    const services = [...Map.groupBy(lines, serviceKey).values()].flatMap((same) => {
      const [first] = same
      if (first === undefined) return []
      const net = sum<string>(
        first.net.currency,
        same.map((line) => line.net),
      )
      return [{ ...first, billedOn, net }]
    })
    return withTakenOff(services, takenOffMinor.get(lineId) ?? 0n)
  })
}

/**
 * Promises of service that is billed again after its first invoice was voided or credited. The first invoice keeps its effect on
 * revenue; the new one is earned like any other: at once for the days already served when it was billed, then as they pass.
 * Only what was taken off before is earned again: what is billed twice by mistake stays a contract liability.
 */
export function rebilledObligations(
  promised: readonly Obligation[],
  billed: readonly BilledService[],
): Obligation[] {
  return [...Map.groupBy(billed, serviceKey).values()].flatMap((group) => {
    const invoices = group.toSorted((one, other) => (one.billedOn < other.billedOn ? -1 : 1))
    const [first, last] = [invoices[0], invoices.at(-1)]
    if (first === undefined || last === undefined) return []
    const again = billedAgainMinor(agreedMinor(promised, first), invoices)
    return again > 0n ? earnedAnew(last, money(last.net.currency, again)) : []
  })
}

function withTakenOff(services: readonly Omit<BilledService, 'takenOff'>[], minor: bigint): BilledService[] {
  const weights = services.map(({ net }) => net.amountMinor)
  const whole = weights.reduce((total, weight) => total + weight, 0n)
  return services.map((service, index) => {
    const { currency } = service.net
    const shares = whole > 0n ? allocate(money(currency, minor), weights) : []
    return { ...service, takenOff: shares[index] ?? money(currency, 0n) }
  })
}

/** What invoices of one service bill beyond its price, as far as it was taken off before. */
function billedAgainMinor(agreed: bigint, invoices: readonly BilledService[]): bigint {
  const beyond = invoices.reduce((total, { net }) => total + net.amountMinor, -agreed)
  const takenOff = invoices.reduce((total, invoice) => total + invoice.takenOff.amountMinor, 0n)
  return beyond < takenOff ? beyond : takenOff
}

/** The agreed price of a service; for use, which has none, what its first invoice says. */
function agreedMinor(promised: readonly Obligation[], { lineId, service, net }: BilledService): bigint {
  const here = promised.filter(
    (obligation) => obligation.lineId === lineId && isWithin(obligation.service.startsOn, service),
  )
  if (here.length === 0) return net.amountMinor
  return here.reduce((total, { price }) => total + price.amountMinor, 0n)
}

function earnedAnew({ contractId, lineId, billedOn, service }: BilledService, price: Money): Obligation[] {
  const from = billedOn > service.startsOn ? billedOn : service.startsOn
  const isServed = from >= service.endsBefore
  const later = isServed ? money(price.currency, 0n) : prorate(price, daysLeft(service, from))
  const atOnce = money(price.currency, price.amountMinor - later.amountMinor)
  return [
    { price: atOnce, service: { startsOn: from, endsBefore: from } },
    { price: later, service: { startsOn: from, endsBefore: service.endsBefore } },
  ]
    .filter((part) => part.price.amountMinor !== 0n)
    .map((part) => ({ contractId, lineId, family: null, ...part }))
}

function serviceKey({ lineId, service }: { readonly lineId: string; readonly service: DateRange }): string {
  return `${lineId} ${service.startsOn} ${service.endsBefore}`
}

function isWithin(day: CalendarDate, { startsOn, endsBefore }: DateRange): boolean {
  return startsOn === endsBefore ? day === startsOn : startsOn <= day && day < endsBefore
}
