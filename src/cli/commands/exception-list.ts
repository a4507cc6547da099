import type { IssueCode } from '../../domain/issue.ts'
import { formatMoney, money } from '../../domain/money.ts'
import { exceptionOut } from '../../http/api/exception-shapes.ts'
import { moneyOut } from '../../http/shapes.ts'
import { systemClock } from '../../ports/clock.ts'
import type { Exception, ExceptionGroup } from '../../store/exceptions.ts'
import { exceptionGroups, listExceptions } from '../../store/exceptions.ts'
import { hashOf } from '../../store/fingerprint.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { withDatabase } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import { outputWidth, table } from './table.ts'

export type ExceptionListOptions = CommonOptions & {
  readonly items?: boolean
  readonly state: 'open' | 'resolved' | 'ignored'
  readonly code?: IssueCode
  readonly limit: number
  readonly after?: string
}

/** `tieout exceptions list`. */
export function listExceptionsCommand(session: Session, options: ExceptionListOptions): Promise<Outcome> {
  return withDatabase(session, ({ store }) =>
    options.items === true ? listItems(store, options) : listGroups(store, options),
  )
}

/** A short name for a group, the same each time, that is easier to hand over than a sentence. */
export function groupKey({ code, cause }: Pick<ExceptionGroup, 'code' | 'cause'>): string {
  return hashOf(`${code}\n${cause}`).slice(0, 8)
}

async function listGroups(store: Store, { code, limit }: ExceptionListOptions): Promise<Outcome> {
  const all = (await exceptionGroups(store.read)).filter((group) => code === undefined || group.code === code)
  const groups = all.slice(0, limit)
  const [first] = groups
  return {
    data: { groups: groups.map(groupOut) },
    text: first === undefined ? 'Nothing waits for a person.' : groupTable(groups),
    ...(first === undefined
      ? {}
      : { next: `tieout exceptions replay --group ${groupKey(first)}    once its cause is mended` }),
  }
}

function groupOut(group: ExceptionGroup) {
  const { code, cause, owner, count, oldestAt, amounts } = group
  const key = groupKey(group)
  return { key, code, cause, owner, count, oldest_at: oldestAt.toISOString(), amounts: amounts.map(moneyOut) }
}

function groupTable(groups: readonly ExceptionGroup[]): string {
  const columns = [
    { heading: 'GROUP' },
    { heading: 'COUNT', side: 'right' as const },
    { heading: 'WAITS', side: 'right' as const },
    { heading: 'CODE' },
    { heading: 'CAUSE', narrows: true },
    { heading: 'OWNER' },
    { heading: 'SINCE' },
  ]
  const rows = groups.map((group) => [
    groupKey(group),
    String(group.count),
    group.amounts.map(formatMoney).join(' + '),
    group.code,
    group.cause,
    group.owner,
    group.oldestAt.toISOString().slice(0, 10),
  ])
  return table(columns, rows, outputWidth())
}

async function listItems(
  store: Store,
  { state, code, limit, after }: ExceptionListOptions,
): Promise<Outcome> {
  const filter = { state, limit: limit + 1, ...(code ? { code } : {}), ...(after ? { cursor: after } : {}) }
  const found = await listExceptions(store.read, filter)
  const items = found.slice(0, limit)
  const nextAfter = found.length > limit ? (items.at(-1)?.exceptionId ?? null) : null
  return {
    data: { exceptions: items.map(exceptionOut), next_after: nextAfter },
    text: items.length === 0 ? `No exception is ${state}.` : itemTable(items),
    ...(nextAfter === null ? {} : { next: `tieout exceptions list --items --after ${nextAfter}` }),
  }
}

function itemTable(items: readonly Exception[]): string {
  const columns = [
    { heading: 'EXCEPTION' },
    { heading: 'CODE' },
    { heading: 'WAITS', side: 'right' as const },
    { heading: 'WHAT STOPS', narrows: true },
    { heading: 'AGE', side: 'right' as const },
  ]
  const now = systemClock.now().getTime()
  const rows = items.map(({ exceptionId, code, amountMinor, currency, sentence, openedAt }) => [
    exceptionId,
    code,
    amountMinor === null || currency === null ? '' : formatMoney(money(currency, amountMinor)),
    sentence,
    `${Math.max(0, Math.floor((now - openedAt.getTime()) / 86_400_000))} d`,
  ])
  return table(columns, rows, outputWidth())
}
