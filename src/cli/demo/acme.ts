import { addMonths, dateIn, daysFromTo, startOfDay } from '../../domain/calendar.ts'
import type { UsageLine } from '../../domain/contract.ts'
import type { InvoiceFinalized } from '../../domain/fact.ts'
import { money, toDecimal } from '../../domain/money.ts'
import { rateUsageLine } from '../../domain/rating.ts'
import type { StoredContract } from '../../store/contracts.ts'
import { factsOfKind } from '../../store/facts.ts'
import { usageOfMonth } from '../../store/usage-windows.ts'
import type { World } from './world.ts'

/** What the sample deal came to: amounts as decimal strings. */
export type AcmeFigures = {
  readonly overage: string
  readonly firstInvoice: {
    readonly total: string
    readonly poNumber: string | null
    readonly daysUntilDue: number | null
  }
}

/** The sample deal's first invoice as Stripe finalized it, and the formula of its overage; null before there is one. */
export async function acmeOf(
  world: World,
  contracts: readonly StoredContract[],
): Promise<{ figures: AcmeFigures; formula: string | null } | null> {
  const acme = contracts.find(({ version }) => version.terms.customer.name === 'Acme Bank')
  if (!acme) return null
  const first = await firstInvoice(world, acme.contractId)
  if (!first) return null
  const zone = zoneOf(world, acme)
  const line = acme.version.terms.lines.find((one) => one.kind === 'usage')
  return {
    figures: {
      overage: overageOn(first, line?.lineId),
      firstInvoice: {
        total: toDecimal(first.total),
        poNumber: first.customFields.find(({ name }) => /^po/i.test(name))?.value ?? null,
        daysUntilDue: first.dueOn === null ? null : daysFromTo(dateIn(zone, first.occurredAt), first.dueOn),
      },
    },
    formula: line === undefined ? null : await formulaOf(world, acme, line, zone),
  }
}

function zoneOf({ hub }: World, { entity }: StoredContract): string {
  return hub.context.books.entities.find(({ id }) => id === entity)?.timeZone ?? 'UTC'
}

function overageOn({ lines, total }: InvoiceFinalized, usageLineId: string | undefined): string {
  const minor = lines
    .filter(({ lineId }) => lineId === usageLineId)
    .reduce((sum, { net }) => sum + net.amountMinor, 0n)
  return toDecimal(money(total.currency, minor))
}

/** How the use of the first month became an amount, by the terms of the contract. */
async function formulaOf(
  { hub }: World,
  { customerId, currency, version }: StoredContract,
  line: UsageLine,
  zone: string,
): Promise<string> {
  const { startsOn } = version.terms
  const [from, to] = [startsOn, addMonths(startsOn, 1)].map((date) => startOfDay(zone, date)) as [Date, Date]
  const quantity = await usageOfMonth(hub.context.store.read, customerId, line.meter, from, to)
  return rateUsageLine(line, quantity, currency).explanation
}

async function firstInvoice({ hub }: World, contractId: string): Promise<InvoiceFinalized | null> {
  const invoices: InvoiceFinalized[] = []
  for await (const page of factsOfKind(hub.context.store.read, ['invoice-finalized'])) {
    for (const fact of page)
      if (fact.kind === 'invoice-finalized' && fact.contractId === contractId) invoices.push(fact)
  }
  return invoices.sort((left, right) => left.occurredAt.getTime() - right.occurredAt.getTime())[0] ?? null
}
