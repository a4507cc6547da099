import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import type { WrittenMeter } from '../../domain/meter-definition.ts'
import { parseMeterDefinition } from '../../domain/meter-definition.ts'
import { CommandError } from '../exit-codes.ts'

/** Reads the definition of a meter. Throws CommandError with every fault of the file. */
export async function readMeterFile(file: string): Promise<WrittenMeter> {
  const result = parseMeterDefinition(documentOf(file, await textOf(file)))
  if (result.ok) return result.value
  throw new CommandError('usage', [`${file} defines no meter:`, ...result.error].join('\n  - '))
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new CommandError('usage', `${file} cannot be read.`)
  }
}

/** JSON is YAML too. */
function documentOf(file: string, text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new CommandError('usage', `${file} is neither YAML nor JSON: ${reason}`)
  }
}
