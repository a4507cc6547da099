import type { Command } from 'commander'
import { readInstant, readWhole } from './arguments.ts'
import type { MeterPublishOptions } from './meter-publish.ts'
import type { MeterShowOptions } from './meter-show.ts'
import type { MeterTryOptions } from './meter-try.ts'
import type { CommonOptions } from './run-command.ts'
import { runCommand, withCommonOptions } from './run-command.ts'

/** Adds `tieout meters`. */
export function addMeters(program: Command): void {
  const meters = program.command('meters').description('What usage events count as.')
  withCommonOptions(meters.command('list'))
    .description('List the meters that are defined.')
    .addHelpText('after', listExamples)
    .action((options: CommonOptions) =>
      runCommand(options, async (session) => (await import('./meter-list.ts')).listMetersCommand(session)),
    )
  withCommonOptions(meters.command('show').argument('<name>'))
    .description('Show a definition, and the versions there are.')
    .option('--version <number>', 'this version instead of the one that counts now', readWhole)
    .addHelpText('after', showExamples)
    .action((name: string, options: MeterShowOptions) =>
      runCommand(options, async (session) =>
        (await import('./meter-show.ts')).showMeter(session, name, options),
      ),
    )
  withCommonOptions(meters.command('try').argument('<file>', 'a definition, YAML or JSON'))
    .description('Say what a definition would make of the events that are stored. Nothing is changed.')
    .option('--from <instant>', 'events from this time on; else from the first of the month', readInstant)
    .option('--to <instant>', 'events before this time; else all up to now', readInstant)
    .option('--customer <id>', 'only of this customer, by any id usage names it by')
    .addHelpText('after', tryExamples)
    .action((file: string, options: MeterTryOptions) =>
      runCommand(options, async (session) =>
        (await import('./meter-try.ts')).tryMeter(session, file, options),
      ),
    )
  withCommonOptions(meters.command('publish').argument('<file>', 'a definition, YAML or JSON'))
    .description('Publish a definition as the next version of its meter.')
    .option(
      '--effective-from <hour>',
      'from when it holds, a whole hour in UTC; else as the file says, or the next hour',
      readInstant,
    )
    .addHelpText('after', publishExamples)
    .action((file: string, options: MeterPublishOptions) =>
      runCommand(options, async (session) =>
        (await import('./meter-publish.ts')).publishMeterFile(session, file, options),
      ),
    )
}

const listExamples = `
Examples:
  tieout meters list
  tieout meters list --json
`
const showExamples = `
Examples:
  tieout meters show llm-tokens
  tieout meters show llm-tokens --version 2
`
const tryExamples = `
Examples:
  tieout meters try llm-tokens.yaml
  tieout meters try llm-tokens.yaml --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z --customer 001ACME

Quantities are those of billing periods, or of months where no contract sells the meter. A level that holds is known from the first event
that tells it: try a time-weighted meter from where its levels begin.
Ends with 7 when events could not be read.
`
const publishExamples = `
Examples:
  tieout meters publish llm-tokens.yaml
  tieout meters publish llm-tokens.yaml --effective-from 2026-02-01T00:00:00Z

What was counted stays as it is, so a version holds from an hour of which nothing was counted yet.
`
