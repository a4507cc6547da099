import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { goldenAreas, goldenCases } from './golden-cases.ts'

/** What came of one area in one run, by case id; `handled` are the ids that have a handler. */
export type GoldenReport = {
  readonly passed: string[]
  readonly failed: string[]
  readonly handled: readonly string[]
}

/**
 * The lines a run ends with: one an area, with what passed of how many, and the ids of cases nothing covers yet.
 * None when the run touched no golden test. One line says so when there are no cases on this machine.
 */
export function goldenSummary(directory: string, reports: string): string[] {
  const areas = goldenAreas(directory)
  if (areas.length === 0)
    return [`golden: no cases in ${directory}, skipped (GOLDEN_DIR says where they are)`]
  if (readdirSync(reports).length === 0) return []
  return areas.flatMap((area) => areaLines(area, directory, join(reports, `${area}.json`)))
}

function areaLines(area: string, directory: string, reportFile: string): string[] {
  const ids = (goldenCases(area, directory) ?? []).map(({ id }) => id)
  if (!existsSync(reportFile)) return [`golden ${area}: 0/${ids.length}, no test ran`]
  const { passed, failed, handled } = JSON.parse(readFileSync(reportFile, 'utf8')) as GoldenReport
  const pending = ids.filter((id) => !handled.includes(id))
  const strays = handled.filter((id) => !ids.includes(id))
  return [
    `golden ${area}: ${passed.length}/${ids.length}`,
    ...(failed.length > 0 ? [`  failed: ${failed.join(', ')}`] : []),
    ...(pending.length > 0 ? [`  pending: ${pending.join(', ')}`] : []),
    ...(strays.length > 0 ? [`  handlers without a case: ${strays.join(', ')}`] : []),
  ]
}
