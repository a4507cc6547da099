import { debuglog } from 'node:util'
import type { Command } from 'commander'
import { ConfigurationError, unknownSettings } from '../../config.ts'
import type { ExitName } from '../exit-codes.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import type { CommandProgress } from '../progress.ts'
import { patientProgress } from '../progress.ts'
import type { Variables } from '../hub-variables.ts'
import { hubVariables } from '../hub-variables.ts'

/** Shown with NODE_DEBUG=tieout. */
const debug = debuglog('tieout')

/** What a command gives back. */
export type Outcome = {
  /** With `--json`: what `data` holds. Whole numbers become strings. */
  readonly data: unknown
  /** What a person reads instead. */
  readonly text: string
  readonly warnings?: readonly string[]
  /** The command that comes next, for a person. */
  readonly next?: string
  /** How the command ends, when not well. */
  readonly exit?: ExitName
}

/** Options every command has. */
export type CommonOptions = { readonly json?: boolean; readonly dataDir?: string }

/** What a command works with besides its arguments. */
export type Session = {
  readonly variables: Variables
  readonly progress: CommandProgress
  /** Told to the person at the end, beside the outcome. */
  warn(sentence: string): void
}

/** Adds the options every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object on stdout and nothing else there')
    .option('--data-dir <folder>', "the folder of the hub's data, where it is not the usual one")
}

/**
 * Runs a command: its outcome on stdout, everything else on stderr, and the exit code that says how it went. With `--json` a failure is a
 * problem as JSON, the last line of stderr.
 */
export async function runCommand(
  options: CommonOptions,
  work: (session: Session) => Promise<Outcome>,
): Promise<void> {
  const progress = patientProgress()
  const warnings: string[] = []
  const warn = (sentence: string) => void warnings.push(sentence)
  try {
    const own = options.dataDir === undefined ? {} : { TIEOUT_DATA_DIR: options.dataDir }
    const variables = { ...hubVariables(process.env), ...own }
    for (const name of unknownSettings(variables)) warn(`${name} is not a setting of Tieout.`)
    const outcome = await work({ variables, progress, warn })
    progress.end()
    show(outcome, [...warnings, ...(outcome.warnings ?? [])], options.json === true)
    process.exitCode = exitCodes[outcome.exit ?? 'done']
  } catch (error) {
    progress.end()
    await showFailure(error, options.json === true)
  }
}

function show({ data, text, next, exit }: Outcome, warnings: readonly string[], isJson: boolean): void {
  if (isJson) {
    const answer = { ok: exit === undefined, data, warnings }
    process.stdout.write(`${JSON.stringify(answer, wholeAsText)}\n`)
    return
  }
  process.stdout.write(text === '' ? '' : `${printable(text)}\n`)
  for (const warning of warnings) process.stderr.write(`Warning: ${printable(warning)}\n`)
  if (next !== undefined) process.stderr.write(`Next: ${printable(next)}\n`)
}

/** Says why a command could not do its work, and sets the exit code. */
export async function showFailure(error: unknown, isJson: boolean): Promise<void> {
  const failure = await failureOf(error)
  process.exitCode = exitCodes[failure.exit]
  if (error instanceof Error) debug(error.stack ?? error.message)
  process.stderr.write(isJson ? `${JSON.stringify(problemOf(failure))}\n` : `${failureText(failure)}\n`)
}

/** A failure in words. */
type Failure = {
  readonly exit: ExitName
  readonly sentence: string
  readonly next: string | null
  readonly faults: readonly string[]
}

async function failureOf(error: unknown): Promise<Failure> {
  if (error instanceof CommandError) {
    const { exit, message, next } = error
    return { exit, sentence: message, next, faults: [] }
  }
  if (error instanceof ConfigurationError) {
    return { exit: 'configuration', sentence: error.message, next: null, faults: error.faults }
  }
  // What else can go wrong is known by those who know the database, and they take a while to load.
  const { exitNameOf, sentenceOf } = await import('../failures.ts')
  return { exit: exitNameOf(error), sentence: sentenceOf(error), next: null, faults: [] }
}

function failureText({ sentence, next }: Failure): string {
  return printable(next === null ? sentence : `${sentence}\nNext: ${next}`)
}

/** Names from a CRM may hold signs that steer a terminal or turn text around; those are shown as what they are: nothing readable. */
function printable(text: string): string {
  return text.replace(steering, '\u{fffd}')
}

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** RFC 9457, with the exit code in place of a status. */
function problemOf({ exit, sentence, next, faults }: Failure) {
  return {
    type: 'about:blank',
    title: titles[exit],
    detail: sentence,
    code: exit,
    exit_code: exitCodes[exit],
    retryable: exit === 'temporary' || exit === 'unknown' || exit === 'provider',
    ...(faults.length > 0 ? { errors: faults.map((message) => ({ message })) } : {}),
    ...(next === null ? {} : { next }),
  }
}

const titles: Readonly<Record<ExitName, string>> = {
  done: 'Done',
  failed: 'Failed',
  usage: 'Not understood',
  'not-found': 'Not found',
  conflict: 'Conflict',
  differences: 'The books differ',
  partial: 'Done in part',
  provider: 'A vendor did not answer well',
  unknown: 'Not known yet',
  temporary: 'Try again later',
  configuration: 'Settings are missing or wrong',
}

function wholeAsText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
