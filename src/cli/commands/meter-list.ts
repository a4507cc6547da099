import { meterVersionOut } from '../../http/api/meter-shapes.ts'
import { systemClock } from '../../ports/clock.ts'
import type { MeterHead } from '../../store/meters.ts'
import { listMeters } from '../../store/meters.ts'
import { withDatabase } from './command-database.ts'
import type { Outcome, Session } from './run-command.ts'
import { outputWidth, table } from './table.ts'

const mostMeters = 1_000

/** `tieout meters list`. */
export function listMetersCommand(session: Session): Promise<Outcome> {
  return withDatabase(session, async ({ store }) => {
    const meters = await listMeters(store.read, systemClock.now(), { limit: mostMeters })
    return {
      data: {
        meters: meters.map(({ meter, current, upcoming }) => ({
          name: meter,
          current: current && meterVersionOut(current),
          upcoming: upcoming.map(meterVersionOut),
        })),
      },
      text: meters.length === 0 ? nothingDefined : meterTable(meters),
    }
  })
}

const nothingDefined =
  'No meter is defined. Each type of event counts as the meter of its own name, by the sum of its values.'

function meterTable(meters: readonly MeterHead[]): string {
  const columns = [
    { heading: 'METER' },
    { heading: 'SHOWN AS', narrows: true },
    { heading: 'UNIT' },
    { heading: 'EVENTS' },
    { heading: 'COUNTS' },
    { heading: 'GROUPED BY', narrows: true },
    { heading: 'VERSION', side: 'right' as const },
    { heading: 'FROM' },
  ]
  const rows = meters.flatMap(({ current, upcoming }) =>
    [...(current === null ? [] : [current]), ...upcoming].map((version) => [
      version.meter,
      version.displayName,
      version.unit,
      version.eventType,
      [version.aggregation, version.valuePath].filter((part) => part !== null).join(' of '),
      version.groupBy.join(', '),
      String(version.version),
      `${version.effectiveFrom.toISOString().slice(0, 16)}Z${version === current ? '' : ', to come'}`,
    ]),
  )
  return table(columns, rows, outputWidth())
}
