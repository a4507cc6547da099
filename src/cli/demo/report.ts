import { contractValue } from '../../domain/contract-value.ts'
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
import type { AcmeFigures } from './acme.ts'
import { acmeOf } from './acme.ts'
import type { TraceCounts } from './usage-trace.ts'
import type { World } from './world.ts'

/** What the demo prints with `--json`; amounts are decimal strings of the first entity's currency. */
export type DemoReport = {
  readonly acme: AcmeFigures | null
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

/** A report and what stands behind it: the comparisons, and the formula of the sample deal's overage. */
export type Reported = {
  readonly report: DemoReport
  readonly tiedOut: readonly TiedOut[]
  /** What amounts without a currency are in. */
  readonly currency: string
  readonly overageFormula: string | null
}

/** Compares all books and sums the world up. */
export async function reportOn(world: World, usage: TraceCounts | null = null): Promise<Reported> {
  const { context } = world.hub
  const tiedOut = await tieOut(context)
  const contracts = await allContracts(world)
  const acme = await acmeOf(world, contracts)
  const home = context.books.entities[0]?.functionalCurrency ?? 'USD'
  const figures = await figuresByCurrency(world, contracts)
  const { [home]: main = nothing(home), ...others } = figures
  const report: DemoReport = {
    acme: acme?.figures ?? null,
    deals: await dealFigures(world, home),
    ...main,
    ...(Object.keys(others).length > 0 ? { otherCurrencies: others } : {}),
    ...(usage === null ? {} : { usage }),
    erpTotalsMatch: tiedOut.some(
      (result) => result.name === 'erp' && 'differences' in result && result.differences.length === 0,
    ),
    differences: tiedOut.flatMap(differencesOf),
  }
  return { report, tiedOut, currency: home, overageFormula: acme?.formula ?? null }
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

/** What holds no deal up. */
const warnings = ['COUNTRY', 'TCV_MISMATCH']

async function dealFigures({ hub }: World, currency: string): Promise<DemoReport['deals']> {
  const { read } = hub.context.store
  const states = new Map((await countDealsByState(read)).map(({ state, count }) => [state, count]))
  const groups = (await exceptionGroups(read)).filter(({ code }) => !warnings.includes(code))
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

/** Writes the report for a terminal. */
export function writeReport({ report, tiedOut, currency, overageFormula }: Reported): string {
  const { acme, deals } = report
  const lines = [
    '',
    `Deals        ${deals.won} won, ${deals.active} active, ${deals.exceptions} waiting for a person`,
    ...deals.exceptionGroups.map(
      ({ code, count, amount }) => `             ${count} × ${code}, ${amount} blocked`,
    ),
    ...contractLines(report, currency),
    ...(acme
      ? [
          `Acme Bank    first invoice ${acme.firstInvoice.total}, PO ${acme.firstInvoice.poNumber ?? 'missing'}, due in ${acme.firstInvoice.daysUntilDue ?? '?'} days`,
          `             overage: ${overageFormula ?? `${acme.overage}, no use in the first month`}`,
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

/** The figures of each currency in a line of its own, because they do not add up. */
function contractLines(report: DemoReport, currency: string): string[] {
  const byCurrency = { [currency]: report, ...report.otherCurrencies }
  return Object.entries(byCurrency).map(
    ([name, { contractValue: worth, recognized, contractLiability }], place) =>
      `${(place === 0 ? 'Contracts' : '').padEnd(13)}worth ${worth} ${name}; recognized ${recognized}; contract liability ${contractLiability}`,
  )
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
