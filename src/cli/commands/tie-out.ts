import { Option, type Command } from 'commander'
import type { TieOutOptions } from './tie-out-run.ts'
import { runCommand, withCommonOptions } from './run-command.ts'

/** Adds `tieout tie-out`. */
export function addTieOut(program: Command): void {
  withCommonOptions(program.command('tie-out'))
    .description('Compare all books, pair by pair, from the CRM to the ERP, and name every difference.')
    .option('--last', 'show the last comparison instead of making one; calls no vendor')
    .addOption(
      new Option(
        '--from-events',
        'add up all stored usage events again, also those of days added up before',
      ).conflicts('last'),
    )
    .addHelpText('after', examples)
    .action((options: TieOutOptions) =>
      runCommand(options, async (session) =>
        (await import('./tie-out-run.ts')).tieOutCommand(session, options),
      ),
    )
}

const examples = `
Ends with 0 when every number ties out, with 6 when there are differences, and with 8 when a vendor could not be asked:
not knowing is not agreeing.

Examples:
  tieout tie-out
  tieout tie-out --from-events
  tieout tie-out --last --json
`
