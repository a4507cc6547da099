import { Command, CommanderError } from 'commander'
import { CommandError } from '../exit-codes.ts'
import { showFailure } from './run-command.ts'

/** A group of commands: what the list of all says of it, and how it is loaded when it is asked for. */
type Group = { readonly says: string; readonly add: (program: Command) => Promise<void> }

/** Every group, in the order a person meets them. Loaded one at a time, because a vendor's client alone takes a second. */
const groups: Readonly<Record<string, Group>> = {
  demo: {
    says: 'play the whole story on this machine, with fakes of all four vendors',
    add: async (program) => (await import('../demo.ts')).addDemo(program),
  },
  fakes: {
    says: 'serve the fakes of all four vendors for another process',
    add: async (program) => (await import('./fakes.ts')).addFakes(program),
  },
  doctor: {
    says: 'find what is missing or out of reach, and how to mend it',
    add: async (program) => (await import('./doctor.ts')).addDoctor(program),
  },
  deals: {
    says: 'list, show, plan and retry deals',
    add: async (program) => (await import('./deals.ts')).addDeals(program),
  },
  exceptions: {
    says: 'list, show and replay what waits for a person',
    add: async (program) => (await import('./exceptions.ts')).addExceptions(program),
  },
  usage: {
    says: 'count the usage in files, and export what is behind a line',
    add: async (program) => (await import('./usage.ts')).addUsage(program),
  },
  meters: {
    says: 'what events count as: list, show, try and publish definitions',
    add: async (program) => (await import('./meters.ts')).addMeters(program),
  },
  ledger: {
    says: 'the trial balance, and the way of any amount through the books',
    add: async (program) => (await import('./ledger.ts')).addLedger(program),
  },
  close: {
    says: 'close a month',
    add: async (program) => (await import('./close.ts')).addClose(program),
  },
  'tie-out': {
    says: 'compare all books and name every difference',
    add: async (program) => (await import('./tie-out.ts')).addTieOut(program),
  },
  keys: {
    says: "create, list and revoke keys to the hub's API",
    add: async (program) => (await import('./keys.ts')).addKeys(program),
  },
  migrate: {
    says: 'bring the database up to date',
    add: async (program) => (await import('./migrate.ts')).addMigrate(program),
  },
}

/**
 * Makes the command `tieout` for these arguments: the group they name with everything in it, the others by name. `run` ends with the exit code
 * of the command.
 */
export async function createProgram(words: readonly string[]): Promise<{ run(): Promise<void> }> {
  const isJson = words.includes('--json')
  const program = new Command('tieout')
    .description('From closed-won deals to booked revenue, and every number ties out.')
    .addHelpText('after', examples)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
  const wanted = words.find((word) => !word.startsWith('-')) === 'help' ? words[1] : words.find(isName)
  for (const [name, { says, add }] of Object.entries(groups)) {
    if (name === wanted) await add(program)
    else program.command(name).description(says)
  }
  for (const command of program.commands) inherit(command, program)
  return {
    run: async () => {
      try {
        if (words.length === 0) program.outputHelp()
        else await program.parseAsync(words, { from: 'user' })
      } catch (error) {
        await endWith(error, isJson)
      }
      await endProcess()
    },
  }
}

/** Ends the process with what was written read, whatever connection a vendor's client still holds open. */
async function endProcess(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => resolve())
  })
  process.exit()
}

function isName(word: string): boolean {
  return !word.startsWith('-')
}

const examples = `
Examples:
  tieout demo                                  see it work, without any account
  tieout doctor                                find what is missing before the first start
  tieout deals list --state exception          what waits for a person
  tieout exceptions replay --group 3f9a1c2e    send on what one fix has released
  tieout tie-out                               prove the books

Exit codes: 0 done, 1 failed, 2 not understood, 3 not found, 5 conflict, 6 the books differ, 7 done in part,
8 a vendor did not answer well, 75 try again later, 78 settings are missing or wrong.
`

/** Faults of the command line are told and counted like all others, at every depth. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inherit(child, command)
}

/** Help that was asked for is no failure. */
async function endWith(error: unknown, isJson: boolean): Promise<void> {
  if (!(error instanceof CommanderError)) return showFailure(error, isJson)
  if (error.exitCode === 0) return
  const sentence = error.message.replace(/^error: /, '')
  await showFailure(
    new CommandError('usage', sentence.charAt(0).toUpperCase() + sentence.slice(1), 'tieout --help'),
    isJson,
  )
}
