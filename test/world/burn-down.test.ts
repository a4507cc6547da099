import { afterEach, expect, test } from 'vitest'
import { burnDownLive, useTokens } from '../../src/cli/demo/burn-down.ts'
import { acmeBank } from '../../src/cli/demo/story-deals.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { worldOfAcme } from './acme-tokens.ts'
import { closeInSalesforce, smallWorld, type SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

/** The row of the status page, as it reads. */
async function shown(): Promise<string> {
  const text = await (await world.hub.app.request('/')).text()
  const [row = ''] = /<tr role="row">\s*<th[^>]*>Acme Bank[\s\S]*?<\/tr>/.exec(text) ?? []
  return row
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

test('13M tokens in four days burn 10M down on terminal and page: 33, 65 and 98 %, then 3M over cost 9.60, and why', async () => {
  world = await worldOfAcme('2026-01-05T15:00:00Z')
  const acme = await customerNamed(world, 'Acme Bank')
  const told: string[] = []
  const pages: string[] = []
  for (const day of ['2026-01-05', '2026-01-12', '2026-01-19', '2026-01-26']) {
    await useTokens(world, acme, { day, requests: 20, tokensEach: 162_500 }, (line) => told.push(line))
    pages.push(await shown())
  }
  expect(told).toEqual([
    '2026-01-05  ██████░░░░░░░░░░░░░░        33 %  Acme Bank used 3,250,000 of 10,000,000 tokens; 6,750,000 left',
    '2026-01-12  █████████████░░░░░░░        65 %  Acme Bank used 6,500,000 of 10,000,000 tokens; 3,500,000 left',
    '2026-01-19  ███████████████████░        98 %  Acme Bank used 9,750,000 of 10,000,000 tokens; 250,000 left',
    '2026-01-26  ████████████████████▓▓▓▓▓▓ 130 %  Acme Bank used 13,000,000 of 10,000,000 tokens; ' +
      'overage so far: 3,000,000 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 9.60',
  ])
  expect(pages.map((row) => /included|: [\d.]+ %/.exec(row)?.[0])).toEqual([
    ': 32.5 %',
    ': 65 %',
    ': 97.5 %',
    ': 130 %',
  ])
  expect(pages[1]).toContain('Reached 50 % on 12 Jan')
  expect(pages[1]).toContain('3,500,000 until 2026-02-01 none')
  expect(pages[3]).toContain('Reached 50 % on 12 Jan , 80 % on 19 Jan , 100 % on 26 Jan')
  expect(pages[3]).toContain(
    'used up until 2026-02-01 9.60 USD 3,000,000 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 9.60',
  )
}, 60_000)

test('what goes on for whoever watches ends when nobody does', async () => {
  world = await smallWorld({ startsAt: '2026-04-05T15:00:00Z' })
  await closeInSalesforce(world, { ...acmeBank, CloseDate: '2026-04-05' })
  const told: string[] = []
  const acme = await customerNamed(world, 'Acme Bank')
  await burnDownLive(
    world,
    acme,
    (line) => told.push(line),
    () => told.length === 2,
  )
  expect(told.map((line) => line.slice(0, 10))).toEqual(['2026-04-05', '2026-04-06'])
}, 60_000)
