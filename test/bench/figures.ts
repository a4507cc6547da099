/** One measured number, and what kept it from being better. */
export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly boundBy: string
  readonly target?: Target
}

/** What a figure should reach, or stay below. */
export type Target = { readonly atLeast: number } | { readonly below: number }

/** Rows of a breakdown: the first row names the columns. */
export type Breakdown = { readonly title: string; readonly rows: readonly (readonly (string | number)[])[] }

/** What one benchmark found; `skipped` says why there is nothing. */
export type BenchReport = {
  readonly bench: string
  readonly what: string
  readonly skipped?: string
  readonly figures: readonly Figure[]
  readonly breakdowns?: readonly Breakdown[]
  /** What `--json` prints of this benchmark where it runs alone. */
  readonly summary?: Readonly<Record<string, number>>
  /** Where the run came to other results than the input says it must. */
  readonly differences?: readonly unknown[]
}

/** The middle of numbers, the mean of the two middle ones when they are even; throws RangeError when there is none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((left, right) => left - right)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  if (upper === undefined || lower === undefined) throw new RangeError('No numbers have no median')
  return (upper + lower) / 2
}

/** The number that `percent` of all are at or below (nearest rank); throws RangeError when there is none. */
export function percentile(numbers: readonly number[], percent: number): number {
  const sorted = numbers.toSorted((left, right) => left - right)
  const found = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]
  if (found === undefined) throw new RangeError('No numbers have no percentile')
  return found
}

/** The three percentiles that tell how long things take: the usual case, the slow one, the one users remember. */
export function latencies(milliseconds: readonly number[]): { p50: number; p95: number; p99: number } {
  return {
    p50: percentile(milliseconds, 50),
    p95: percentile(milliseconds, 95),
    p99: percentile(milliseconds, 99),
  }
}

/** A report as text for people. */
export function reportText({
  bench,
  what,
  skipped,
  figures,
  breakdowns = [],
  differences,
}: BenchReport): string {
  if (skipped !== undefined) return `${bench}: skipped: ${skipped}\n`
  const width = Math.max(...figures.map(({ name }) => name.length))
  return [
    `${bench}: ${what}`,
    ...figures.map(({ name, value, unit, boundBy, target }) => {
      const notes = [boundBy, ...(target === undefined ? [] : [targetText(value, target)])]
      const said = notes.filter((note) => note !== '').join('; ')
      return `  ${name.padEnd(width)}  ${shown(value).padStart(9)} ${unit}${said === '' ? '' : `   (${said})`}`
    }),
    ...breakdowns.flatMap(breakdownLines),
    ...(differences === undefined ? [] : [`  differences: ${JSON.stringify(differences)}`]),
    '',
  ].join('\n')
}

/** Whether a figure reaches its target. */
export function isMet(value: number, target: Target): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value < target.below
}

/** A target in words. */
export function targetWords(target: Target): string {
  return 'atLeast' in target ? `at least ${shown(target.atLeast)}` : `below ${shown(target.below)}`
}

function targetText(value: number, target: Target): string {
  return `target ${targetWords(target)}, ${isMet(value, target) ? 'met' : 'not met'}`
}

function breakdownLines({ title, rows }: Breakdown): string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? shown(cell) : cell)))
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  )
  return [
    `  ${title}`,
    ...cells.map((row) =>
      `    ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`.trimEnd(),
    ),
  ]
}

/** Three significant digits, thousands whole. */
export function shown(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return value.toPrecision(3)
}
