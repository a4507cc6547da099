import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { ConfigurationError } from '../config.ts'

/** Where Tieout is installed: its mappings and its data are there, whatever folder a command is called from. */
export const packageFolder = fileURLToPath(new URL('../../', import.meta.url))

/** The mappings and books settings that come with Tieout. */
export const mappingsFolder = join(packageFolder, 'mappings')

/** The environment's variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * The variables a hub reads: its own environment, then the file TIEOUT_ENV_FILE names (or `.env` where Tieout is installed), then folders
 * below the installation. Throws ConfigurationError when the named file cannot be read.
 */
export function hubVariables(own: Variables): Variables {
  return {
    TIEOUT_DATA_DIR: join(packageFolder, '.data'),
    TIEOUT_MAPPINGS_DIR: mappingsFolder,
    ...fileVariables(own['TIEOUT_ENV_FILE']),
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== '')),
  }
}

function fileVariables(named: string | undefined): Variables {
  const file = named ?? join(packageFolder, '.env')
  if (named === undefined && !existsSync(file)) return {}
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch {
    throw new ConfigurationError([`${file} cannot be read: TIEOUT_ENV_FILE names it.`])
  }
}
