import { join } from 'node:path'
import type { Environment } from '../../config.ts'
import { ConfigurationError, inspectEnvironment, isLive, unknownSettings } from '../../config.ts'
import { readBooks, readMapping } from '../setting-files.ts'
import type { Variables } from '../hub-variables.ts'
import { connectedCrms } from '../settings.ts'
import type { Check } from './doctor-checks.ts'
import { fault, good, note } from './doctor-checks.ts'

const oldestNode = 24

/** Checks the program, the environment, the mappings and the books' settings. */
export async function settingChecks(variables: Variables, isStrict: boolean): Promise<Check[]> {
  const { environment, faults } = inspectEnvironment(variables)
  return [
    nodeCheck(),
    ...environmentChecks(environment, faults),
    ...unknownSettings(variables).map((name) => unknownCheck(name, isStrict)),
    ...doorChecks(environment),
    await fileCheck('books', () => readBooks(environment.TIEOUT_MAPPINGS_DIR)),
    ...(await mappingChecks(environment)),
  ]
}

function nodeCheck(): Check {
  const major = Number.parseInt(process.versions.node, 10)
  if (major >= oldestNode) return good('settings', 'node', `version ${process.versions.node}`)
  return fault(
    'settings',
    'node',
    `version ${process.versions.node} is too old`,
    `Use Node ${oldestNode}, which npm ci brings along.`,
  )
}

function environmentChecks(environment: Environment, faults: readonly string[]): Check[] {
  if (faults.length > 0) {
    return faults.map((sentence) =>
      fault('settings', 'environment', sentence, 'Set it in the environment or in the .env file.'),
    )
  }
  const crms = connectedCrms(environment).join(' and ')
  const mode = isLive(environment) ? 'live' : 'test'
  return [good('settings', 'environment', `complete, in ${mode} mode; deals come from ${crms}`)]
}

function unknownCheck(name: string, isStrict: boolean): Check {
  const found = `${name} is not a setting of Tieout`
  const fix = 'Remove it, or mend its spelling.'
  return isStrict ? fault('settings', 'environment', found, fix) : note('settings', 'environment', found, fix)
}

/** What makes deals arrive at once instead of at the next sweep. */
function doorChecks(environment: Environment): Check[] {
  const crms = connectedCrms(environment)
  const checks: Check[] = []
  if (environment.TIEOUT_PUBLIC_URL === undefined) {
    checks.push(
      note(
        'settings',
        'door',
        'TIEOUT_PUBLIC_URL is not set, so links in the CRM and signatures name this machine',
        'Set it to the address the world reaches the hub by.',
      ),
    )
  }
  const silent = [
    ...(crms.includes('hubspot') && environment.HUBSPOT_CLIENT_SECRETS.length === 0
      ? ['HUBSPOT_CLIENT_SECRETS']
      : []),
    ...(crms.includes('salesforce') && environment.SALESFORCE_FLOW_SECRETS.length === 0
      ? ['SALESFORCE_FLOW_SECRETS']
      : []),
  ]
  const seconds = environment.TIEOUT_SWEEP_INTERVAL_SECONDS
  const found = (name: string) =>
    `${name} is not set: messages signed with it are refused, and the sweep finds deals every ${seconds} seconds`
  return [
    ...checks,
    ...silent.map((name) => note('settings', 'door', found(name), `Set ${name} to hear of deals at once.`)),
  ]
}

function mappingChecks(environment: Environment): Promise<Check[]> {
  return Promise.all(
    connectedCrms(environment).map((crm) =>
      fileCheck(`mapping ${crm}`, () => readMapping(join(environment.TIEOUT_MAPPINGS_DIR, `${crm}.yaml`))),
    ),
  )
}

async function fileCheck(name: string, read: () => Promise<unknown>): Promise<Check> {
  try {
    await read()
    return good('settings', name, 'sound')
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return fault('settings', name, error.faults.join(' '), 'Mend the file where it says.')
  }
}
