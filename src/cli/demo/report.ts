import type { InvoiceFinalized } from '../../domain/fact.ts'
import { contractValue } from '../../domain/contract-value.ts'
import { daysFromTo, dateIn } from '../../domain/calendar.ts'
import { add, money, toDecimal, zero } from '../../domain/money.ts'
import type { Money } from '../../domain/money.ts'
import type { Difference } from '../../domain/reconcile.ts'
import { tieOuts } from '../../domain/reconcile.ts'
import type { TiedOut } from '../../jobs/reconcile-books.ts'
import { tieOut } from '../../jobs/reconcile-books.ts'
import { trialBalance } from '../../store/balances.ts'
import { contractsOfEntity } from '../../store/contracts.ts'
import type { StoredContract } from '../../store/contracts.ts'
import { countDealsByState } from '../../store/deals.ts'
import { exceptionGroups } from '../../store/exceptions.ts'
import { factsOfKind } from '../../store/facts.ts'
import type { TraceCounts } from './usage-trace.ts'
import type { World } from './world.ts'

/** What the demo prints with `--json`; amounts are decimal strings of the first entity's currency. */
export type DemoReport = {
  readonly acme: {
    readonly overage: string
    readonly firstInvoice: {
      readonly total: string
      readonly poNumber: string | null
      readonly daysUntilDue: number | null
    }
  } | null
  readonly deals: {
    readonly won: number
    readonly active: number
    readonly exceptions: number
    readonly exceptionGroups: readonly {
      readonly code: string
      readonly count: number
      readonly amount: string
    }[]
  }
  readonly contractValue: string
  readonly recognized: string
  readonly contractLiability: string
  /** The same three figures for other currencies, where there are any. */
  readonly otherCurrencies?: Readonly<
    Record<string, { contractValue: string; recognized: string; contractLiability: string }>
  >
  /** With `--usage`: what the hub acknowledged of the trace. */
  readonly usage?: TraceCounts
  readonly erpTotalsMatch: boolean
  readonly differences: readonly Difference[]
}

/** A report and the comparisons behind it. */
export type Reported = { readonly report: DemoReport; readonly tiedOut: readonly TiedOut[] }

/** Compares all books and sums the world up. */
export async function reportOn(world: World, usage: TraceCounts | null = null): Promise<Reported> {
  const { context } = world.hub
  const tiedOut = await tieOut(context)
  const contracts = await allContracts(world)
  const home = context.books.entities[0]?.functionalCurrency ?? 'USD'
  const figures = await figuresByCurrency(world, contracts)
  const { [home]: main = nothing(home), ...others } = figures
  const report: DemoReport = {
    acme: await acmeFigures(world, contracts),
    deals: await dealFigures(world, home),
    ...main,
    ...(Object.keys(others).length > 0 ? { otherCurrencies: others } : {}),
    ...(usage === null ? {} : { usage }),
    erpTotalsMatch: tiedOut.some(
      (result) => result.name === 'erp' && 'differences' in result && result.differences.length === 0,
    ),
    differences: tiedOut.flatMap(differencesOf),
  }
  return { report, tiedOut }
}

/** A comparison that could not be made is a difference too: not knowing is not agreeing. */
function differencesOf(result: TiedOut): readonly Difference[] {
  if ('differences' in result) return result.differences
  return [
    {
      tieOut: result.name,
      item: 'all',
      left: null,
      right: null,
      cause: `could not be compared: ${result.failed}`,
    },
  ]
}

async function allContracts({ hub }: World): Promise<StoredContract[]> {
  const contracts: StoredContract[] = []
  for (const { id } of hub.context.books.entities) {
    for await (const page of contractsOfEntity(hub.context.store.read, id)) contracts.push(...page)
  }
  return contracts
}

async function figuresByCurrency({ hub }: World, contracts: readonly StoredContract[]) {
  const worth = new Map<string, Money>()
  for (const { version } of contracts) {
    const value = contractValue(version.terms)
    worth.set(value.currency, add(worth.get(value.currency) ?? zero(value.currency), value))
  }
  const balances = await trialBalance(hub.context.store.read)
  const balance = (kind: string, currency: string) =>
    balances
      .filter(({ account, debit }) => account.kind === kind && debit.currency === currency)
      .reduce((total, { debit, credit }) => total + credit.amountMinor - debit.amountMinor, 0n)
  return Object.fromEntries(
    [...worth].map(([currency, value]) => [
      currency,
      {
        contractValue: toDecimal(value),
        recognized: toDecimal(money(currency, balance('revenue', currency))),
        contractLiability: toDecimal(money(currency, balance('contract-liability', currency))),
      },
    ]),
  )
}

