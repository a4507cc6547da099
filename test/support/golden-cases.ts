import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One worked example: what is given and what must come out, as JSON. */
export type GoldenCase = {
  readonly id: string
  readonly title: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly expected: Readonly<Record<string, unknown>>
}

/** Where the worked examples lie: GOLDEN_DIR, or `golden` in the folder `shared` beside the checkout. */
export function goldenDirectory(): string {
  const asked = process.env['GOLDEN_DIR']
  return asked ? resolve(asked) : fileURLToPath(new URL('../../../shared/golden', import.meta.url))
}

/** The cases of an area, or null when the examples are not on this machine. */
export function goldenCases(area: string, directory = goldenDirectory()): readonly GoldenCase[] | null {
  const file = join(directory, `${area}.json`)
  if (!existsSync(file)) return null
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: GoldenCase[] }).cases
}

/** The areas there are examples of, none when the directory is not there. */
export function goldenAreas(directory: string): readonly string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort()
}
