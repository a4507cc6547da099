import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { importsOf, packagesOf } from './source-files.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every file of the project that a file needs at run time, itself included, and every package they name. */
export function graphOf(start: string): { files: Set<string>; packages: Set<string> } {
  const [files, packages, waiting] = [new Set<string>(), new Set<string>(), [start]]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue
    files.add(path)
    // Types are gone at run time.
    const text = readFileSync(`${root}${path}`, 'utf8').replace(/^import type [\s\S]*?from '[^']+'$/gm, '')
    waiting.push(...importsOf({ path, text }))
    for (const name of packagesOf({ path, text })) packages.add(name)
  }
  return { files, packages }
}
