import { formatMoney } from '../../domain/money.ts'
import { moneyOut } from '../../http/shapes.ts'
import type { TraceNode } from '../../http/trace.ts'
import { traceOf } from '../../http/trace.ts'
import { CommandError } from '../exit-codes.ts'
import { withDatabase } from './command-database.ts'
import type { Outcome, Session } from './run-command.ts'
import { outputWidth, table } from './table.ts'

/** `tieout ledger trace`. Throws CommandError when nothing is known by the id. */
export function traceMoney(session: Session, id: string): Promise<Outcome> {
  return withDatabase(session, async ({ store }) => {
    const trace = await traceOf(store.read, id)
    if (trace === null) {
      throw new CommandError(
        'not-found',
        `Nothing is known as ${id}: no deal, contract, subscription, invoice, transaction, journal or payment.`,
        'tieout deals list',
      )
    }
    return {
      data: { id, nodes: trace.nodes.map(nodeOut), is_cut: trace.isCut },
      text: traceTable(trace.nodes),
      ...(trace.isCut ? { warnings: ['More than 1,000 transactions: the rest is not shown.'] } : {}),
    }
  })
}

function nodeOut({ at, amount, from, ...node }: TraceNode) {
  return { ...node, at: at?.toISOString() ?? null, amount: amount === null ? null : moneyOut(amount), from }
}

function traceTable(nodes: readonly TraceNode[]): string {
  const columns = [
    { heading: 'WHAT', narrows: true },
    { heading: 'ID' },
    { heading: 'STATE' },
    { heading: 'WHEN' },
    { heading: 'AMOUNT', side: 'right' as const },
  ]
  const rows = nodes.map(({ title, id, state, at, amount }) => [
    title,
    id,
    state ?? '',
    at === null ? '' : at.toISOString().slice(0, 10),
    amount === null ? '' : formatMoney(amount),
  ])
  return table(columns, rows, outputWidth())
}
