import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tieout, tieoutJson } from './processes.ts'
import { openSandbox, type Sandbox } from './sandbox.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await openSandbox()
}, 120_000)
afterAll(() => sandbox.close())

async function usageDifferences(...words: string[]) {
  const { code, data } = await tieoutJson(['tie-out', ...words], sandbox.variables)
  const { tie_outs } = data as { tie_outs: { name: string; differences: unknown[] }[] }
  return [code, tie_outs.find(({ name }) => name === 'usage')?.differences]
}

test('a kept sum of 5 that no event stands for is a difference, and --from-events adds all events up anew', async () => {
  const owner = postgres(sandbox.variables['DATABASE_URL'] ?? '', { max: 1, onnotice: () => undefined })
  await owner`select keep_usage_month('2026-01-01')`
  await owner`select watch_usage_month('2026-01-01', '2026-02-01', '2026-02-01')`
  await owner`update usage_proven_month set proven_before = watched_before`
  await owner`insert into usage_proven_sum values ('2026-01-01', 'cus_1', 'tokens', 5)`
  await owner.end()
  const cause = 'the hours, what is pending and what was voided do not add up to the events'
  const difference = { item: 'cus_1 tokens accepted', left: '5', right: '0', cause }
  expect(await usageDifferences()).toEqual([6, [difference]])
  expect(await usageDifferences('--from-events')).toEqual([0, []])
  expect(await usageDifferences()).toEqual([0, []])
}, 60_000)

test('--from-events compares anew, so it is refused with --last', async () => {
  const { code, stderr } = await tieout(['tie-out', '--from-events', '--last'], sandbox.variables)
  expect(code).toBe(2)
  expect(stderr).toContain("'--from-events' cannot be used with option '--last'")
}, 60_000)
