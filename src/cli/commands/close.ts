import type { Command } from 'commander'
import { readMonth, readSeconds } from './arguments.ts'
import type { CloseOptions } from './close-run.ts'
import { runCommand, withCommonOptions } from './run-command.ts'

/** Adds `tieout close`. */
export function addClose(program: Command): void {
  const close = program.command('close').description('Month ends.')
  withCommonOptions(close.command('run'))
    .description(
      'Recognize what was earned in a month, close it, and post its journals. Earlier open months go first.',
    )
    .requiredOption('--entity <id>', 'the legal seller, as the books call it')
    .requiredOption('--month <month>', 'the month, such as 2026-01', readMonth)
    .option('--wait', 'see it done: by the running hub, or by this command when none runs')
    .option('--timeout <seconds>', 'how long to wait', readSeconds, 300)
    .addHelpText('after', examples)
    .action((options: CloseOptions) =>
      runCommand(options, async (session) =>
        (await import('./close-run.ts')).closeMonthCommand(session, options),
      ),
    )
}

const examples = `
A month that is closed stays closed: asking again changes nothing, and late facts go to the next open month.
While messages about money up to its end are not in the books, the month is refused with their list.

Examples:
  tieout close run --entity us --month 2026-01
  tieout close run --entity us --month 2026-01 --wait --json
`
