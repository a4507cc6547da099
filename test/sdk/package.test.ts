import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestHarness } from 'wrangler'
import { bareVariables, ownFolder, root, start } from '../cli/processes.ts'
import { graphOf } from '../tidy/import-graph.ts'
import { endpointTwin, serveEndpoint } from './endpoint.ts'
import { closing, key } from './own-endpoint.ts'

const folder = ownFolder()
const installed = join(folder.path, 'node_modules/@tieout/usage')
const compiler = join(root, 'node_modules/typescript/bin/tsc')
const sdk = join(root, 'src/sdk')

/** Runs the compiler; answers what it is not content with. */
function compile(...words: string[]): string {
  return spawnSync(process.execPath, [compiler, ...words], { cwd: folder.path, encoding: 'utf8' }).stdout
}

/** As a product would have it after installing: the built package below node_modules. */
beforeAll(() => {
  mkdirSync(installed, { recursive: true })
  cpSync(join(sdk, 'package.json'), join(installed, 'package.json'))
  const said = compile('-p', sdk, '--outDir', join(installed, 'dist'))
  if (said !== '') throw new Error(said)
  writeFileSync(join(folder.path, 'package.json'), '{ "type": "module" }')
})
afterAll(() => folder.remove())

const plainProgram = `
import { TieoutUsage } from '@tieout/usage'
import { diskSpool } from '@tieout/usage/spool'

const [, , url, key, directory] = process.argv
const usage = new TieoutUsage({ url, key, source: 'acme/gateway', spool: diskSpool(directory) })
for (const value of ['1', 2, 3n]) usage.track({ meter: 'tokens', customer: 'cus_acme', value })
console.log(JSON.stringify([await usage.close(), usage.stats().acknowledged]))
`

test('the built package sends 3 events from a plain JavaScript program, with its spool', async () => {
  const { backend, held } = endpointTwin(key)
  const endpoint = closing(await serveEndpoint(backend))
  const program = join(folder.path, 'program.js')
  writeFileSync(program, plainProgram)
  const words = [program, endpoint.url, key, join(folder.path, 'spool')]
  const { code, stdout, stderr } = await start(process.execPath, words, bareVariables(folder.path)).ended
  expect([code, stdout, stderr]).toEqual([0, '[{"events":[],"isSpooled":true},3]\n', ''])
  expect([...held.values()].map((text) => JSON.parse(text).value)).toEqual(['1', '2', '3'])
})

test('its types serve a strict TypeScript program without the types of Node, and refuse a value that is an object', () => {
  const program = (value: string) => `
import { TieoutUsage, type Refusal, UsageError } from '@tieout/usage'
import { diskSpool } from '@tieout/usage/spool'
const onRefused = ({ event, status }: Refusal): void => console.log(event.id, status)
const usage = new TieoutUsage({ url: '', key: '', source: '', onRefused, spool: diskSpool('', { sync: 'each' }) })
const id: string = usage.track({ meter: '', customer: '', value: ${value} })
console.log(id, new UsageError('closed', '').code)
`
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom']
  for (const [name, value] of Object.entries({ sound: "'1'", faulty: '{}' }))
    writeFileSync(join(folder.path, `${name}.ts`), program(value))
  const check = (name: string) => compile(...flags, '--types', '', join(folder.path, name))
  expect(check('sound.ts')).toBe('')
  expect(check('faulty.ts')).toContain(
    "error TS2322: Type '{}' is not assignable to type 'string | number | bigint'",
  )
})

const worker = `
import { TieoutUsage } from '@tieout/usage'

export default {
  async fetch(request) {
    const { url, key } = await request.json()
    const usage = new TieoutUsage({ url, key, source: 'acme/worker' })
    usage.track({ meter: 'tokens', customer: 'cus_acme', value: '12.5' })
    return Response.json([await usage.close(), usage.stats().acknowledged])
  },
}
`

test('its core sends an event of 12.5 from a Cloudflare Worker without Node compatibility', async () => {
  const { backend, held } = endpointTwin(key)
  const endpoint = closing(await serveEndpoint(backend))
  writeFileSync(join(folder.path, 'worker.js'), worker)
  writeFileSync(
    join(folder.path, 'wrangler.toml'),
    'name = "product"\nmain = "worker.js"\ncompatibility_date = "2026-01-01"\n',
  )
  process.env['WRANGLER_SEND_METRICS'] = 'false'
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  const harness = createTestHarness({ root: folder.path, workers: [{ configPath: 'wrangler.toml' }] })
  await harness.listen()
  closing(harness)
  const body = JSON.stringify({ url: endpoint.url, key })
  const answer = await harness.fetch('/', { method: 'POST', body })
  expect(await answer.json()).toEqual([{ events: [], isSpooled: false }, 1])
  expect([...held.values()].map((text) => JSON.parse(text).value)).toEqual(['12.5'])
})

test('the core names no package and nothing of Node; the spool names node:fs and node:path alone', () => {
  const [core, spool] = [graphOf('src/sdk/tieout-usage.ts'), graphOf('src/sdk/spool.ts')]
  expect([...core.packages]).toEqual([])
  expect([...core.files].filter((path) => /spool(-file|-owner)?\.ts$/.test(path))).toEqual([])
  expect([...spool.packages].sort()).toEqual(['node:fs', 'node:path'])
})
