import type { Command } from 'commander'
import { readInstant, readPort } from './arguments.ts'
import type { FakesOptions } from './fakes-serve.ts'
import { showFailure } from './run-command.ts'

/** Adds `tieout fakes`. */
export function addFakes(program: Command): void {
  program
    .command('fakes')
    .description('Serve fakes of all four vendors, and a control for their time, until stopped.')
    .option('--at <instant>', 'let their time stand still here until the control moves it', readInstant)
    .option('--port <port>', 'where the control listens; 0 takes any free port', readPort, 0)
    .option('--hub-url <url>', 'where their messages go', 'http://127.0.0.1:8790')
    .option('--write-env <file>', 'write what a hub needs to reach them, for TIEOUT_ENV_FILE')
    .option('--json', 'print the addresses as one JSON object on stdout')
    .addHelpText('after', examples)
    .action(async (options: FakesOptions) => {
      try {
        await (await import('./fakes-serve.ts')).serveUntilStopped(options)
      } catch (error) {
        await showFailure(error, options.json === true)
      }
    })
}

const examples = `
Without --at their time is the machine's and messages leave by themselves, as with the real vendors.
The control takes GET /state, POST /advance {"to": …}, POST /pump and POST /act {"vendor", "control", "given"}.

Examples:
  tieout fakes --write-env .env.fakes            then: TIEOUT_ENV_FILE=.env.fakes npm start
  tieout fakes --at 2026-01-01T15:00:00Z --json then: tieout demo --fakes <control>
`
