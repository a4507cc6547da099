import { obligationsOf } from '../domain/contract-value.ts'
import type { ContractVersion } from '../domain/contract.ts'
import type { InvoiceFinalized } from '../domain/fact.ts'
import { money } from '../domain/money.ts'
import type { Obligation } from '../domain/obligation.ts'
import { takenObligation } from '../domain/obligation.ts'
import type { BilledService } from '../domain/rebilling.ts'
import { billedServices, rebilledObligations } from '../domain/rebilling.ts'
import type { TakenLine } from '../store/book-lookup.ts'
import { finalizationsOf, invoicesOfContracts, takenLines } from '../store/book-lookup.ts'
import type { Reader } from '../store/unit-of-work.ts'

/** What happened to a contract's invoices that revenue must follow: what was taken off its future, and what they billed. */
export type InvoiceChanges = {
  readonly taken: readonly Obligation[]
  readonly billed: readonly BilledService[]
}

/** The changes of every contract of an entity from whose invoices anything was taken off. */
export async function changesByContract(
  reader: Reader,
  entity: string,
): Promise<Map<string, InvoiceChanges>> {
  const lines = await takenLines(reader, entity)
  const byContract = Map.groupBy(lines, ({ contractId }) => contractId)
  if (byContract.size === 0) return new Map()
  const billed = await invoicesOfContracts(reader, [...byContract.keys()])
  const invoices = await finalizationsOf(
    reader,
    billed.map(({ invoiceId }) => invoiceId),
  )
  const byInvoice = Map.groupBy(lines, ({ invoiceId }) => invoiceId)
  const services = billed.flatMap(({ invoiceId, billedOn }) => {
    const invoice = invoices.get(invoiceId)
    return invoice === undefined ? [] : billedServices(invoice, billedOn, takenOff(byInvoice.get(invoiceId)))
  })
  const servicesByContract = Map.groupBy(services, ({ contractId }) => contractId)
  return new Map(
    [...byContract].map(([contractId, ours]) => [
      contractId,
      {
        taken: ours.map((line) => obligationOf(line, invoices.get(line.invoiceId))),
        billed: servicesByContract.get(contractId) ?? [],
      },
    ]),
  )
}

/** The obligations that voids, credits, refunds and disputes add to a contract's own; negative where they take away. */
export function changedObligations(
  version: ContractVersion,
  changes: InvoiceChanges | undefined,
): Obligation[] {
  if (changes === undefined) return []
  return [...changes.taken, ...rebilledObligations(obligationsOf(version), changes.billed)]
}

function obligationOf(line: TakenLine, invoice: InvoiceFinalized | undefined): Obligation {
  const { contractId, lineId, accountingDate, currency, amountMinor } = line
  const services = (invoice?.lines ?? [])
    .filter((billed) => billed.contractId === contractId && billed.lineId === lineId)
    .map(({ service }) => service)
  const price = money(currency, amountMinor)
  return takenObligation({ contractId, lineId, price, takenOn: accountingDate, services })
}

/** What was taken off an invoice, past and future together, by contract line. */
function takenOff(lines: readonly TakenLine[] = []): Map<string, bigint> {
  const taken = new Map<string, bigint>()
  for (const { lineId, amountMinor, contraMinor } of lines) {
    taken.set(lineId, (taken.get(lineId) ?? 0n) + amountMinor + contraMinor)
  }
  return taken
}
