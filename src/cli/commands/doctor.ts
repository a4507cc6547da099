import type { Command } from 'commander'
import type { DoctorOptions } from './doctor-run.ts'
import { runCommand, withCommonOptions } from './run-command.ts'

/** Adds `tieout doctor`. */
export function addDoctor(program: Command): void {
  withCommonOptions(program.command('doctor'))
    .description('Check settings, mappings, database and vendors. Reads only; changes nothing anywhere.')
    .option('--offline', 'call no vendor')
    .option('--strict', 'count a setting that is not known as a fault')
    .addHelpText('after', examples)
    .action((options: DoctorOptions) =>
      runCommand(options, async (session) =>
        (await import('./doctor-run.ts')).doctorCommand(session, options),
      ),
    )
}

const examples = `
Ends with 0 when all is well, 78 when settings are to be mended, 1 when the database is, and 8 when only a vendor
does not answer well.

Examples:
  tieout doctor
  tieout doctor --offline --json
`
