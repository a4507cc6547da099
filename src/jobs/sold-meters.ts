import type { ContractTerms } from '../domain/contract.ts'
import type { Issue } from '../domain/issue.ts'
import { salesOf, soldTwice } from '../domain/meter-sale.ts'
import type { BuyingAccount } from '../store/customers.ts'
import { accountKey } from '../store/customers.ts'
import { meterSales } from '../store/meter-sales.ts'
import type { Unit } from '../store/unit-of-work.ts'

/** A deal that may become a contract. */
export type MeterBuyer = {
  readonly account: BuyingAccount
  readonly terms: ContractTerms
  readonly dealName: string
}

/** Which meters have been sold to whom, going on with a batch of deals one by one. */
export type SoldMeters = {
  /** What stands against selling the meters of a deal to its customer. */
  issuesOf(buyer: MeterBuyer): Issue[]
  /** Remembers that the meters of a deal are sold. */
  sell(buyer: MeterBuyer): void
}

/** Reads, and keeps others from selling, what the accounts of a batch have bought. Deals without use need none of it. */
export async function soldMetersOf(unit: Unit, buyers: readonly MeterBuyer[]): Promise<SoldMeters> {
  const metered = buyers.filter(({ terms }) => terms.lines.some(({ kind }) => kind === 'usage'))
  const sold =
    metered.length === 0
      ? new Map<string, ReturnType<typeof salesOf>>()
      : await meterSales(
          unit,
          metered.map(({ account }) => account),
        )
  const soldTo = ({ account }: MeterBuyer) => sold.get(accountKey(account)) ?? []
  return {
    issuesOf: (buyer) => soldTwice(buyer.terms, soldTo(buyer), { name: buyer.dealName }),
    sell: (buyer) => {
      const sales = salesOf(buyer.terms, `deal '${buyer.dealName}'`)
      sold.set(accountKey(buyer.account), [...soldTo(buyer), ...sales])
    },
  }
}
