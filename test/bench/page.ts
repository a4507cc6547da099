import { isMet, shown, targetWords, type Breakdown, type Figure } from './figures.ts'
import type { KeptReport } from './kept-reports.ts'

const head = `# Benchmarks of usage

Written by \`npm run bench -- report\` from the last run of each benchmark on the machine named under it. Trust the ratios more than the figures: machines differ, and so
do days. [performance.md](performance.md) has the other benchmarks.
`

/** A page of reports in Markdown; `missing` are benchmarks that were not run. */
export function benchmarkPage(kept: readonly KeptReport[], missing: readonly string[]): string {
  const notRun = missing.map(
    (bench) => `\n## ${bench}\n\nNot measured here yet: \`npm run bench -- ${bench}\`.\n`,
  )
  return [head, ...kept.map(section), ...notRun].join('')
}

function section({ measuredOn, machine, postgresql, report }: KeptReport): string {
  const { bench, what, figures, breakdowns = [], differences = [] } = report
  const { cores, processor, memoryGigabytes, node, load } = machine
  const where = `${cores} cores (${processor}), ${memoryGigabytes} GB, Node ${node}, PostgreSQL ${postgresql}, ${measuredOn}`
  const busy = load >= 1 ? `; the machine was busy, with a load of ${load.toFixed(1)} before the run` : ''
  return [
    `\n## ${bench}\n`,
    `\n${what[0]?.toUpperCase()}${what.slice(1)}.\n\n${where}${busy}.\n`,
    ...breakdowns.map(breakdownTable),
    `\n${figureTable(figures)}`,
    differences.length === 0
      ? '\nThe run came to what its input says it must.\n'
      : `\nThe run came to other results than its input says it must:\n\n${differences.map((one) => `- ${JSON.stringify(one)}\n`).join('')}`,
  ].join('')
}

function breakdownTable({ title, rows }: Breakdown): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? shown(cell) : cell)))
  return `\n${title[0]?.toUpperCase()}${title.slice(1)}:\n\n${table(cells)}`
}

function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, boundBy, target }) => [
    name,
    `${shown(value)} ${unit}`,
    target === undefined ? '–' : targetWords(target),
    target === undefined ? '–' : isMet(value, target) ? 'yes' : '**no**',
    boundBy,
  ])
  return table([['figure', 'measured', 'target', 'met', 'how'], ...rows])
}

function table([headings = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return line(headings) + line(headings.map(() => '---')) + rows.map(line).join('')
}
