import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { importsOf, packagesOf } from '../tidy/source-files.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every file of the project that a file needs at run time, itself included, and every package they name. */
function graphOf(start: string): { files: Set<string>; packages: Set<string> } {
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

test('the Worker holds the door and nothing that needs Node or works off jobs', () => {
  const { files, packages } = graphOf('src/edge.ts')
  expect([...files].filter((path) => /^src\/(jobs|cli)\//.test(path))).toEqual([])
  expect([...files].filter((path) => /^connectors\/\w+\/(?!inbound)/.test(path)).sort()).toEqual([
    'connectors/salesforce/flow-signature.ts',
    'connectors/salesforce/outbound-message.ts',
    'connectors/salesforce/record-id.ts',
  ])
  expect([...packages].sort()).toEqual([
    '@hono/zod-openapi',
    'big.js',
    'drizzle-orm',
    'fast-xml-parser',
    'hono',
    'node:crypto',
    'postgres',
    'temporal-polyfill',
    'zod',
  ])
})
