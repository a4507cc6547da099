import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import { fileFormats } from '../../../connectors/files/file-row.ts'
import { parseUsageColumns } from '../../domain/usage-row.ts'
import { readDay } from './arguments.ts'
import type { UsageExportOptions } from './usage-export.ts'
import type { UsageImportOptions } from './usage-import.ts'
import { readMonth } from './arguments.ts'
import type { CommonOptions } from './run-command.ts'
import { runCommand, withCommonOptions } from './run-command.ts'
import type { UsageArchiveOptions } from './usage-archive.ts'

/** Adds `tieout usage`. */
export function addUsage(program: Command): void {
  const usage = program.command('usage').description('What customers used.')
  addExport(usage)
  withCommonOptions(
    usage.command('import').argument('<files...>', 'CSV, NDJSON or Parquet; text may be packed (.gz)'),
  )
    .description('Count the usage in files. What was counted before is not counted again.')
    .option('--source <name>', 'under which source rows count, such as warehouse/2026')
    .option('--meter <meter>', 'the meter of every row, where no column tells it')
    .addOption(new Option('--format <format>', "where a file's name does not tell it").choices(fileFormats))
    .option(
      '--columns <pairs>',
      'which column is what: customer=…,value=…,time=…,id=…,meter=…; any other name becomes a property',
      readColumns,
    )
    .option('--utc', 'times without a zone are in UTC')
    .option('--dry-run', 'say what would become of every row and what it would cost, and count nothing')
    .addHelpText('after', importExamples)
    .action((files: string[], options: UsageImportOptions) =>
      runCommand(options, async (session) =>
        (await import('./usage-import.ts')).importUsage(session, files, options),
      ),
    )
  addMonths(usage)
}

function addMonths(usage: Command): void {
  withCommonOptions(usage.command('months'))
    .description('Show which months of usage are here, and which were put away.')
    .action((options: CommonOptions) =>
      runCommand(options, async (session) => (await import('./usage-months.ts')).showUsageMonths(session)),
    )
  withCommonOptions(usage.command('archive'))
    .description('Put months of usage away in Parquet files, once none of their events can be sent again.')
    .requiredOption('--into <folder>', 'where the files go')
    .option('--before <month>', 'only months before this one, such as 2025-01', readMonth)
    .option('--dry-run', 'say what would be put away, and what holds a month back')
    .addHelpText('after', archiveExamples)
    .action((options: UsageArchiveOptions) =>
      runCommand(options, async (session) =>
        (await import('./usage-archive.ts')).archiveUsage(session, options),
      ),
    )
}

/** Adds `tieout usage export`. */
function addExport(usage: Command): void {
  withCommonOptions(
    usage.command('export').argument('<contract>', 'a contract, its number, its deal or its subscription'),
  )
    .description('Write the raw events behind a usage line of one billing period into a CSV file.')
    .requiredOption('--output <file>', 'the file to write; it must not be there yet')
    .option('--line <id>', 'which usage line, where the contract has several')
    .option('--starts-on <day>', 'the first day of a billing period; left out, the one at hand', readDay)
    .addHelpText('after', exportExamples)
    .action((contract: string, options: UsageExportOptions) =>
      runCommand(options, async (session) =>
        (await import('./usage-export.ts')).exportUsage(session, contract, options),
      ),
    )
}

const exportExamples = `
Examples:
  tieout usage export C-1001 --output acme.csv
  tieout usage export C-1001 --starts-on 2026-01-01 --output acme-january.csv --json

Each event stands as it was sent, with when it came and what it counts as, which adds up to the quantity of the line.
`

function readColumns(text: string): ReadonlyMap<string, string> {
  const columns = parseUsageColumns(text)
  if (!columns.ok) throw new InvalidArgumentError(columns.error)
  return columns.value
}

const importExamples = `
Examples:
  tieout usage import march.csv --source sheet/march --meter tokens --dry-run
  tieout usage import unload/*.parquet --source snowflake --columns customer=ACCOUNT_ID,value=TOKENS,time=STARTED_AT,id=REQUEST_ID
  tieout usage import events.ndjson --source replay --json

Rows without an id get one from what they say and their place among equal rows: the same rows count once under one source, in whatever order, and
two equal rows of a file are two uses. An import that was stopped goes on where it stood when it is called again.
Ends with 7 when rows were refused; the others are counted.
`

const archiveExamples = `
Examples:
  tieout usage archive --into /srv/usage --dry-run
  tieout usage archive --into /srv/usage --before 2025-01

A month is put away whole: written, read back, compared with the database, and only then dropped there. What it was rated and billed by stays.
Run again, it goes on. Ends with 7 when something holds a month back.
Bring a month back with: tieout usage import /srv/usage/usage-2025-01-*.parquet
`
