import { expect } from 'vitest'
import { reportOn } from '../../src/cli/demo/report.ts'
import { postUsage } from '../../src/cli/demo/post-usage.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { acmeBank } from '../../src/cli/demo/story-deals.ts'
import { balancesByContractLine } from '../../src/store/balances.ts'
import { countUsage } from '../../src/store/count-usage.ts'
import { contractsOfCustomer, type StoredContract } from '../../src/store/contracts.ts'
import { billedLines } from '../../src/store/tie-out-lookup.ts'
import { usageChargesOf, type UsageCharge } from '../../src/store/usage-charges.ts'
import { windowOf, type StoredWindow } from '../../src/store/usage-windows.ts'
import type { SmallWorld, SmallWorldOptions } from './small-world.ts'
import { bookOf, closeInSalesforce, smallWorld } from './small-world.ts'

/** A product code says what the default mapping has no field for. */
const lineRows = `
      - target: model
        cel: 'line.ProductCode == "PACKAGES" ? "package" : line.ProductCode == "VOLUME" ? "volume" : dyn(null)'
      - target: minimum
        cel: 'line.ProductCode == "MINIMUM" ? dyn(100) : dyn(null)'
      - target: commit.amount
        cel: 'line.ProductCode == "COMMITTED" ? dyn(3000) : dyn(null)'
      - target: commit.periodMonths
        cel: 'line.ProductCode == "COMMITTED" ? "3" : dyn(null)'
      - target: commit.trueUp
        cel: 'line.ProductCode == "COMMITTED" ? "invoice-shortfall" : dyn(null)'
`

const usageLine = {
  Quantity: 1,
  UnitPrice: 0,
  Line_Kind__c: 'Usage',
  Billing_Timing__c: 'Arrears',
  Meter__c: 'calls',
} as const

/** Lines that no price of Stripe's settles, by their product code: 1,000 calls for 5.00 a package; and so on. */
const lines = {
  PACKAGES: { Unit_Size__c: 1000, Overage_Price__c: 5 },
  MINIMUM: { Unit_Size__c: 1, Overage_Price__c: 0.01 },
  VOLUME: { Unit_Size__c: 1, Overage_Price__c: 0.02, Included_Units__c: 1000 },
  COMMITTED: { Unit_Size__c: 1, Overage_Price__c: 1 },
} as const

type Sold = {
  readonly at?: string
  readonly months?: number
  readonly frequency?: 'Monthly' | 'Quarterly'
  /** What is sold besides the calls. */
  readonly besides?: readonly (typeof acmeBank.lines)[number][]
}

/** A world in which Acme Bank has bought calls from 1 January 2026 on, at half past twelve on 20 January unless said otherwise. */
export async function worldOfCalls(
  code: keyof typeof lines,
  {
    at = '2026-01-20T12:30:00Z',
    months = 12,
    frequency = 'Monthly',
    besides = [],
    ...options
  }: SmallWorldOptions & Sold = {},
): Promise<SmallWorld> {
  const world = await smallWorld({ ...options, lineRows })
  const product = { Name: 'Calls', ProductCode: code, Family: 'usage', listPrice: 0 }
  await closeInSalesforce(world, {
    ...acmeBank,
    Name: 'Acme Bank: calls',
    Contract_Months__c: months,
    lines: [...besides, { ...usageLine, ...lines[code], Billing_Frequency__c: frequency, product }],
  })
  await world.advanceTo(new Date(at))
  return world
}

/** Acme Bank's contract. */
export async function contractOfAcme(world: SmallWorld): Promise<StoredContract> {
  const { customerId } = await customerNamed(world, 'Acme Bank')
  const [contract] = await contractsOfCustomer(world.hub.context.store.read, customerId)
  if (contract === undefined) throw new Error('Acme Bank has no contract')
  return contract
}

