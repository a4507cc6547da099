import type { ExitName } from '../exit-codes.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import type { Check } from './doctor-checks.ts'
import { databaseChecks } from './doctor-database.ts'
import { settingChecks } from './doctor-settings.ts'
import { vendorChecks } from './doctor-vendors.ts'

export type DoctorOptions = CommonOptions & { readonly offline?: boolean; readonly strict?: boolean }

/** `tieout doctor`: one check after the other, each with what was found and what mends it. */
export async function doctorCommand(session: Session, { offline, strict }: DoctorOptions): Promise<Outcome> {
  const { progress, variables } = session
  progress.say('Reading settings and mappings')
  const settings = await settingChecks(variables, strict === true)
  progress.say('Looking at the database')
  const database = await databaseChecks(session)
  const isSound = settings.every(({ state }) => state !== 'fault')
  progress.say('Asking the vendors')
  const vendors = offline === true ? [] : await vendorChecks(variables, isSound)
  const checks = [...settings, ...database, ...vendors]
  const exit = exitOf(checks)
  return {
    data: { healthy: exit === null, checks },
    text: checks.map((check, index) => line(check, checks[index + 1])).join('\n'),
    ...(exit === null ? {} : { exit }),
  }
}

const marks = { good: '✓', note: '!', fault: '✗' } as const

/** What several need in the same way is said after the last of them. */
function line({ state, name, found, fix }: Check, after: Check | undefined): string {
  const head = `${marks[state]} ${name}: ${found}`
  return fix === null || fix === after?.fix ? head : `${head}\n    → ${fix}`
}

/** What is to be mended first decides: settings, then the database, then a vendor. */
function exitOf(checks: readonly Check[]): ExitName | null {
  const faults = checks.filter(({ state }) => state === 'fault')
  const order = ['settings', 'database', 'vendor'] as const
  const first = order.find((part) => faults.some((fault) => fault.part === part))
  if (first === undefined) return null
  return ({ settings: 'configuration', database: 'failed', vendor: 'provider' } as const)[first]
}
