import { readOwnSettings } from '../../config.ts'
import type { Month } from '../../domain/calendar.ts'
import type { RetainedMonth } from '../../jobs/archive-usage.ts'
import { planRetention } from '../../jobs/archive-usage.ts'
import { systemClock } from '../../ports/clock.ts'
import { archiveFileNames } from '../../store/usage-archive-restore.ts'
import { archivedUsageMonths } from '../../store/usage-archive.ts'
import { withDatabase } from './command-database.ts'
import type { Outcome, Session } from './run-command.ts'
import { outputWidth, table } from './table.ts'

type Shown = {
  readonly month: Month
  readonly state: 'kept' | 'due' | 'held' | 'archived' | 'restored'
  readonly bytes: number | null
  readonly detail: string
  readonly files: readonly string[]
}

/** `tieout usage months`: every month whose events are here or were put away. */
export async function showUsageMonths(session: Session): Promise<Outcome> {
  const scope = { daysKept: readOwnSettings(session.variables).TIEOUT_USAGE_KEPT_DAYS, before: null }
  return withDatabase(session, async ({ store }) => {
    const held = (await planRetention(store, scope, systemClock.now())).map(heldMonth)
    const archived: Shown[] = []
    for (const { month, eventCount, archivedAt, restoredAt } of await archivedUsageMonths(store.read)) {
      const files = await archiveFileNames(store.read, month)
      const events = `${eventCount.toLocaleString('en')} events, put away on ${archivedAt.toISOString().slice(0, 10)}`
      if (restoredAt === null) archived.push({ month, state: 'archived', bytes: null, detail: events, files })
      else
        archived.push({ month, state: 'restored', bytes: null, detail: `${events} and brought back`, files })
    }
    const known = new Set(archived.map(({ month }) => month))
    const months = [...archived, ...held.filter(({ month }) => !known.has(month))].sort((left, right) =>
      left.month < right.month ? -1 : 1,
    )
    return { data: { months }, text: textOf(months) }
  })
}

function heldMonth({ month, byteCount: bytes, isPast, hold, archivableFrom }: RetainedMonth): Shown {
  const shown = { month, bytes, files: [] }
  if (!isPast) return { ...shown, state: 'kept', detail: `until ${archivableFrom}` }
  if (hold !== null) return { ...shown, state: 'held', detail: hold.reason }
  return { ...shown, state: 'due', detail: 'can be put away' }
}

const megabyte = 1_048_576

function textOf(months: readonly Shown[]): string {
  if (months.length === 0) return 'There is no usage yet.'
  const rows = months.map(({ month, state, bytes, detail, files }) => [
    month,
    state,
    bytes === null ? '' : `${Math.ceil(bytes / megabyte)} MB`,
    [detail, ...files].join(' · '),
  ])
  const columns = [
    { heading: 'Month' },
    { heading: 'State' },
    { heading: 'Size', side: 'right' as const },
    { heading: 'What', narrows: true },
  ]
  return table(columns, rows, outputWidth())
}
