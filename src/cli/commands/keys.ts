import type { Command } from 'commander'
import { Option } from 'commander'
import { allScopes } from '../../http/access/scopes.ts'
import { readWhole } from './arguments.ts'
import type { KeyCreateOptions } from './key-create.ts'
import type { CommonOptions } from './run-command.ts'
import { runCommand, withCommonOptions } from './run-command.ts'

/** Adds `tieout keys`. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description("Keys to the hub's API.")
  withCommonOptions(keys.command('create'))
    .description('Make a key. It is shown once, and never again.')
    .option('--name <name>', 'what it is for', 'unnamed')
    .addOption(new Option('--scope <scope...>', 'what it may do').choices(allScopes))
    .option('--expires-days <days>', 'how long it lives, 400 at most', readWhole, 90)
    .option(
      '--for-bootstrap',
      'only make one up, for TIEOUT_BOOTSTRAP_API_KEY of a hub that does not run yet',
    )
    .addHelpText('after', createExamples)
    .action((options: KeyCreateOptions) =>
      runCommand(options, async (session) => (await import('./key-create.ts')).createKey(session, options)),
    )
  withCommonOptions(keys.command('list'))
    .description('List keys, by what of them may be shown.')
    .addHelpText('after', listExamples)
    .action((options: CommonOptions) =>
      runCommand(options, async (session) => (await import('./key-list.ts')).listKeys(session)),
    )
  withCommonOptions(keys.command('revoke').argument('<key>', 'its id or its prefix'))
    .description('End a key at once.')
    .addHelpText('after', revokeExamples)
    .action((key: string, options: CommonOptions) =>
      runCommand(options, async (session) => (await import('./key-list.ts')).revokeKey(session, key)),
    )
}

const createExamples = `
Examples:
  tieout keys create --name gateway --scope usage:write
  tieout keys create --for-bootstrap
  tieout keys create --name reporting --scope ledger:read --scope reports:read --expires-days 365
`
const listExamples = `
Examples:
  tieout keys list --json
`
const revokeExamples = `
Examples:
  tieout keys revoke tieout_test_9f3k2m8q
`
