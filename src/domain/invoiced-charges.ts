import { isOfSettlement, type ChargeReason } from './late-usage.ts'

/** The next invoice is at most a month away, and a draft may wait for some days. */
const longestWaitMilliseconds = 35 * 86_400_000

/** A charge of use that we rated, as it was planned; its amount in minor units. */
type PlannedCharge = {
  readonly chargeKey: string
  readonly reason: ChargeReason
  readonly amountMinor: bigint
  readonly plannedAt: Date
}

/** A line of an invoice and the charge it stands for, if any. */
type ChargeLine = { readonly chargeKey: string | null; readonly netMinor: bigint; readonly isVoid: boolean }

/** A charge, and what invoices have of it, in minor units. */
export type InvoicedCharge<Charge> = { readonly charge: Charge; readonly invoicedMinor: bigint }

/**
 * What invoices that stand have of each charge, lines of one charge added up, so that one that is there twice or never shows. What waits for an invoice
 * to come is left out, and so is what was voided and not invoiced again, which is a person's decision.
 */
export function invoicedCharges<Charge extends PlannedCharge>(
  charges: readonly Charge[],
  billed: readonly ChargeLine[],
  now: Date,
): InvoicedCharge<Charge>[] {
  const invoiced = new Map<string, bigint>()
  const voided = new Set<string>()
  for (const { chargeKey, netMinor, isVoid } of billed) {
    if (chargeKey === null) continue
    if (isVoid) voided.add(chargeKey)
    else invoiced.set(chargeKey, (invoiced.get(chargeKey) ?? 0n) + netMinor)
  }
  return charges
    .filter((charge) => {
      const { chargeKey } = charge
      return invoiced.has(chargeKey) || (!voided.has(chargeKey) && isOverdue(charge, now))
    })
    .map((charge) => ({ charge, invoicedMinor: invoiced.get(charge.chargeKey) ?? 0n }))
}

/** Further use of what the provider prices may wait for an invoice that is a year away. */
function isOverdue({ reason, amountMinor, plannedAt }: PlannedCharge, now: Date): boolean {
  const waitedMilliseconds = now.getTime() - plannedAt.getTime()
  return isOfSettlement(reason) && amountMinor !== 0n && waitedMilliseconds > longestWaitMilliseconds
}
