import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ConfigurationError } from '../config.ts'
import type { BooksSettings } from '../domain/books.ts'
import { parseBooks } from '../domain/books.ts'
import type { Mapping } from '../domain/mapping.ts'
import { canonicalMapping, parseMapping } from '../domain/mapping.ts'
import { hashOf } from '../store/fingerprint.ts'
import { publishMapping } from '../store/mappings.ts'
import type { Store } from '../store/unit-of-work.ts'

/** A mapping as a file gives it. */
export type MappingFile = { readonly file: string; readonly text: string; readonly mapping: Mapping }

/** Reads the books' settings; throws ConfigurationError with every fault as file, row and reason. */
export async function readBooks(folder: string, name = 'netsuite.yaml'): Promise<BooksSettings> {
  const file = join(folder, name)
  const result = parseBooks(parse(await readText(file)), file)
  if (!result.ok) {
    throw new ConfigurationError(result.error.map(({ row, reason }) => `${file}, ${row}: ${reason}`))
  }
  return result.value
}

/** Reads a mapping; throws ConfigurationError with every fault as file, row and reason. */
export async function readMapping(file: string): Promise<MappingFile> {
  return soundMapping(file, await readText(file))
}

/** Checks the text of a mapping; throws ConfigurationError with every fault. */
export function soundMapping(file: string, text: string): MappingFile {
  const result = parseMapping(text, file)
  if (!result.ok) {
    throw new ConfigurationError(
      result.error.map((fault) => `${fault.file}, line ${fault.row}: ${fault.reason}`),
    )
  }
  return { file, text, mapping: result.value }
}

/** Publishes mappings that are not live yet, each under the name of the CRM it reads; an unchanged text stays the version it is. */
export async function publishMappings(store: Store, files: readonly MappingFile[], at: Date): Promise<void> {
  await store.unitOfWork(async (unit) => {
    for (const { file, text, mapping } of files) {
      const contentHash = hashOf(canonicalMapping(text))
      await publishMapping(unit, { name: mapping.source, text, contentHash, by: `file ${file}` }, at)
    }
  })
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new ConfigurationError([`${file} cannot be read.`])
  }
}
