import type { Issue } from './issue.ts'

/**
 * What a register says of a tax id. `unavailable`: no register answers for its type, or it did not answer. `removed`: it was taken off the
 * customer. Only `verified` is verified.
 */
export type TaxIdStatus = 'pending' | 'verified' | 'unverified' | 'unavailable' | 'removed'

/** A tax id of a customer and what became of its check; `checkedAt` null while nobody has answered. */
export type CheckedTaxId = {
  readonly type: string
  readonly value: string
  readonly status: TaxIdStatus
  readonly verifiedName: string | null
  readonly verifiedAddress: string | null
  readonly checkedAt: Date | null
}

/**
 * The tax ids of a customer: those that were agreed, pending until somebody answers, and those added at the billing provider. What was removed
 * there and is still agreed shows as removed.
 */
export function taxIdsOf(
  agreed: readonly { readonly type: string; readonly value: string }[],
  checked: readonly CheckedTaxId[],
): CheckedTaxId[] {
  const isSame = (left: { type: string; value: string }, right: { type: string; value: string }) =>
    left.type === right.type && compact(left.value) === compact(right.value)
  const ofContract = agreed.map(({ type, value }): CheckedTaxId => {
    const answers = checked.filter((one) => isSame(one, { type, value }))
    const answer = answers.find(({ status }) => status !== 'removed') ?? answers[0]
    if (answer !== undefined) return answer
    return { type, value, status: 'pending', verifiedName: null, verifiedAddress: null, checkedAt: null }
  })
  const others = checked.filter(
    (one) => one.status !== 'removed' && !agreed.some((wanted) => isSame(one, wanted)),
  )
  return [...ofContract, ...others]
}

/** Registers and people space the same number differently. */
function compact(value: string): string {
  return value.replace(/[\s.-]/g, '').toUpperCase()
}

/** What finance reads when a register does not know a customer's tax id. */
export function taxIdNotVerified(
  customerName: string,
  { type, value }: Pick<CheckedTaxId, 'type' | 'value'>,
): Issue {
  return {
    code: 'TAX_ID_UNVERIFIED',
    field: 'customer.taxIds',
    found: `${type} ${value}`,
    sentence: `The register does not know the tax id ${value} (${type}) of ${customerName}. Invoices that leave out tax because of it may be wrong.`,
    action:
      'Ask the customer for the right number and correct it at Stripe, or bill with tax. Once it is verified this settles by itself.',
    owner: 'finance',
    cause: 'tax id not verified by the register',
  }
}
