import type { OwnCharge } from '../domain/billing-plan.ts'
import { planBilling } from '../domain/billing-plan.ts'
import { entityOf } from '../domain/books.ts'
import { billingInstant } from '../domain/billing-plan/instant.ts'
import type { CalendarDate } from '../domain/calendar.ts'
import { dateIn } from '../domain/calendar.ts'
import type { CrmName } from '../domain/deal.ts'
import type { StoredContract } from '../store/contracts.ts'
import { loadContracts } from '../store/contracts.ts'
import { loadCustomers } from '../store/customers.ts'
import { loadDeals } from '../store/deals.ts'
import { fingerprintOf } from '../store/fingerprint.ts'
import { operationOf, providerIdsOf } from '../store/operations.ts'
import { usageChargesOf } from '../store/usage-charges.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { done } from './job.ts'
import { callOnce } from './operation.ts'
import { endItem } from './settle-item.ts'

/**
 * Puts the amounts that the provider cannot price on its invoices: fees in arrears, one-time charges, use that came too
 * late for its meter (decision 12). The subject is the contract;
 * the item sleeps until the next charge may be handed over, and ends with the last.
 */
export const handOverCharge: Job = {
  queue: 'hand-over-charge',
  batchSize: 1,
  concurrency: 4,
  async run([item], context) {
    if (!item) return
    const [contract] = await loadContracts(context.store.read, [item.subject])
    if (!contract) throw new Error(`Contract ${item.subject} is not there`)
    const ending = await handOver(contract, context)
    await context.store.unitOfWork((unit) => endItem(unit, item, ending, context, contract.caseId))
  },
}

async function handOver(contract: StoredContract, context: JobContext): Promise<Ending> {
  const { store, clock } = context
  const zone = entityOf(context.books, contract.entity)?.timeZone ?? 'UTC'
  const further = await usageChargesOf(store.read, contract.contractId)
  const charges = [
    ...(await chargesOf(contract, zone, context)),
    ...further.map(({ charge }) => charge).filter(({ amount }) => amount.amountMinor !== 0n),
  ]
  const made = await providerIdsOf(
    store.read,
    charges.map(({ chargeKey }) => chargeKey),
  )
  const open = charges.filter(({ chargeKey }) => !made.has(chargeKey))
  const now = clock.now()
  for (const charge of open.filter(({ availableFrom }) => handedOverFrom(availableFrom, zone) <= now)) {
    const ending = await handOverOne(charge, contract, context)
    if (ending.kind !== 'done') return ending
  }
  const waiting = open
    .map(({ availableFrom }) => handedOverFrom(availableFrom, zone))
    .filter((at) => at > now)
  if (waiting.length === 0) return done
  const next = new Date(Math.min(...waiting.map((at) => at.getTime())))
  return { kind: 'snooze', until: next, why: 'the next charge is not due yet' }
}

/**
 * A charge of a period waits until the invoice of the period before has been drawn up, or it would be pulled into that one.
 */
function handedOverFrom(day: CalendarDate, zone: string): Date {
  return new Date(billingInstant(zone, day).getTime() + 2 * 3_600_000)
}

/** The charges of the plan as it was when the subscription was asked for: later planning must not move them. */
async function chargesOf(
  contract: StoredContract,
  zone: string,
  context: JobContext,
): Promise<readonly OwnCharge[]> {
  const [held] = await loadDeals(context.store.read, [contract.caseId])
  if (!held) throw new Error(`Case ${contract.caseId} is not there`)
  const planOn = (instant: Date) =>
    planBilling(contract.version, {
      asOf: dateIn(zone, instant),
      zone,
      crm: held.crm as CrmName,
      org: held.org,
    })
  const first = planOn(contract.activatedAt ?? context.clock.now())
  if (!first.ok) throw new Error(`Contract ${contract.contractId} can no longer be planned`)
  const last = first.value.steps.at(-1)
  const asked = last ? await operationOf(context.store.read, last.opKey) : null
  const plan = asked?.firstSentAt ? planOn(asked.firstSentAt) : first
  return plan.ok ? plan.value.ownCharges : first.value.ownCharges
}

async function handOverOne(
  charge: OwnCharge,
  contract: StoredContract,
  context: JobContext,
): Promise<Ending> {
  const [customer] = await loadCustomers(context.store.read, [contract.customerId])
  const { subscriptionId } = contract
  const customerId = customer?.providerCustomerId
  if (!customerId || subscriptionId === null)
    throw new Error(`Contract ${contract.contractId} is not set up for billing`)
  const made = await callOnce(
    {
      operation: {
        opKey: charge.chargeKey,
        fingerprint: fingerprintOf(charge),
        provider: 'stripe',
        kind: 'charge',
        subject: contract.contractId,
      },
      doing: `put "${charge.description}" on the invoice of contract ${contract.number}`,
      ask: () => context.billing.charge(charge, { customerId, subscriptionId }),
      look: () => context.billing.findCharge(charge, { customerId }),
    },
    context,
  )
  return made.kind === 'made' ? done : made.ending
}
