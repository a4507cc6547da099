import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import type { Environment } from '../config.ts'
import { ConfigurationError, has, inspectEnvironment } from '../config.ts'
import type { BooksSettings } from '../domain/books.ts'
import type { MappingFile } from './setting-files.ts'
import { readBooks, readMapping } from './setting-files.ts'

/** Where Tieout is installed: its mappings and its data are there, whatever folder a command is called from. */
export const packageFolder = fileURLToPath(new URL('../../', import.meta.url))

/** The environment's variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>

/** All settings of a hub, found sound. */
export type Settings = {
  readonly environment: Environment
  readonly books: BooksSettings
  /** One mapping for each connected CRM. */
  readonly mappings: readonly MappingFile[]
}

/**
 * The variables a hub reads: its own environment, then the file TIEOUT_ENV_FILE names (or `.env` where Tieout is installed), then folders
 * below the installation. Throws ConfigurationError when the named file cannot be read.
 */
export function hubVariables(own: Variables): Variables {
  return {
    TIEOUT_DATA_DIR: join(packageFolder, '.data'),
    TIEOUT_MAPPINGS_DIR: join(packageFolder, 'mappings'),
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

/** Reads the environment, the books' settings and the mappings. Throws ConfigurationError with the faults of all of them at once. */
export async function readSettings(variables: Variables): Promise<Settings> {
  const { environment, faults } = inspectEnvironment(variables)
  const folder = environment.TIEOUT_MAPPINGS_DIR
  const collect = async <T>(reading: Promise<T>): Promise<T | null> => {
    try {
      return await reading
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      faults.push(...error.faults)
      return null
    }
  }
  const books = await collect(readBooks(folder))
  const mappings: MappingFile[] = []
  for (const crm of connectedCrms(environment)) {
    const mapping = await collect(readMapping(join(folder, `${crm}.yaml`)))
    if (mapping !== null) mappings.push(mapping)
  }
  if (books === null || faults.length > 0) throw new ConfigurationError(faults)
  return { environment, books, mappings }
}

/** The CRMs all of whose settings are there. */
export function connectedCrms(environment: Environment): ('salesforce' | 'hubspot')[] {
  return (['salesforce', 'hubspot'] as const).filter((crm) => has(environment, crm))
}
