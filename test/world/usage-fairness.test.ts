import { afterEach, expect, test } from 'vitest'
import { postUsage } from '../../src/cli/demo/post-usage.ts'
import { customerNamed } from '../../src/cli/demo/story.ts'
import { acmeBank, traceDeal } from '../../src/cli/demo/story-deals.ts'
import { reportUsage } from '../../src/jobs/report-usage.ts'
import { createRunner } from '../../src/jobs/runner.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

const from = Date.parse('2026-01-01T16:00:00Z')
const hour = 3_600_000

test('a customer with 60 hours, at 100 milliseconds each, holds up the single hour of another by no more than 2 seconds', async () => {
  world = await smallWorld()
  for (const deal of [acmeBank, { ...traceDeal, CloseDate: '2026-01-01' }])
    await closeInSalesforce(world, deal)
  const [acme, quartz] = [
    await customerNamed(world, acmeBank.account.Name),
    await customerNamed(world, traceDeal.account.Name),
  ]
  await world.advanceTo(new Date('2026-01-20T12:30:00Z'))
  const used = (subject: string, type: string, index: number) => {
    const time = new Date(from + index * hour).toISOString()
    return { id: `${type}-${index}`, source: 'test', type, subject, time, data: { value: '1' } }
  }
  await postUsage(world, [
    ...Array.from({ length: 60 }, (_none, index) => used(acme.crmAccountId, 'tokens', index)),
    used(quartz.crmAccountId, 'context_tokens', 3),
  ])
  const { context } = world.hub
  const told: { customerId: string; at: number }[] = []
  const began = context.clock.now().getTime()
  const billing = {
    ...context.billing,
    sendMeterEvent: async (event: Parameters<typeof context.billing.sendMeterEvent>[0]) => {
      await context.clock.sleep(100)
      told.push({ customerId: event.customerId, at: context.clock.now().getTime() - began })
      return context.billing.sendMeterEvent(event)
    },
  }
  // One lane, so that the two cannot pass each other by.
  const runner = createRunner([{ ...reportUsage, concurrency: 1 }], { ...context, billing })
  while ((await runner.drain('report-usage')) > 0);
  expect(told).toHaveLength(61)
  const single = told.find(({ customerId }) => customerId === quartz.providerCustomerId)
  expect(single?.at).toBeLessThanOrEqual(2_000)
  expect(told.at(-1)?.at).toBe(6_100)
}, 120_000)