/** Acme Bank makes calls at an instant, told under an id. */
export async function useCalls(world: SmallWorld, id: string, time: string, value: string): Promise<void> {
  const { crmAccountId: subject } = await customerNamed(world, 'Acme Bank')
  const event = { id, source: 'test', type: 'calls', subject, time, data: { value } }
  expect(await postUsage(world, [event])).toMatchObject({ accepted: 1 })
}

/** Acme Bank takes calls back that it told. */
export async function retractCalls(world: SmallWorld, id: string): Promise<void> {
  const { crmAccountId: subject } = await customerNamed(world, 'Acme Bank')
  const { clock, store } = world.hub.context
  const time = clock.now().toISOString()
  const event = {
    specversion: '1.0',
    id: `not-${id}`,
    source: 'test',
    type: 'calls',
    subject,
    time,
    retracts: id,
  }
  const answer = await fetch(`${world.hubUrl}/v1/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await world.usageKey()}`,
      'content-type': 'application/cloudevents+json',
    },
    body: JSON.stringify(event),
  })
  expect(answer.status).toBe(202)
  await countUsage(store, world.hub.context)
}

/** Amounts that were charged of Acme Bank's calls, in cents, in the order they were planned, without those that come to nothing. */
export async function chargedCalls(world: SmallWorld): Promise<bigint[]> {
  const amounts = (await chargesOfAcme(world)).map(({ charge }) => charge.amount.amountMinor)
  return amounts.filter((minor) => minor !== 0n)
}

/** What was recognized of Acme Bank's calls in a month, in cents. */
export async function earnedCalls(world: SmallWorld, month: string): Promise<bigint> {
  const revenue = /revenue-recognized (debit|credit) revenue:\S+ (\d+) USD$/
  return (await bookOf(world, 'us', month)).reduce((sum, line) => {
    const [, side, minor] = revenue.exec(line) ?? []
    if (minor === undefined) return sum
    return side === 'credit' ? sum + BigInt(minor) : sum - BigInt(minor)
  }, 0n)
}

/** Where the books have Acme Bank's calls: what is billed and not earned, less what is earned and not billed, in cents. */
export async function standingOfCalls(world: SmallWorld): Promise<bigint> {
  const rows = await balancesByContractLine(world.hub.context.store.read, [
    'contract-liability',
    'unbilled-receivable',
  ])
  return rows.reduce((sum, { balance }) => sum - balance.amountMinor, 0n)
}

/** An hour of Acme Bank's calls as the hub holds it. */
export async function heldCalls(world: SmallWorld, startsAt: string): Promise<StoredWindow | null> {
  const { customerId } = await customerNamed(world, 'Acme Bank')
  return windowOf(world.hub.context.store.read, { customerId, meter: 'calls', startsAt: new Date(startsAt) })
}

/** What was charged of Acme Bank's calls, in the order it was planned. */
export async function chargesOfAcme(world: SmallWorld): Promise<UsageCharge[]> {
  return usageChargesOf(world.hub.context.store.read, (await contractOfAcme(world)).contractId)
}

/** What the comparisons of the books name. */
export async function differencesIn(world: SmallWorld) {
  return (await reportOn(world)).report.differences
}

/** Lets time pass until the fourth of each month, when the month before has been closed, up to one. */
export async function passMonths(world: SmallWorld, ...months: readonly string[]): Promise<void> {
  for (const month of months) {
    await world.advanceTo(new Date(`${month}-04T12:00:00Z`))
    await world.catchUp()
  }
}

/** Amounts of the finalized invoice lines of Acme Bank's calls, in cents, and the days they are for; in order of the days. */
export async function billedCalls(world: SmallWorld): Promise<[bigint, string, string][]> {
  const billed = await billedLines(world.hub.context.store.read)
  return billed
    .filter(({ netMinor }) => netMinor !== 0n)
    .map(({ netMinor, startsOn, endsBefore }): [bigint, string, string] => [netMinor, startsOn, endsBefore])
    .sort(([one, from], [other, since]) => (from === since ? Number(one - other) : from < since ? -1 : 1))
}
