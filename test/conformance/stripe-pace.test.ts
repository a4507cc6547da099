import { describe, expect, test } from 'vitest'
import { defaultPace, paced } from '../../connectors/stripe/pace.ts'
import { virtualClock } from '../../src/ports/clock.ts'

const start = new Date('2027-01-01T00:00:00Z')

/** Sends requests one after the other; answers how many milliseconds of virtual time they took. */
async function timeOf(count: number, pathOf: (index: number) => string, key = 'sk_test_1'): Promise<number> {
  const clock = virtualClock(start)
  const gate = paced(defaultPace(key), clock)
  for (let index = 0; index < count; index++) await gate('POST', pathOf(index))
  return clock.now().getTime() - start.getTime()
}

describe('requests wait for their place', () => {
  test('a sandbox takes 25 at once, and the 125th after 4 seconds', async () => {
    expect(await timeOf(25, (index) => `/v1/thing${'s'.repeat(index)}`)).toBe(0)
    expect(await timeOf(125, (index) => `/v1/thing${'s'.repeat(index)}`)).toBe(4_000)
  })

  test('a live account takes 100 at once over several endpoints, one endpoint 25', async () => {
    expect(await timeOf(100, (index) => `/v1/thing${'s'.repeat(index % 4)}`, 'sk_live_1')).toBe(0)
    expect(await timeOf(100, () => '/v1/customers', 'sk_live_1')).toBe(3_000)
  })

  test('an endpoint is the same whatever the id in its path', async () => {
    expect(await timeOf(50, (index) => `/v1/customers/cus_${index}9/tax_ids`, 'rk_live_1')).toBe(1_000)
  })

  test('meter events have 900 a second of their own, a tenth below what Stripe grants', async () => {
    expect(await timeOf(900, () => '/v1/billing/meter_events')).toBe(0)
    expect(await timeOf(2_700, () => '/v1/billing/meter_events')).toBe(2_000)
  })

  test('after a quiet second the whole burst is there again', async () => {
    const clock = virtualClock(start)
    const gate = paced(defaultPace('sk_test_1'), clock)
    for (let index = 0; index < 25; index++) await gate('GET', '/v1/prices')
    await clock.sleep(1_000)
    for (let index = 0; index < 25; index++) await gate('GET', '/v1/prices')
    expect(clock.now().getTime() - start.getTime()).toBe(1_000)
  })
})
