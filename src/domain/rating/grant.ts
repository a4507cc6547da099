import { assertNever } from '../result.ts'

/** Credits a customer may use: paid for ahead, or given. `remaining` counts minor units of money or units of use. */
export type Grant = {
  readonly grantId: string
  readonly priority: number
  readonly expiresAt: string | null
  readonly category: 'promotional' | 'paid'
  readonly effectiveAt: string
  readonly createdAt: string
  readonly remaining: bigint
}

/** What one grant gave. */
export type Draw = { readonly grantId: string; readonly amount: bigint }

/** In which order grants are used: each rule decides where those before it see no difference. Lower priority numbers go first. */
export const grantOrder = [
  { rule: 'priority', compare: (one: Grant, other: Grant) => one.priority - other.priority },
  { rule: 'expiry', compare: (one: Grant, other: Grant) => compareExpiry(one.expiresAt, other.expiresAt) },
  {
    rule: 'promotional-first',
    compare: (one: Grant, other: Grant) => rankOf(one.category) - rankOf(other.category),
  },
  {
    rule: 'effective',
    compare: (one: Grant, other: Grant) => compareText(one.effectiveAt, other.effectiveAt),
  },
  { rule: 'created', compare: (one: Grant, other: Grant) => compareText(one.createdAt, other.createdAt) },
] as const

/** Sorts grants into the order in which they are used. */
export function orderGrants(grants: readonly Grant[]): Grant[] {
  return [...grants].sort((one, other) => {
    for (const { compare } of grantOrder) {
      const difference = compare(one, other)
      if (difference !== 0) return difference
    }
    return compareText(one.grantId, other.grantId)
  })
}

/** What use took from grants, what it left in them, and what no grant covers. */
export type Drawdown = {
  readonly draws: readonly Draw[]
  readonly grants: readonly Grant[]
  readonly uncovered: bigint
}

/**
 * Uses grants in their order until the need is met. Grants not yet effective at `at`, or expired by then, give nothing;
 * `at` is an ISO date or instant in the same form as the grants' own. Throws RangeError for a negative need.
 */
export function drawGrants(grants: readonly Grant[], need: bigint, at: string): Drawdown {
  if (need < 0n) throw new RangeError(`A need below zero: ${need}`)
  let uncovered = need
  const draws: Draw[] = []
  const after = orderGrants(grants).map((grant) => {
    if (!isUsable(grant, at) || uncovered === 0n || grant.remaining <= 0n) return grant
    const amount = grant.remaining < uncovered ? grant.remaining : uncovered
    uncovered -= amount
    draws.push({ grantId: grant.grantId, amount })
    return { ...grant, remaining: grant.remaining - amount }
  })
  return { draws, grants: after, uncovered }
}

/** What can be used at a moment. */
export function balanceOf(grants: readonly Grant[], at: string): bigint {
  return grants.filter((grant) => isUsable(grant, at)).reduce((sum, { remaining }) => sum + remaining, 0n)
}

/**
 * Undoes draws when the invoice they paid goes away. A voided invoice never was, so its credits return;
 * a credit note gives money back, and the credits stay used (as Stripe's billing credits do).
 */
export function restoreGrants(
  grants: readonly Grant[],
  draws: readonly Draw[],
  because: 'invoice-voided' | 'credit-note',
): readonly Grant[] {
  switch (because) {
    case 'credit-note':
      return grants
    case 'invoice-voided':
      return grants.map((grant) => ({ ...grant, remaining: grant.remaining + drawnFrom(grant, draws) }))
    default:
      return assertNever(because)
  }
}

function drawnFrom({ grantId }: Grant, draws: readonly Draw[]): bigint {
  return draws.filter((draw) => draw.grantId === grantId).reduce((sum, { amount }) => sum + amount, 0n)
}

function isUsable({ effectiveAt, expiresAt }: Grant, at: string): boolean {
  return effectiveAt <= at && (expiresAt === null || at < expiresAt)
}

function compareExpiry(one: string | null, other: string | null): number {
  if (one === null || other === null) return (one === null ? 1 : 0) - (other === null ? 1 : 0)
  return compareText(one, other)
}

function rankOf(category: Grant['category']): number {
  return category === 'promotional' ? 0 : 1
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
