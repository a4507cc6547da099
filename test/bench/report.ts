import { writeFileSync } from 'node:fs'
import { keptReport } from './kept-reports.ts'
import { benchmarkPage } from './page.ts'

/** The benchmarks the page is of, and whether a report may take the time to run them. */
export const reported: readonly { readonly bench: string; readonly isShort: boolean }[] = [
  { bench: 'usage', isShort: true },
  { bench: 'rating', isShort: true },
  { bench: 'soak', isShort: false },
]

const page = 'docs/benchmarks.md'

/** Writes the page from the last report of each benchmark; answers where. */
export function writePage(): string {
  const found = reported.map(({ bench }) => ({ bench, kept: keptReport(bench) }))
  const kept = found.flatMap((one) => one.kept ?? [])
  const missing = found.flatMap((one) => (one.kept === null ? [one.bench] : []))
  writeFileSync(page, benchmarkPage(kept, missing))
  return page
}
