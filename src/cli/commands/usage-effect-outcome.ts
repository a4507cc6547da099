import { formatMoney, type Money } from '../../domain/money.ts'
import { changeOf, totalsOf, type BilledBy, type UsageEffect } from '../../domain/usage-effect.ts'
import { outputWidth, table } from './table.ts'

const shown = 50

const ways: Readonly<Record<BilledBy, string>> = {
  'own-invoice': 'on its own invoice',
  'next-invoice': 'on the next invoice',
  nothing: 'no contract bills it',
}

/** What use would cost, as data: amounts in minor units, quantities as exact decimals. */
export function effectData(effects: readonly UsageEffect[]) {
  return {
    periods: effects.map((effect) => ({
      customer_id: effect.customerId,
      meter: effect.meter,
      contract_id: effect.contractId,
      line_id: effect.lineId,
      period: effect.period && { starts_on: effect.period.startsOn, ends_before: effect.period.endsBefore },
      billed_by: effect.billedBy,
      quantity_before: effect.quantityBefore,
      quantity_after: effect.quantityAfter,
      amount_before: moneyData(effect.amountBefore),
      amount_after: moneyData(effect.amountAfter),
      change: moneyData(changeOf(effect)),
    })),
    totals: totalsOf(effects).map(({ total, onNextInvoices }) => ({
      total: moneyData(total),
      on_next_invoices: moneyData(onNextInvoices),
    })),
  }
}

function moneyData(amount: Money | null) {
  return amount && { amount: amount.amountMinor.toString(), currency: amount.currency }
}

const columns = [
  { heading: 'customer', narrows: true },
  { heading: 'meter', narrows: true },
  { heading: 'period' },
  { heading: 'quantity', side: 'right' },
  { heading: 'becomes', side: 'right' },
  { heading: 'amount', side: 'right' },
  { heading: 'becomes', side: 'right' },
  { heading: 'change', side: 'right' },
  { heading: 'billed' },
] as const

/** What use would cost, as a table of the first fifty periods and the totals of all. */
export function effectText(effects: readonly UsageEffect[]): string {
  if (effects.length === 0) return 'No amount would change.'
  const more = effects.length - shown
  return [
    table(columns, effects.slice(0, shown).map(rowOf), outputWidth()),
    ...(more > 0 ? [`… and ${more} more periods; --json lists them all`] : []),
    ...totalsOf(effects).map(
      ({ total, onNextInvoices }) =>
        `In all ${formatMoney(total)}, of it ${formatMoney(onNextInvoices)} on next invoices`,
    ),
  ].join('\n')
}

function rowOf(effect: UsageEffect): string[] {
  const { customerId, meter, period, quantityBefore, quantityAfter, amountBefore, amountAfter } = effect
  return [
    customerId,
    meter,
    period === null ? '' : `${period.startsOn} to ${period.endsBefore}`,
    quantityBefore,
    quantityAfter,
    words(amountBefore),
    words(amountAfter),
    words(changeOf(effect)),
    wayOf(effect),
  ]
}

function words(amount: Money | null): string {
  return amount === null ? '' : formatMoney(amount)
}

function wayOf(effect: UsageEffect): string {
  const isCredit = effect.billedBy === 'next-invoice' && (changeOf(effect)?.amountMinor ?? 0n) < 0n
  return isCredit ? `${ways[effect.billedBy]}, as a credit` : ways[effect.billedBy]
}
