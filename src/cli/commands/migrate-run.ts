import { join } from 'node:path'
import { readOwnSettings } from '../../config.ts'
import { startEmbedded } from '../../store/embedded.ts'
import { inspectServer } from '../../store/inspect-server.ts'
import { migrate } from '../../store/migrate.ts'
import { assertVersion } from '../database-version.ts'
import { runningUrl } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'

export type MigrateOptions = CommonOptions & { readonly check?: boolean }

/** `tieout migrate`. */
export async function migrateCommand(session: Session, options: MigrateOptions): Promise<Outcome> {
  const environment = readOwnSettings(session.variables)
  const running = runningUrl(environment)
  if (running !== null) return migrateAt(running, options)
  const log = (line: string) => session.progress.say(line)
  const server = await startEmbedded({ dataDir: join(environment.TIEOUT_DATA_DIR, 'pg'), log })
  return migrateAt(server.url, options).finally(() => server.stop())
}

async function migrateAt(url: string, { check }: MigrateOptions): Promise<Outcome> {
  await assertVersion(url)
  const { outstanding } = await inspectServer(url)
  if (check === true) {
    const data = { applied: [], outstanding }
    if (outstanding.length === 0) return { data, text: 'The database is up to date.' }
    return { data, text: `To be applied: ${outstanding.join(', ')}`, exit: 'failed', next: 'tieout migrate' }
  }
  await migrate(url)
  const after = await inspectServer(url)
  return {
    data: { applied: outstanding, outstanding: after.outstanding },
    text:
      outstanding.length === 0
        ? 'The database is up to date.'
        : outstanding.map((name) => `Applied ${name}`).join('\n'),
  }
}
