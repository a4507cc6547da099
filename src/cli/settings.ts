import { join } from 'node:path'
import type { Environment } from '../config.ts'
import { ConfigurationError, has, inspectEnvironment } from '../config.ts'
import type { BooksSettings } from '../domain/books.ts'
import type { Variables } from './hub-variables.ts'
import type { MappingFile } from './setting-files.ts'
import { readBooks, readMapping } from './setting-files.ts'

export type { Variables } from './hub-variables.ts'

/** All settings of a hub, found sound. */
export type Settings = {
  readonly environment: Environment
  readonly books: BooksSettings
  /** One mapping for each connected CRM. */
  readonly mappings: readonly MappingFile[]
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
