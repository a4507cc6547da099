import type { Command } from 'commander'
import type { MigrateOptions } from './migrate-run.ts'
import { runCommand, withCommonOptions } from './run-command.ts'

/** Adds `tieout migrate`. */
export function addMigrate(program: Command): void {
  withCommonOptions(program.command('migrate'))
    .description('Bring the database up to date. A hub does so by itself when it starts.')
    .option('--check', 'change nothing; end with 1 when something is to be done')
    .addHelpText('after', examples)
    .action((options: MigrateOptions) =>
      runCommand(options, async (session) =>
        (await import('./migrate-run.ts')).migrateCommand(session, options),
      ),
    )
}

const examples = `
Examples:
  DATABASE_URL=postgres://… tieout migrate
  tieout migrate --check --json
`
