import { expect, test } from 'vitest'
import { graphOf } from '../tidy/import-graph.ts'

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
