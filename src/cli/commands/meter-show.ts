import type { MeterFilter } from '../../domain/meter.ts'
import { meterVersionOut } from '../../http/api/meter-shapes.ts'
import { systemClock } from '../../ports/clock.ts'
import type { PublishedMeter } from '../../store/meters.ts'
import { meterHead, meterVersionAt, meterVersions } from '../../store/meters.ts'
import type { Reader } from '../../store/unit-of-work.ts'
import { CommandError } from '../exit-codes.ts'
import { withDatabase } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import { pairs } from './table.ts'

export type MeterShowOptions = CommonOptions & { readonly version?: number }

/** `tieout meters show`. Throws CommandError when there is no such meter or version. */
export function showMeter(session: Session, name: string, { version }: MeterShowOptions): Promise<Outcome> {
  return withDatabase(session, async ({ store }) => {
    const versions = await meterVersions(store.read, name)
    const shown = version === undefined ? nowOf(versions) : await atVersion(store.read, name, version)
    if (shown === null) {
      throw new CommandError('not-found', `No meter named ${name} is defined.`, 'tieout meters list')
    }
    return {
      data: { name, shown: meterVersionOut(shown), versions: versions.map(meterVersionOut) },
      text: [meterText(shown), '', 'Versions', ...versions.map(versionLine)].join('\n'),
    }
  })
}

/** The version that counts now, else the first that will. */
function nowOf(versions: readonly PublishedMeter[]): PublishedMeter | null {
  const { current, upcoming } = meterHead(versions, systemClock.now())
  return current ?? upcoming[0] ?? null
}

async function atVersion(reader: Reader, name: string, version: number): Promise<PublishedMeter> {
  const held = await meterVersionAt(reader, name, version)
  if (held !== null) return held
  throw new CommandError(
    'not-found',
    `There is no version ${version} of ${name}.`,
    `tieout meters show ${name}`,
  )
}

function meterText(shown: PublishedMeter): string {
  const { meter, version, displayName, unit, eventType, aggregation, valuePath, groupBy, filters } = shown
  return pairs([
    ['Meter', `${meter}, version ${version}`],
    ['Shown as', `${displayName}, in ${unit}`],
    [
      'Counts',
      `${[aggregation, valuePath].filter((part) => part !== null).join(' of ')}, of events ${eventType}`,
    ],
    [
      'Grouped by',
      groupBy.length === 0 ? 'nothing' : `${groupBy.join(', ')}; ${shown.groupsAtMost} groups a customer`,
    ],
    ...filters.map((filter) => ['Only where', filterText(filter)] as const),
    ['Holds from', shown.effectiveFrom.toISOString()],
    ['Published', `${shown.publishedAt.toISOString()} by ${shown.publishedBy}`],
  ])
}

function filterText(filter: MeterFilter): string {
  if ('oneOf' in filter) return `${filter.property} is one of ${filter.oneOf.join(', ')}`
  return 'noneOf' in filter
    ? `${filter.property} is none of ${filter.noneOf.join(', ')}`
    : `${filter.property} is there`
}

function versionLine({ version, effectiveFrom, publishedBy }: PublishedMeter): string {
  return `  ${version}  from ${effectiveFrom.toISOString().slice(0, 16)}Z  by ${publishedBy}`
}
