import type { Mapping } from '../domain/mapping.ts'
import { parseMapping } from '../domain/mapping.ts'
import type { MappingVersion } from '../store/mappings.ts'
import { liveMapping } from '../store/mappings.ts'
import type { Reader } from '../store/unit-of-work.ts'

/** A version of a mapping and what it says. */
export type LiveMapping = { readonly versionId: string; readonly mapping: Mapping }

/** Versions never change, so each is read and compiled once in a process. */
const parsed = new Map<string, Mapping>()

/** The mapping that is live for a CRM; throws when there is none, because publishing one is part of setting up. */
export async function loadLiveMapping(reader: Reader, crm: string): Promise<LiveMapping> {
  const version = await liveMapping(reader, crm)
  if (version === null) throw new Error(`No mapping named ${crm} is published`)
  return { versionId: version.mappingVersionId, mapping: mappingOf(version) }
}

/** What a stored version says. It was found sound before it was stored; if it is not, that is a bug. */
export function mappingOf(version: MappingVersion): Mapping {
  const known = parsed.get(version.mappingVersionId)
  if (known) return known
  const result = parseMapping(version.text, version.name)
  if (!result.ok) throw new Error(`The stored mapping ${version.name} v${version.version} cannot be read`)
  parsed.set(version.mappingVersionId, result.value)
  return result.value
}
