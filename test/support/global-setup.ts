import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startTestServer } from './database-server.ts'
import { goldenDirectory } from './golden-cases.ts'
import { goldenSummary } from './golden-summary.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The migrated template; take `ownDatabase()` instead of connecting to it. */
    databaseUrl: string
    /** Where each golden area leaves what came of its cases. */
    goldenReports: string
  }
}

/** Runs once before all test files; what it answers runs once after them. */
export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const reports = mkdtempSync(join(tmpdir(), 'tieout-golden-'))
  const server = await startTestServer()
  project.provide('databaseUrl', server.url)
  project.provide('goldenReports', reports)
  return async () => {
    for (const line of goldenSummary(goldenDirectory(), reports)) console.log(line)
    rmSync(reports, { recursive: true, force: true })
    await server.stop()
  }
}
