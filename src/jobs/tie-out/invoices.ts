import { obligationsOf } from '../../domain/contract-value.ts'
import type { ContractVersion, UsageLine } from '../../domain/contract.ts'
import { billingInstant } from '../../domain/billing-plan/instant.ts'
import { invoicedCharges } from '../../domain/invoiced-charges.ts'
import { isChargedByUs } from '../../domain/billing-plan/layout.ts'
import { formatMoney, money } from '../../domain/money.ts'
import { costOfUse } from '../../domain/rating.ts'
import type { TieOutResult } from '../../domain/reconcile.ts'
import { compareBooks } from '../../domain/reconcile.ts'
import type { BilledLineRow } from '../../store/tie-out-lookup.ts'
import { chargedUse } from '../../store/usage-charges.ts'
import { toldInRanges } from '../../store/usage-windows.ts'
import type { JobContext } from '../job.ts'
import type { OurBooks, SoldContract } from './books.ts'
import { settledPeriods } from './settled-periods.ts'

/** An invoice line and the contract it bills. */
type Billed = { readonly row: BilledLineRow; readonly sold: SoldContract }

/**
 * Each invoice line is what the contract says: agreed prices for the periods it covers, use by our own rating of what the meter was told, and
 * use that we rated by its charge. The charges of a period add up to what its use, or its commitment, comes to,
 * and each is on an invoice once.
 */
export async function tieOutInvoices(
  { contracts, billed }: OurBooks,
  context: JobContext,
): Promise<TieOutResult> {
  const byId = new Map(contracts.map((sold) => [sold.contractId, sold]))
  const lines = billed.flatMap((row): Billed[] => {
    const sold = byId.get(row.contractId)
    return sold && !row.isVoid ? [{ row, sold }] : []
  })
  const charges = await chargedUse(context.store.read)
  const charged = new Map(charges.map(({ chargeKey, amountMinor }) => [chargeKey, amountMinor]))
  const chargedMinor = ({ chargeKey }: BilledLineRow) => charged.get(chargeKey ?? '')
  const metered = lines.filter(({ row }) => chargedMinor(row) === undefined)
  const rated = await ratedLines(metered, context)
  const predicted = new Map<string, string>()
  const invoiced = new Map<string, string>()
  for (const { row, sold } of lines) {
    const { currency } = sold.version.terms
    const ours = keepsRhythm(row, sold.version) ? 0n : chargedMinor(row)
    const minor = ours ?? rated.get(itemOf(row)) ?? agreedMinor(row, sold.version)
    predicted.set(itemOf(row), formatMoney(money(currency, minor)))
    invoiced.set(itemOf(row), formatMoney(money(currency, row.netMinor)))
  }
  for (const { charge, invoicedMinor } of invoicedCharges(charges, billed, context.clock.now())) {
    const currency = byId.get(charge.contractId)?.version.terms.currency
    if (currency === undefined) continue
    predicted.set(charge.chargeKey, formatMoney(money(currency, charge.amountMinor)))
    invoiced.set(charge.chargeKey, formatMoney(money(currency, invoicedMinor)))
  }
  for (const { item, owed, charged: held } of await settledPeriods(contracts, charges, context)) {
    predicted.set(item, formatMoney(owed))
    invoiced.set(item, formatMoney(held))
  }
  return compareBooks('invoices', predicted, invoiced, causeOf)
}

function causeOf(item: string): string {
  if (item.startsWith('charge:')) return 'the charge is on no invoice, or on more than one'
  return item.startsWith('in_')
    ? `invoice line ${item} is for another amount than the contract says`
    : `what was charged for ${item} is another amount than the contract says`
}

/** What the use of each metered line costs by our own rating, in minor units. */
async function ratedLines(lines: readonly Billed[], { store }: JobContext): Promise<Map<string, bigint>> {
  const usage = lines.flatMap(({ row, sold }) => {
    const line = usageLineOf(sold.version, row.lineId)
    return line ? [{ row, sold, line }] : []
  })
  const told = await toldInRanges(
    store.read,
    usage.map(({ row, sold, line }) => ({
      customerId: sold.customerId,
      meter: line.meter,
      from: billingInstant(sold.entity.timeZone, row.startsOn),
      to: billingInstant(sold.entity.timeZone, row.endsBefore),
    })),
  )
  return new Map(
    usage.map(({ row, sold, line }, index) => [
      itemOf(row),
      costOfUse(line, told[index] ?? '0', sold.version.terms.currency).amount.amountMinor,
    ]),
  )
}

/** The free item that keeps the rhythm of a subscription bears the name of a line that charges of ours bill. */
function keepsRhythm({ chargeKey, lineId }: BilledLineRow, { terms }: ContractVersion): boolean {
  const line = terms.lines.find((candidate) => candidate.lineId === lineId)
  return chargeKey === null && line !== undefined && isChargedByUs(line, terms.currency)
}

function usageLineOf(version: ContractVersion, lineId: string): UsageLine | null {
  const line = version.terms.lines.find((candidate) => candidate.lineId === lineId)
  return line?.kind === 'usage' ? line : null
}

/** The agreed prices of the billing periods that begin within the days an invoice line covers. */
function agreedMinor({ lineId, startsOn, endsBefore }: BilledLineRow, version: ContractVersion): bigint {
  return obligationsOf(version)
    .filter(
      ({ lineId: of, service }) =>
        of === lineId && service.startsOn >= startsOn && begins(service.startsOn, endsBefore, startsOn),
    )
    .reduce((total, { price }) => total + price.amountMinor, 0n)
}

/** A line without days covers what begins on its one day. */
function begins(day: string, endsBefore: string, startsOn: string): boolean {
  return startsOn === endsBefore ? day === startsOn : day < endsBefore
}

function itemOf({ invoiceId, billedLineId, lineId }: BilledLineRow): string {
  return `${invoiceId} ${billedLineId} (${lineId})`
}