function nothing(currency: string) {
  const none = toDecimal(zero(currency))
  return { contractValue: none, recognized: none, contractLiability: none }
}

async function dealFigures({ hub }: World, currency: string): Promise<DemoReport['deals']> {
  const { read } = hub.context.store
  const states = new Map((await countDealsByState(read)).map(({ state, count }) => [state, count]))
  const groups = (await exceptionGroups(read)).filter(
    ({ code }) => code !== 'COUNTRY' && code !== 'TCV_MISMATCH',
  )
  return {
    won: [...states.values()].reduce((total, count) => total + count, 0),
    active: states.get('active') ?? 0,
    exceptions: states.get('exception') ?? 0,
    exceptionGroups: groups.map(({ code, count, amounts }) => ({
      code,
      count,
      amount: toDecimal(
        amounts.find((amount) => amount.currency === currency) ?? amounts[0] ?? zero(currency),
      ),
    })),
  }
}

/** The first invoice of the sample deal, as Stripe finalized it. */
async function acmeFigures(
  { hub }: World,
  contracts: readonly StoredContract[],
): Promise<DemoReport['acme']> {
  const acme = contracts.find(({ version }) => version.terms.customer.name === 'Acme Bank')
  if (!acme) return null
  const first = await firstInvoice(hub.context.store.read, acme.contractId)
  if (!first) return null
  const usage = acme.version.terms.lines.find(({ kind }) => kind === 'usage')
  const overage = first.lines
    .filter(({ lineId }) => lineId === usage?.lineId)
    .reduce((total, { net }) => total + net.amountMinor, 0n)
  const zone = hub.context.books.entities.find(({ id }) => id === acme.entity)?.timeZone ?? 'UTC'
  return {
    overage: toDecimal(money(first.total.currency, overage)),
    firstInvoice: {
      total: toDecimal(first.total),
      poNumber: first.customFields.find(({ name }) => /^po/i.test(name))?.value ?? null,
      daysUntilDue: first.dueOn === null ? null : daysFromTo(dateIn(zone, first.occurredAt), first.dueOn),
    },
  }
}

async function firstInvoice(
  read: Parameters<typeof factsOfKind>[0],
  contractId: string,
): Promise<InvoiceFinalized | null> {
  const invoices: InvoiceFinalized[] = []
  for await (const page of factsOfKind(read, ['invoice-finalized'])) {
    for (const fact of page)
      if (fact.kind === 'invoice-finalized' && fact.contractId === contractId) invoices.push(fact)
  }
  return invoices.sort((left, right) => left.occurredAt.getTime() - right.occurredAt.getTime())[0] ?? null
}

/** Writes the report for a terminal. */
export function writeReport({ report, tiedOut }: Reported): string {
  const { acme, deals } = report
  const lines = [
    '',
    `Deals        ${deals.won} won, ${deals.active} active, ${deals.exceptions} waiting for a person`,
    ...deals.exceptionGroups.map(
      ({ code, count, amount }) => `             ${count} × ${code}, ${amount} blocked`,
    ),
    `Contracts    worth ${report.contractValue}; recognized ${report.recognized}; contract liability ${report.contractLiability}`,
    ...(acme
      ? [
          `Acme Bank    first invoice ${acme.firstInvoice.total}, PO ${acme.firstInvoice.poNumber ?? 'missing'}, due in ${acme.firstInvoice.daysUntilDue ?? '?'} days`,
          `             overage ${acme.overage}: 3,000,000 tokens over ÷ 1,000 × 0.004 × (1 − 20 %)`,
        ]
      : []),
    ...usageLines(report.usage),
    '',
    'Tie-out',
    ...tiedOut.map(lineOf),
    '',
  ]
  return lines.join('\n')
}

function usageLines(usage: DemoReport['usage']): string[] {
  if (usage === undefined) return []
  const { sent, sentAgain } = usage
  return [
    `Usage        sent: ${sent.accepted} accepted, ${sent.duplicates} duplicates; sent again: ${sentAgain.accepted} accepted, ${sentAgain.duplicates} duplicates`,
  ]
}

function lineOf(result: TiedOut): string {
  const { from, to } = tieOuts.find(({ name }) => name === result.name) ?? { from: '', to: '' }
  const name = result.name.padEnd(10)
  if (!('differences' in result))
    return `  ? ${name} ${from} = ${to}: could not be compared (${result.failed})`
  const mark = result.differences.length === 0 ? '✓' : '✗'
  const count = result.differences.length
  return `  ${mark} ${name} ${from} = ${to}: ${result.population} compared, ${count} difference${count === 1 ? '' : 's'}`
}
