import type { TrialRow } from '../../domain/meter-trial.ts'
import type { MeterDefinition } from '../../domain/meter.ts'
import type { Outcome } from './run-command.ts'
import { outputWidth, table } from './table.ts'

const rowsShown = 50
const samplesShown = 10

/** What is told of the trial of a definition: a row for each customer and period, then samples of what could not be read. */
export function trialOutcome(
  definition: MeterDefinition,
  { from, to }: { readonly from: Date; readonly to: Date },
  rows: readonly TrialRow[],
): Outcome {
  const isUnreadable = rows.some(({ unreadable }) => unreadable > 0)
  return {
    data: {
      meter: definition.meter,
      from: from.toISOString(),
      to: to.toISOString(),
      periods: rows.map(rowOut),
    },
    text: rows.length === 0 ? `No event of ${definition.eventType} is stored from then.` : trialText(rows),
    ...(isUnreadable ? { exit: 'partial' as const } : {}),
  }
}

function rowOut(row: TrialRow) {
  const {
    customerId,
    period,
    seen,
    counted,
    filteredOut,
    unreadable,
    samples,
    quantity,
    groupCount,
    groups,
  } = row
  return {
    customer_id: customerId,
    period: { starts_at: period.from.toISOString(), ends_at: period.to.toISOString() },
    seen,
    counted,
    filtered_out: filteredOut,
    unreadable,
    unreadable_samples: samples,
    quantity,
    published_quantity: row.publishedQuantity,
    difference: row.difference,
    group_count: groupCount,
    groups,
  }
}

function trialText(rows: readonly TrialRow[]): string {
  const more = rows.length - rowsShown
  return [
    trialTable(rows.slice(0, rowsShown)),
    ...(more > 0 ? [`… and ${more} more; --json lists them all`] : []),
    ...groupLines(rows.slice(0, rowsShown)),
    ...sampleLines(rows),
    '',
    'Nothing was changed.',
  ].join('\n')
}

function trialTable(rows: readonly TrialRow[]): string {
  const right = { side: 'right' as const }
  const columns = [
    { heading: 'CUSTOMER' },
    { heading: 'PERIOD' },
    { heading: 'SEEN', ...right },
    { heading: 'COUNTED', ...right },
    { heading: 'LEFT OUT', ...right },
    { heading: 'UNREADABLE', ...right },
    { heading: 'QUANTITY', ...right },
    { heading: 'PUBLISHED', ...right },
    { heading: 'DIFFERENCE', ...right },
  ]
  const cells = rows.map((row) => [
    row.customerId,
    periodText(row),
    ...[row.seen, row.counted, row.filteredOut, row.unreadable].map(String),
    row.quantity,
    row.publishedQuantity,
    row.difference,
  ])
  return table(columns, cells, outputWidth())
}

function periodText({ period: { from, to } }: TrialRow): string {
  return `${from.toISOString().slice(0, 13)}Z to ${to.toISOString().slice(0, 13)}Z`
}

function groupLines(rows: readonly TrialRow[]): string[] {
  const grouped = rows.filter(({ groups }) => groups.some(({ group }) => group !== ''))
  if (grouped.length === 0) return []
  const lines = grouped.flatMap((row) => [
    `  ${row.customerId}, ${periodText(row)}: ${row.groupCount}`,
    ...row.groups.map(({ group, quantity }) => `    ${group}  ${quantity}`),
  ])
  return ['', 'Groups', ...lines]
}

function sampleLines(rows: readonly TrialRow[]): string[] {
  const samples = rows.flatMap((row) => row.samples).slice(0, samplesShown)
  if (samples.length === 0) return []
  return ['', 'Not read', ...samples.map(({ source, id, reason }) => `  ${id} of ${source}: ${reason}`)]
}
