import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchReport } from './figures.ts'
import type { Machine } from './machine.ts'

/** A report as it was measured, where and when. */
export type KeptReport = {
  readonly measuredOn: string
  readonly machine: Machine
  readonly postgresql: string
  readonly report: BenchReport
}

const folder = join('.data', 'bench')

/** Keeps the last report of each benchmark, for the page. */
export function keepReport(kept: KeptReport): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(fileOf(kept.report.bench), `${JSON.stringify(kept, null, 1)}\n`)
}

/** The last report of a benchmark; null where it was never run here. */
export function keptReport(bench: string): KeptReport | null {
  try {
    return JSON.parse(readFileSync(fileOf(bench), 'utf8')) as KeptReport
  } catch {
    return null
  }
}

function fileOf(bench: string): string {
  return join(folder, `${bench}.json`)
}
