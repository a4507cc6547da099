import { afterEach, expect, test } from 'vitest'
import postgres from 'postgres'
import { postUsage } from '../../src/cli/demo/post-usage.ts'
import { reportOn } from '../../src/cli/demo/report.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { countedAtStripe, useTokens, usageExceptions, worldOfAcme } from './acme-tokens.ts'
import type { SmallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

async function hours(): Promise<string[]> {
  const sql = postgres(world.databaseUrl, { max: 1, onnotice: () => undefined })
  const rows = await sql<{ line: string }[]>`
    select concat_ws(' ', meter, to_char(starts_at at time zone 'UTC', 'DD HH24'), trim_scale(quantity), 'told', trim_scale(reported_quantity)) as line
    from usage_window order by starts_at, meter`
  await sql.end()
  return rows.map(({ line }) => line)
}

test('of 15 units 1 is told, 2 wait for their hour, 4 for a sale and 8 for a name: all add up, to no difference', async () => {
  world = await worldOfAcme('2026-01-20T12:30:00Z')
  const { crmAccountId } = await customerNamed(world, 'Acme Bank')
  await useTokens(world, '2026-01-20T10:10:00Z', 1)
  await world.settle()
  await useTokens(world, '2026-01-20T12:10:00Z', 2)
  const other = (type: string, subject: string, value: string) => ({
    id: `${type} ${subject}`,
    source: 'test',
    type,
    subject,
    time: '2026-01-20T11:10:00Z',
    data: { value },
  })
  await postUsage(world, [other('calls', crmAccountId, '4'), other('tokens', 'nobody-yet', '8')])
  await world.advanceTo(new Date('2026-01-20T12:45:00Z'))
  expect(await hours()).toEqual(['tokens 20 10 1 told 1', 'calls 20 11 4 told 0', 'tokens 20 12 2 told 0'])
  expect(await countedAtStripe(world, '2026-01-20T00:00:00Z', '2026-01-21T00:00:00Z')).toBe('1')
  const waiting = (await usageExceptions(world)).map(({ code }) => code)
  expect(waiting.toSorted()).toEqual(['METER_REJECTED', 'UNMATCHED_USAGE'])
  expect((await reportOn(world)).report.differences).toEqual([])
}, 60_000)

test('an hour that lost one of its 5 tokens is named by the tie-out: 5 accepted, 4 in the hours', async () => {
  world = await worldOfAcme('2026-01-20T12:30:00Z')
  const { customerId } = await customerNamed(world, 'Acme Bank')
  await useTokens(world, '2026-01-20T12:10:00Z', 5)
  expect((await reportOn(world)).report.differences).toEqual([])
  const sql = postgres(world.databaseUrl, { max: 1, onnotice: () => undefined })
  await sql`update usage_window set quantity = quantity - 1`
  await sql.end()
  expect((await reportOn(world)).report.differences).toMatchObject([
    { tieOut: 'usage', item: `${customerId} tokens accepted`, left: '5', right: '4' },
  ])
}, 60_000)
