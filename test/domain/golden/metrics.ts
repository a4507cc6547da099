import { toDecimal, type Money } from '../../../src/domain/money.ts'
import {
  annualChurnPercent,
  annualRecurringRevenue,
  churnPercent,
  customersAt,
  customersLost,
  daysSalesOutstanding,
  grossRetentionPercent,
  lifetimeMonths,
  lifetimeValue,
  monthlyRecurringRevenue,
  netRecurringChange,
  netRetentionPercent,
  type RecurringPrice,
} from '../../../src/domain/metrics.ts'
import { writeRatio } from '../../../src/domain/rating/exact.ts'
import type { GoldenHandler } from '../../support/golden.ts'
import { usd } from './terms.ts'

const every = (months: number, price: Money, quantity = 1): RecurringPrice => ({
  price,
  quantity: BigInt(quantity),
  every: { months },
})

const monthly = (...prices: RecurringPrice[]): string => toDecimal(monthlyRecurringRevenue(prices, 'USD'))

/** Figures of recurring business. */
export const metricsHandlers: Readonly<Record<string, GoldenHandler>> = {
  'mx-stripe-mrr-mix': (given: Record<'monthly' | 'yearly', { customers: number; price: string }>) => ({
    mrr: monthly(
      every(1, usd(given.monthly.price), given.monthly.customers),
      every(12, usd(given.yearly.price), given.yearly.customers),
    ),
  }),
  'mx-stripe-annual': ({ annual }: { annual: string }) => ({ mrr: monthly(every(12, usd(annual))) }),
  'mx-chartmogul-new': ({ yearly }: { yearly: string }) => ({ new_mrr: monthly(every(12, usd(yearly))) }),
  'mx-chartmogul-expansion': ({ added_monthly }: { added_monthly: string }) => ({
    expansion: monthly(every(1, usd(added_monthly))),
  }),
  'mx-chargebee-credit': ({ plans, discount }: { plans: string[]; discount: string }) => ({
    mrr: monthly(...plans.map((plan) => every(1, usd(plan))), every(1, usd(`-${discount}`))),
  }),
  'mx-zuora-net-mrr': ({ gross_delta, discount_pct }: { gross_delta: string[]; discount_pct: string }) => ({
    net_delta: gross_delta.map((gross) => toDecimal(netRecurringChange(usd(gross), discount_pct))),
  }),
  'mx-bigdelta': (given: Record<'opening' | 'churn' | 'contraction' | 'expansion', string>) => {
    const movements = {
      opening: usd(given.opening),
      churn: usd(given.churn),
      contraction: usd(given.contraction),
      expansion: usd(given.expansion),
    }
    return { grr_pct: grossRetentionPercent(movements), nrr_pct: netRetentionPercent(movements) }
  },
  'mx-guide-nrr': ({ cases }: { cases: [number, number, number, number][] }) => ({
    nrr_pct: cases.map(([opening, expansion, contraction, churn]) =>
      netRetentionPercent({
        opening: usd(opening),
        expansion: usd(expansion),
        contraction: usd(contraction),
        churn: usd(churn),
      }),
    ),
  }),
  'mx-adg-churn': (given: { start: number; end: number; new: number }) => ({
    churn_pct: churnPercent(
      BigInt(given.start),
      customersLost(BigInt(given.start), BigInt(given.new), BigInt(given.end)),
    ),
  }),
  'mx-480-churn': ({ start, churned }: { start: number; churned: number }) => ({
    churn_pct: churnPercent(BigInt(start), BigInt(churned)),
  }),
  'mx-bulltimes': (given: { mrr: string; arpu: string; monthly_churn_pct: string }) => ({
    arr: toDecimal(annualRecurringRevenue(usd(given.mrr))),
    customers: customersAt(usd(given.mrr), usd(given.arpu)).toString(),
    annual_churn_pct: annualChurnPercent(given.monthly_churn_pct),
  }),
  'mx-ltv': ({ churn_pct, arpu }: { churn_pct: string; arpu: string }) => ({
    lifetime_months: writeRatio(lifetimeMonths(churn_pct)).text,
    ltv: toDecimal(lifetimeValue(usd(arpu), churn_pct)),
  }),
  'mx-dso-fool': ({ ar, credit_sales, days }: { ar: string; credit_sales: string; days: number }) => ({
    dso: daysSalesOutstanding(usd(ar), usd(credit_sales), days),
  }),
}
