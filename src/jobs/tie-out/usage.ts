import { Big } from 'big.js'
import type { TieOutResult } from '../../domain/reconcile.ts'
import { compareBooks } from '../../domain/reconcile.ts'
import { loadCustomers } from '../../store/customers.ts'
import { usageSums } from '../../store/tie-out-lookup.ts'
import type { JobContext } from '../job.ts'
import { readPatiently } from './books.ts'

const hourMilliseconds = 3_600_000

/** What was accepted is in the hours; and what was sent of them is what the provider counted. */
export async function tieOutUsage({ store, billing, clock }: JobContext): Promise<TieOutResult> {
  const sums = await usageSums(store.read)
  const customers = await loadCustomers(store.read, [...new Set(sums.map(({ customerId }) => customerId))])
  const providerIds = new Map(
    customers.map(({ customerId, providerCustomerId }) => [customerId, providerCustomerId]),
  )
  const ours = new Map<string, string>()
  const theirs = new Map<string, string>()
  for (const { customerId, meter, accepted, inWindows, reported, firstAt, lastAt } of sums) {
    const item = `${customerId} ${meter}`
    ours.set(`${item} accepted`, exact(accepted))
    theirs.set(`${item} accepted`, exact(inWindows))
    const providerId = providerIds.get(customerId)
    if (!providerId || new Big(reported).eq(0)) continue
    const to = new Date(lastAt.getTime() + hourMilliseconds)
    ours.set(`${item} sent`, exact(reported))
    theirs.set(
      `${item} sent`,
      exact(
        await readPatiently(() => billing.meterTotal(meter, providerId, firstAt, to), 'meter totals', clock),
      ),
    )
  }
  return compareBooks('usage', ours, theirs, (item) =>
    item.endsWith('sent')
      ? 'the provider counted another quantity than was sent'
      : 'the hours do not add up to the events',
  )
}

function exact(decimal: string): string {
  return new Big(decimal).toFixed()
}
