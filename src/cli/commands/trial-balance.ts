import { accountName } from '../../domain/chart.ts'
import type { Money } from '../../domain/money.ts'
import { add, formatMoney, subtract, zero } from '../../domain/money.ts'
import { accountOut } from '../../http/api/ledger-shapes.ts'
import { moneyOut } from '../../http/shapes.ts'
import type { AccountBalance } from '../../store/balances.ts'
import { trialBalance } from '../../store/balances.ts'
import { withDatabase } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import { outputWidth, table } from './table.ts'

export type TrialBalanceOptions = CommonOptions & {
  readonly entity?: string
  readonly currency?: string
  readonly month?: string
  readonly through?: string
}

type Total = { readonly entity: string; readonly debit: Money; readonly credit: Money }

/** `tieout ledger trial-balance`. Ends with the code for differences when debits and credits do not add up to the same. */
export function showTrialBalance(session: Session, options: TrialBalanceOptions): Promise<Outcome> {
  const { entity, currency, month, through } = options
  const filter = {
    ...(entity ? { entity } : {}),
    ...(currency ? { currency: currency.toUpperCase() } : {}),
    ...(month ? { month } : {}),
    ...(through ? { throughMonth: through } : {}),
  }
  return withDatabase(session, async ({ store }) => {
    const balances = await trialBalance(store.read, filter)
    const totals = totalsOf(balances)
    const isBalanced = totals.every(isEven)
    return {
      data: { rows: balances.map(rowOut), totals: totals.map(totalOut) },
      text: balances.length === 0 ? 'Nothing is booked there.' : textOf(balances, totals),
      ...(isBalanced ? {} : { exit: 'differences' as const }),
    }
  })
}

function isEven({ debit, credit }: Total): boolean {
  return debit.amountMinor === credit.amountMinor
}

function totalsOf(balances: readonly AccountBalance[]): Total[] {
  const groups = Map.groupBy(balances, ({ entity, debit }) => `${entity} ${debit.currency}`)
  return [...groups.values()].map((group) => {
    const currency = group[0]?.debit.currency ?? ''
    return {
      entity: group[0]?.entity ?? '',
      debit: group.map(({ debit }) => debit).reduce(add, zero(currency)),
      credit: group.map(({ credit }) => credit).reduce(add, zero(currency)),
    }
  })
}

function rowOut({ entity, account, debit, credit }: AccountBalance) {
  const balance = moneyOut(subtract(debit, credit))
  return { entity, account: accountOut(account), debit: moneyOut(debit), credit: moneyOut(credit), balance }
}

function totalOut(total: Total) {
  const { entity, debit, credit } = total
  return { entity, debit: moneyOut(debit), credit: moneyOut(credit), balanced: isEven(total) }
}

function textOf(balances: readonly AccountBalance[], totals: readonly Total[]): string {
  const columns = [
    { heading: 'ENTITY' },
    { heading: 'ACCOUNT', narrows: true },
    { heading: 'DEBIT', side: 'right' as const },
    { heading: 'CREDIT', side: 'right' as const },
    { heading: 'BALANCE', side: 'right' as const },
  ]
  const rows = balances.map(({ entity, account, debit, credit }) => [
    entity,
    accountName(account),
    formatMoney(debit),
    formatMoney(credit),
    formatMoney(subtract(debit, credit)),
  ])
  const sums = totals.map(({ entity, debit, credit }) => [
    entity,
    'TOTAL',
    formatMoney(debit),
    formatMoney(credit),
    formatMoney(subtract(debit, credit)),
  ])
  return table(columns, [...rows, ...sums], outputWidth())
}
