/** A column: its heading, and whether it holds amounts or counts, which stand at its right end. */
export type Column = {
  readonly heading: string
  readonly side?: 'left' | 'right'
  readonly narrows?: boolean
}

/** How wide a terminal is; without end where nobody looks, so that nothing is cut that a program may read. */
export type Width = number | null

/** The width of whoever reads stdout. */
export function outputWidth(): Width {
  return process.stdout.isTTY ? process.stdout.columns : null
}

const gap = '  '
const least = 12

/** Writes rows under headings, in aligned columns. What is too wide is cut in the columns that may be narrowed, the widest first. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: Width,
): string {
  const widths = fitted(columns, naturalWidths(columns, rows), width)
  const line = (cells: readonly string[]) =>
    columns
      .map(({ side }, index) => padded(cut(cells[index] ?? '', widths[index] ?? 0), widths[index] ?? 0, side))
      .join(gap)
      .trimEnd()
  return [line(columns.map(({ heading }) => heading)), ...rows.map(line)].join('\n')
}

/** Writes names and values, one pair a line. */
export function pairs(entries: readonly (readonly [name: string, value: string])[]): string {
  const widest = Math.max(0, ...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(widest)}${gap}${value}`.trimEnd()).join('\n')
}

function naturalWidths(columns: readonly Column[], rows: readonly (readonly string[])[]): number[] {
  return columns.map(({ heading }, index) =>
    Math.max(heading.length, ...rows.map((row) => lengthOf(row[index] ?? ''))),
  )
}

function fitted(columns: readonly Column[], natural: readonly number[], width: Width): number[] {
  const widths = [...natural]
  if (width === null) return widths
  const total = () => widths.reduce((sum, each) => sum + each, gap.length * (widths.length - 1))
  for (;;) {
    const excess = total() - width
    const candidates = widths.map((each, index) =>
      columns[index]?.narrows === true && each > least ? each : 0,
    )
    const widest = Math.max(...candidates)
    if (excess <= 0 || widest === 0) return widths
    widths[candidates.indexOf(widest)] = Math.max(least, widest - excess)
  }
}

function padded(text: string, width: number, side: Column['side'] = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - lengthOf(text)))
  return side === 'right' ? blanks + text : text + blanks
}

function cut(text: string, width: number): string {
  const letters = [...text]
  return letters.length <= width ? text : `${letters.slice(0, width - 1).join('')}…`
}

function lengthOf(text: string): number {
  return [...text].length
}
