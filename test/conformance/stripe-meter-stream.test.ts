import { expect, test } from 'vitest'
import { createStripeBilling } from '../../connectors/stripe/stripe.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import { stageTwin } from './stripe-fake-client.ts'
import { sellTokens } from './stripe-fake-tokens.ts'
import { good } from './stripe-world.ts'

const at = new Date('2026-03-01T00:00:00Z')
const hours = [at, new Date('2026-03-01T02:00:00Z')] as const

/** A twin with a customer of tokens; `paths` are the requests that reach it. */
async function stageStream() {
  const stage = await stageTwin({ startsAt: '2026-03-01T00:00:00Z' })
  const { customer } = await sellTokens(stage)
  const paths: string[] = []
  const billing = createStripeBilling({
    secretKey: 'sk_test_twin',
    clock: stage.clock,
    baseUrl: stage.url,
    transport: (input, init) => {
      paths.push(new URL(input instanceof Request ? input.url : input).pathname.split('/').at(-1) ?? '')
      return systemTransport(input, init)
    },
  })
  const events = (count: number, customerId = customer.id) =>
    Array.from({ length: count }, (_none, index) => ({
      identifier: `window-${index}`,
      meter: 'tokens',
      customerId,
      value: '0.5',
      occurredAt: at,
    }))
  const counted = async () => good(await billing.meterTotal('tokens', customer.id, ...hours))
  return { stage, billing, paths, events, counted }
}

test('100 events go in one request, and the token of a session serves the next; sent again they count once: 50', async () => {
  const { stage, billing, paths, events, counted } = await stageStream()
  good(await billing.sendMeterEvents(events(100)))
  good(await billing.sendMeterEvents(events(99)))
  good(await billing.sendMeterEvent(events(1)[0] as ReturnType<typeof events>[number]))
  expect(paths).toEqual(['meter_event_session', 'meter_event_stream', 'meter_event_stream', 'meter_events'])
  await stage.runTo('2026-03-01T00:01:00Z')
  expect(await counted()).toBe('50')
})

test('101 events in one request are refused', async () => {
  const { billing, events } = await stageStream()
  expect(await billing.sendMeterEvents(events(101))).toMatchObject({ kind: 'rejected' })
})

test('a token is not used in its last minute; one that ended early is replaced, and the events count once', async () => {
  const { stage, billing, paths, events, counted } = await stageStream()
  good(await billing.sendMeterEvents(events(1)))
  await stage.runTo('2026-03-01T00:14:01Z')
  good(await billing.sendMeterEvents(events(2)))
  expect(paths.filter((path) => path === 'meter_event_session')).toHaveLength(2)
  // The twin goes ahead of our clock, so that the token ends before we expect it to.
  await stage.fake.advanceTo(new Date('2026-03-01T00:30:00Z'))
  good(await billing.sendMeterEvents(events(3)))
  expect(paths.slice(-3)).toEqual(['meter_event_stream', 'meter_event_session', 'meter_event_stream'])
  await stage.runTo('2026-03-01T00:31:00Z')
  expect(await counted()).toBe('1.5')
})

test('what is wrong with an event of the stream is only reported: its customer is looked at later', async () => {
  const { stage, billing, events } = await stageStream()
  good(await billing.sendMeterEvents(events(5, 'cus_none')))
  await stage.runTo('2026-03-01T00:10:00Z')
  expect(stage.delivered.map(({ type }) => type)).toContain('v1.billing.meter.error_report_triggered')
})
