import { expect, test } from 'vitest'
import { createStripeBilling } from '../../connectors/stripe/stripe.ts'
import type { Quirks } from '../../connectors/stripe/fake/settings.ts'
import type { MeterReport } from '../../src/ports/billing.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import { stageTwin, type Stage } from './stripe-fake-client.ts'
import { sellTokens, use } from './stripe-fake-tokens.ts'
import { everything, good } from './stripe-world.ts'

/** A twin with a customer of tokens, and the connector in front of it. */
async function stageReports(quirks: Partial<Quirks> = {}) {
  const stage = await stageTwin({ startsAt: '2026-03-01T00:00:00Z', quirks })
  const { customer, meter } = await sellTokens(stage)
  const { clock, url: baseUrl } = stage
  const billing = createStripeBilling({
    secretKey: 'sk_test_twin',
    clock,
    transport: systemTransport,
    baseUrl,
  })
  return { stage, customer, meter, billing }
}

/** What the one report that was delivered tells, read as the hub reads it. */
async function reportRead(
  stage: Stage,
  billing: ReturnType<typeof createStripeBilling>,
): Promise<MeterReport> {
  await stage.runTo('2026-03-01T00:10:00Z')
  const notices = stage.delivered.flatMap((delivery) => good(billing.readNotices(delivery)))
  const [notice] = notices.filter(({ kind }) => kind === 'use-refused')
  if (notice?.kind !== 'use-refused') throw new Error('No report was delivered')
  return good(await billing.readMeterReport(notice.reportId))
}

test.each([
  ['an unknown customer', 'cus_none', '1', '2026-03-01T00:00:00Z', 'meter_event_customer_not_found'],
  ['a value that is no number', null, 'many', '2026-03-01T00:00:00Z', 'meter_event_invalid_value'],
  ['16 digits', null, '1234567890123456', '2026-03-01T00:00:00Z', 'meter_event_value_too_many_digits'],
  ['a time 35 days and a second back', null, '1', '2026-01-24T23:59:59Z', 'timestamp_too_far_in_past'],
  ['a time 5 minutes and a second ahead', null, '1', '2026-03-01T00:05:01Z', 'timestamp_in_future'],
])(
  '%s is taken, and reported with its identifier after ten minutes',
  async (_what, unknown, value, at, code) => {
    const { stage, customer, billing } = await stageReports({ meterTimeCheckedLater: true })
    await use(stage, unknown ?? customer.id, value, at, 'window-1')
    expect(await reportRead(stage, billing)).toEqual({
      meter: 'tokens',
      from: new Date('2026-03-01T00:00:00Z'),
      to: new Date('2026-03-01T00:10:00Z'),
      errors: [{ code, count: 1, identifiers: ['window-1'] }],
    })
  },
)

test('an archived meter is reported by its name, with 3 samples of 5', async () => {
  const { stage, customer, meter, billing } = await stageReports()
  await stage.stripe.billing.meters.deactivate(meter.id)
  for (let count = 1; count <= 5; count++)
    await use(stage, customer.id, '1', '2026-03-01T00:00:00Z', `window-${count}`)
  expect(await reportRead(stage, billing)).toMatchObject({
    meter: 'tokens',
    errors: [{ code: 'archived_meter', count: 5, identifiers: ['window-1', 'window-2', 'window-3'] }],
  })
})

test('use that no meter takes is reported without a meter', async () => {
  const { stage, customer, billing } = await stageReports()
  await stage.stripe.billing.meterEvents.create({
    event_name: 'calls',
    identifier: 'window-1',
    payload: { stripe_customer_id: customer.id, value: '1' },
  })
  expect(await reportRead(stage, billing)).toMatchObject({
    meter: null,
    errors: [{ code: 'no_meter', count: 1, identifiers: ['window-1'] }],
  })
})

test('what was never delivered is listed after the events with a snapshot', async () => {
  const { stage, billing } = await stageReports()
  await use(stage, 'cus_none', '1', '2026-03-01T00:00:00Z')
  await stage.runTo('2026-03-01T00:10:00Z')
  const list = (since: string) => everything((cursor) => billing.listDeliveries(new Date(since), cursor))
  const types = (await list('2026-03-01T00:00:00Z')).map(({ type }) => type)
  expect(types.filter((type) => type.startsWith('v1.'))).toEqual(['v1.billing.meter.error_report_triggered'])
  expect(await list('2026-03-01T00:10:01Z')).toEqual([])
})

test('sums by the hour are exact, and empty for a customer or a meter that Stripe does not know', async () => {
  const { stage, customer, billing } = await stageReports()
  await use(stage, customer.id, '0.1', '2026-02-28T10:00:00Z')
  await use(stage, customer.id, '0.2', '2026-02-28T12:00:00Z')
  await stage.runTo('2026-03-01T00:01:00Z')
  const day = [new Date('2026-02-28T00:00:00Z'), new Date('2026-03-01T00:00:00Z')] as const
  expect(good(await billing.meterHours('tokens', customer.id, ...day))).toEqual([
    { startsAt: new Date('2026-02-28T12:00:00Z'), quantity: '0.2' },
    { startsAt: new Date('2026-02-28T10:00:00Z'), quantity: '0.1' },
  ])
  expect(good(await billing.meterHours('tokens', 'cus_none', ...day))).toEqual([])
  expect(good(await billing.meterHours('calls', customer.id, ...day))).toEqual([])
})
