import type { Stripe } from 'stripe'
import type { TaxAmount } from '../../../src/domain/fact.ts'
import type { Answer } from '../../../src/ports/answer.ts'
import { answered } from '../../../src/ports/answer.ts'
import { fromStripe } from '../amounts.ts'
import type { Connection } from '../connection.ts'
import { readIfThere } from '../paging.ts'

type Tax = { readonly amount: number; readonly tax_rate_details: { readonly tax_rate: string } | null }

/** Names of tax rates already read; a rate's place never changes. */
const jurisdictions = new WeakMap<Stripe, Map<string, string>>()

/** The tax of an invoice or credit note, one amount for each jurisdiction; nothing where none is owed. */
export async function taxesOf(
  connection: Connection,
  currency: string,
  taxes: readonly Tax[] | null,
): Promise<Answer<TaxAmount[]>> {
  const sums = new Map<string, number>()
  for (const { amount, tax_rate_details } of taxes ?? []) {
    if (amount === 0) continue
    const jurisdiction = await jurisdictionOf(connection, tax_rate_details?.tax_rate ?? null)
    if (jurisdiction.kind !== 'ok') return jurisdiction
    sums.set(jurisdiction.value, (sums.get(jurisdiction.value) ?? 0) + amount)
  }
  return answered(
    [...sums].map(([jurisdiction, amount]) => ({ jurisdiction, amount: fromStripe(currency, amount) })),
  )
}

async function jurisdictionOf({ stripe, calls }: Connection, rateId: string | null): Promise<Answer<string>> {
  if (rateId === null) return answered('unknown')
  const known = jurisdictions.get(stripe) ?? new Map<string, string>()
  jurisdictions.set(stripe, known)
  const name = known.get(rateId)
  if (name !== undefined) return answered(name)
  const rate = await readIfThere(calls, () => stripe.taxRates.retrieve(rateId))
  if (rate.kind !== 'ok') return rate
  const read = rate.value === null ? rateId : placeOf(rate.value)
  known.set(rateId, read)
  return answered(read)
}

/** `US-NY`, `DE`, or what the rate calls its place. */
function placeOf({ id, country, state, jurisdiction }: Stripe.TaxRate): string {
  if (country === null) return jurisdiction ?? id
  return state === null || state === '' ? country : `${country}-${state}`
}
