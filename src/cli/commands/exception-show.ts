import { formatMoney, money } from '../../domain/money.ts'
import { exceptionOut } from '../../http/api/exception-shapes.ts'
import { loadDeals } from '../../store/deals.ts'
import type { Exception } from '../../store/exceptions.ts'
import { exceptionOf } from '../../store/exceptions.ts'
import type { Reader } from '../../store/unit-of-work.ts'
import { CommandError } from '../exit-codes.ts'
import { withDatabase } from './command-database.ts'
import { groupKey } from './exception-list.ts'
import type { Outcome, Session } from './run-command.ts'
import { pairs } from './table.ts'

/** `tieout exceptions show`. Throws CommandError when there is no such exception. */
export function showException(session: Session, id: string): Promise<Outcome> {
  return withDatabase(session, async ({ store }) => {
    const held = await exceptionNamed(store.read, id)
    const [deal] = held.caseId === null ? [] : await loadDeals(store.read, [held.caseId])
    const { amountMinor, currency, resolvedAt, resolvedBy, resolution } = held
    const text = pairs([
      ['Exception', `${held.exceptionId}, ${held.state}`],
      ['What stops', held.sentence],
      ['What to do', `${held.action} (${held.owner})`],
      [
        'Waits',
        amountMinor === null || currency === null ? 'no amount' : formatMoney(money(currency, amountMinor)),
      ],
      ['Code', `${held.code} in ${held.field}`],
      ['Found', held.found ?? 'nothing'],
      ['Cause', `${held.cause}  (group ${groupKey(held)})`],
      ['Deal', deal === undefined ? 'none' : `${deal.name ?? deal.dealId} (${deal.crm} ${deal.dealId})`],
      ['Stopped', `${held.queue} of ${held.subject}`],
      ['Since', held.openedAt.toISOString()],
      ...(resolvedAt === null
        ? []
        : [['Settled', `${resolvedAt.toISOString()} by ${resolvedBy ?? ''}: ${resolution ?? ''}`] as const]),
    ])
    const next = `tieout exceptions replay ${held.exceptionId} --wait    once it is mended`
    return { data: exceptionOut(held), text, ...(held.state === 'open' ? { next } : {}) }
  })
}

/** An exception by its id. Throws CommandError when there is none. */
export async function exceptionNamed(reader: Reader, id: string): Promise<Exception> {
  const held = await exceptionOf(reader, id)
  if (held === null) {
    throw new CommandError('not-found', `No exception is known as ${id}.`, 'tieout exceptions list --items')
  }
  return held
}
