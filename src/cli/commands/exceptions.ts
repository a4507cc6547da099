import type { Command } from 'commander'
import { Option } from 'commander'
import { issueCodes } from '../../domain/issue.ts'
import { readSeconds, readWhole } from './arguments.ts'
import type { ExceptionListOptions } from './exception-list.ts'
import type { ReplayOptions } from './exception-replay.ts'
import type { CommonOptions } from './run-command.ts'
import { runCommand, withCommonOptions } from './run-command.ts'

/** Adds `tieout exceptions`. */
export function addExceptions(program: Command): void {
  const exceptions = program.command('exceptions').description('What waits for a person, and sending it on.')
  withCommonOptions(exceptions.command('list'))
    .description('List what waits: by cause, because one fix releases many; or one by one.')
    .option('--items', 'one by one')
    .addOption(
      new Option('--state <state>', 'with --items: in which state')
        .choices(['open', 'resolved', 'ignored'])
        .default('open'),
    )
    .addOption(new Option('--code <code>', 'only this code').choices(issueCodes))
    .option('--limit <count>', 'how many at most', readWhole, 50)
    .option('--after <id>', 'with --items: go on after this one')
    .addHelpText('after', listExamples)
    .action((options: ExceptionListOptions) =>
      runCommand(options, async (session) =>
        (await import('./exception-list.ts')).listExceptionsCommand(session, options),
      ),
    )
  withCommonOptions(exceptions.command('show').argument('<id>'))
    .description('Show one: what stops, why, and what a person does about it.')
    .addHelpText('after', showExamples)
    .action((id: string, options: CommonOptions) =>
      runCommand(options, async (session) =>
        (await import('./exception-show.ts')).showException(session, id),
      ),
    )
  addReplay(exceptions)
}

function addReplay(exceptions: Command): void {
  withCommonOptions(exceptions.command('replay').argument('[id...]'))
    .description('Take up again what exceptions stopped. What is mended goes on; nothing is done twice.')
    .option('--cause <cause>', 'all that share this cause')
    .option('--group <key>', 'all of this group, as the list names it')
    .option('--all', 'all that are open')
    .option('--dry-run', 'say what would be taken up, and leave it')
    .option('--yes', 'do not ask, also when it is more than one')
    .option('--wait', 'see it done: by the running hub, or by this command when none runs')
    .option('--timeout <seconds>', 'how long to wait', readSeconds, 60)
    .addHelpText('after', replayExamples)
    .action((ids: string[], options: ReplayOptions) =>
      runCommand(options, async (session) =>
        (await import('./exception-replay.ts')).replayExceptions(session, ids, options),
      ),
    )
}

const listExamples = `
Examples:
  tieout exceptions list
  tieout exceptions list --items --code LOOKUP_MISS --json
`
const showExamples = `
Examples:
  tieout exceptions show exc_01a1f…
`
const replayExamples = `
Examples:
  tieout exceptions replay exc_01a1f… --wait
  tieout exceptions replay --group 3f9a1c2e --dry-run
  tieout exceptions replay --cause 'lookup products has no entry "GTXPro"' --yes
`
